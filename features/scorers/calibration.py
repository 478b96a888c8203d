"""Logistic calibration: affine maps from raw scores to natural-log odds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

__all__ = [
    "BINS",
    "Calibration",
    "Table",
    "calibration_error",
    "fit_logistic",
    "reliability_table",
    "tabulate_reliability",
]

Table = npt.NDArray[np.float64]
"""Of reliability, shape (BINS, 3)."""

LEAST_SLOPE = 1e-3
BINS = 10
"""Bins of equal width, from probability 0 to 1."""
LEAST_PROBABILITY = 0.01
"""Under which a site does not count: the many that are false for certain would hide any error."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt's affine map from a raw score to the natural-log odds of being true."""

    slope: float
    intercept: float

    @classmethod
    def fit(
        cls,
        scores: npt.NDArray[np.floating],
        labels: npt.NDArray[np.bool_],
        weights: npt.NDArray[np.float64] | None = None,
    ) -> Calibration:
        """Maximise the likelihood of the ``labels``, each weighted by what it stands for; all of shape (scores,)."""
        return cls(*fit_logistic(scores[:, None], labels, weights))

    def apply(self, scores: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Natural-log odds of raw ``scores``."""
        return (self.slope * scores + self.intercept).astype(np.float32)


def reliability_table(log_odds: npt.NDArray[np.floating], labels: npt.NDArray[np.bool_]) -> Table:
    """How many are told a probability of 1 % or more, the sum of their probabilities, how many are true, by bin."""
    probability = expit(log_odds.astype(np.float64))
    counted = probability >= LEAST_PROBABILITY
    return tabulate_reliability(probability[counted], labels[counted])


def tabulate_reliability(
    probability: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> Table:
    """Shape (BINS, 3): how many, the sum of their probabilities, how many are right, by bin of ``probability``."""
    bins = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    columns = (np.ones(len(bins)), probability, right)
    return np.column_stack([np.bincount(bins, column, BINS) for column in columns])


def calibration_error(table: Table) -> float:
    """Expected calibration error (Naeini et al. 2015): mean distance of probability and share right, over the bins."""
    predicted, probability, right = table.T
    return float(np.abs(probability - right).sum() / max(1.0, predicted.sum()))


def fit_logistic(
    scores: npt.NDArray[np.floating],
    labels: npt.NDArray[np.bool_],
    weights: npt.NDArray[np.float64] | None = None,
) -> list[float]:
    """The slope of each column of ``scores``, then the intercept, that make the ``labels`` most likely.

    Parameters
    ----------
    scores : shape (n, columns). A higher score never means less, however few the labels.
    labels, weights : shape (n,); each label counts as often as its weight says.
    """
    sign = np.where(labels, 1.0, -1.0)
    weights = np.ones(len(labels)) if weights is None else weights
    columns = np.column_stack([scores.astype(np.float64), np.ones(len(labels))])
    total = max(1.0, weights.sum())
    prior = np.log(weights[labels].sum() + 1) - np.log(weights[~labels].sum() + 1)

    def loss(parameters: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        margin = sign * (columns @ parameters)
        slopes = -weights * sign * expit(-margin)
        return float(weights @ np.logaddexp(0, -margin)) / total, slopes @ columns / total

    first = np.ones(columns.shape[1])
    first[-1] = prior
    bounds = [(LEAST_SLOPE, None)] * scores.shape[1] + [(None, None)]
    best = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=bounds)
    return [float(each) for each in best.x]
