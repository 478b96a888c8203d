"""``Recipe``: what an xgb scorer is made of, as far as it can be chosen; ablations leave single ingredients out."""

from __future__ import annotations

from typing import NamedTuple, Self

from baselines.hmm.context import CONTEXT_GROUPS
from baselines.sampling import SiteSample
from features.errors import ModelError
from features.site_columns import COLUMN_GROUPS

__all__ = ["INGREDIENTS", "Recipe"]

HARD_DECOYS = "hard-decoys"
INGREDIENTS = (*COLUMN_GROUPS, HARD_DECOYS, *CONTEXT_GROUPS)
"""What can be left out: groups of columns of either pass, and the judge's training on what passes the screen."""


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
    def parse(cls, negatives: float, without: str) -> Self:
        """From ``without`` as names of ``INGREDIENTS`` parted by commas; ``ModelError`` for what cannot be had."""
        names = frozenset(name for name in without.split(",") if name)
        for name in sorted(names - set(INGREDIENTS)):
            raise ModelError(
                f"xgb: no ingredient {name!r} to leave out. Known ones: {', '.join(INGREDIENTS)}."
            )
        if not negatives > 0:
            raise ModelError(f"xgb: negatives must be above 0, not {negatives}.")
        return cls(float(negatives), names)

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
