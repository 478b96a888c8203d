"""``Recipe``: what an xgb scorer is made of, as far as it can be chosen; ablations leave single ingredients out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

from baselines.hmm.context import CONTEXT_GROUPS
from baselines.ingredients import parse_ingredients
from baselines.sampling import SiteSample
from features.errors import ModelError
from features.site_columns import COLUMN_GROUPS

__all__ = ["FIRST_PASS", "INGREDIENTS", "Recipe"]

HARD_DECOYS = "hard-decoys"
FIRST_PASS = (*COLUMN_GROUPS, HARD_DECOYS)
"""What the first pass can do without: groups of columns, and the judge's training on what passes the screen."""
INGREDIENTS = (*FIRST_PASS, *CONTEXT_GROUPS)
"""What both passes can do without."""


class Recipe(NamedTuple):
    """The choices.

    Attributes
    ----------
    negatives : false sites per true one, at most, that a judge of either pass learns from.
    without : ingredients left out.
    """

    negatives: float = 10.0
    without: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, model: str, negatives: float, without: str, known: Sequence[str]) -> Self:
        """From ``without`` as names among the ``known`` ingredients; ``ModelError`` for what cannot be had."""
        if not (isinstance(negatives, (int, float)) and negatives > 0):
            raise ModelError(f"{model}: negatives must be a number above 0, not {negatives!r}.")
        return cls(float(negatives), parse_ingredients(model, without, known))

    @property
    def hard_decoys(self) -> bool:
        """Whether judges learn from the decoys that pass the screen, not from random ones."""
        return HARD_DECOYS not in self.without

    def blank(self, sample: SiteSample, groups: dict[str, tuple[str, ...]]) -> SiteSample:
        """``sample`` with the columns left out made constant, in place, so that no tree splits on them."""
        first = 0
        for name, columns in groups.items():
            if name in self.without:
                sample.matrix[:, first : first + len(columns)] = 0
            first += len(columns)
        return sample
