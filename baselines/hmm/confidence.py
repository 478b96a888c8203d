"""How sure the decoder is of each exon and gene it predicts: posterior probabilities, calibrated on validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from baselines.calibration import Calibration
from baselines.hmm.path import Segment, Solution
from baselines.hmm.posterior import Sums

__all__ = ["Confidence", "grade_gene"]

SUREST = 20.0
"""Natural-log odds, of either sign, that stand for anything surer."""
DIGITS = 4


class Confidence(NamedTuple):
    """From posterior log odds to the probability that an exon, or a whole gene, is right to the base."""

    exon: Calibration = Calibration(1.0, 0.0)
    gene: Calibration = Calibration(1.0, 0.0)

    def of_exons(self, log_odds: npt.NDArray[np.float64]) -> list[float]:
        """Probabilities, rounded."""
        return _rounded(self.exon, log_odds)

    def of_gene(self, log_odds: float) -> float:
        """Probability, rounded."""
        return _rounded(self.gene, np.array([log_odds]))[0]


def grade_gene(
    exons: Sequence[Segment], solution: Solution, sums: Sums
) -> tuple[float, list[float]]:
    """Posterior natural-log odds of a gene of the best path, and of each of its ``exons``."""
    of_exons = [_log_odds(exon, exon, solution, sums) for exon in exons]
    return _log_odds(exons[0], exons[-1], solution, sums), of_exons


def _log_odds(first: Segment, last: Segment, solution: Solution, sums: Sums) -> float:
    """Of the best path's stretch from the opening of one exon to the closing of another."""
    end = last.closing, last.unfinished
    begin = first.opening, first.phase
    stretch = solution.score[end] - solution.score[begin]
    log = sums.forward[begin] + stretch + sums.backward[end] - sums.total
    log = min(float(log), -1e-12)
    return float(np.clip(log - np.log(-np.expm1(log)), -SUREST, SUREST))


def _rounded(calibration: Calibration, log_odds: npt.NDArray[np.float64]) -> list[float]:
    probability = expit(calibration.apply(log_odds).astype(np.float64))
    return [round(float(each), DIGITS) for each in probability]
