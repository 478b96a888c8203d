"""``Blend``: two scorers' log odds of the same sites as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.labelled import ScoredChromosome
from features.lookup import find
from features.scorers.calibration import fit_logistic
from features.sites import KINDS, SiteScores

__all__ = ["PARTS", "Blend", "BlendedScores", "Weights"]

PARTS = ("cascade", "beside")
UNSCORED = -9.0
"""Natural-log odds of a site that the second scorer says nothing of."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BlendedScores(SiteScores):
    """Scores of one strand that come from two scorers.

    Attributes
    ----------
    parts : by site kind float32 of shape (sites, len(PARTS)), the natural-log odds that each scorer gives.
    """

    parts: dict[str, Floats]


class Weights(NamedTuple):
    """Of one site kind: log odds = cascade * first + beside * second + intercept."""

    cascade: float
    beside: float
    intercept: float


@dataclass(frozen=True)
class Blend:
    """Logistic regression on two scorers' log odds (stacked generalisation, Wolpert 1992), by site kind."""

    weights: Mapping[str, Weights]

    @classmethod
    def fit(cls, first: Sequence[ScoredChromosome], second: Sequence[ScoredChromosome]) -> Blend:
        """Fit to validation chromosomes, each scored by both, in the same order."""
        weights = {}
        for kind in KINDS:
            columns, labels = [], []
            for one, other in zip(first, second, strict=True):
                own = zip(one.chromosome.strands(), (one.forward, one.reverse), strict=True)
                for (strand, scores), beside in zip(
                    own, (other.forward, other.reverse), strict=True
                ):
                    true, left_out = strand.select(kind, scores.positions[kind])
                    columns.append(_parts(scores, beside, kind)[~left_out])
                    labels.append(true[~left_out])
            weights[kind] = Weights(*fit_logistic(np.concatenate(columns), np.concatenate(labels)))
        return cls(weights)

    def apply(self, first: SiteScores, second: SiteScores) -> BlendedScores:
        """The sites and the content of ``first``, with log odds of both."""
        parts = {kind: _parts(first, second, kind) for kind in KINDS}
        log_odds = {
            kind: (parts[kind] @ np.array(each[:2]) + each.intercept).astype(np.float32)
            for kind, each in self.weights.items()
        }
        return BlendedScores(
            first.length, first.positions, log_odds, first.content, first.content_total, parts
        )


def _parts(first: SiteScores, second: SiteScores, kind: str) -> Floats:
    """Log odds that each scorer gives to the sites of ``first``, shape (sites, 2)."""
    wanted, known = first.positions[kind], second.positions[kind]
    beside = np.full(len(wanted), UNSCORED, np.float32)
    place, found = find(wanted, known)
    beside[found] = second.log_odds[kind][place[found]]
    return np.column_stack([first.log_odds[kind], beside])
