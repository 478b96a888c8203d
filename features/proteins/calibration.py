"""From how far a symbol is ahead to the probability that it is right, reckoning with symbols that were never learnt."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

__all__ = ["Calibration", "fit_calibration"]

UNSEEN = 0.1
"""Share of proteins whose symbol was never learnt that a probability reckons with."""
STRENGTH = 10.0
"""scikit-learn's C."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression on what a model tells of a protein beside its symbol.

    Attributes
    ----------
    means, spreads : float64 of shape (features,), to standardise by.
    weights : float64 of shape (features + 1,), the last one the bias.
    """

    means: Floats
    spreads: Floats
    weights: Floats

    @classmethod
    def from_array(cls, table: npt.NDArray[Any], features: int) -> Calibration:
        """What ``array`` made a table of; ``ValueError`` where it is none, or one of other ``features``."""
        means, spreads, weights = table.astype(np.float64)
        if len(weights) != features + 1:
            raise ValueError(f"a calibration of {len(weights) - 1} features, not {features}")
        return cls(means[:-1], spreads[:-1], weights)

    def array(self) -> Floats:
        """Float64 of shape (3, features + 1), for a model folder."""
        means, spreads, weights = astuple(self)
        return np.stack([np.append(means, 0), np.append(spreads, 1), weights])

    def probability(self, features: Floats) -> Floats:
        """That the symbol is right, shape (proteins,)."""
        log_odds = (features - self.means) / self.spreads @ self.weights[:-1] + self.weights[-1]
        found: Floats = expit(log_odds)
        return found


def fit_calibration(seen: Floats, right: npt.NDArray[np.bool_], unseen: Floats) -> Calibration:
    """Fit to proteins that were not learnt from, of symbols that were.

    Parameters
    ----------
    seen : float64 of shape (proteins, features).
    right : whether the symbol is the true one.
    unseen : float64 of shape (others, features): of what stands for proteins of symbols that were never learnt, of
        which none can be right. They count together as a share of ``UNSEEN``, however many there are.
    """
    features = np.concatenate([seen, unseen])
    means, spreads = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    counts = [len(seen), len(unseen)]
    each = [1 - UNSEEN, UNSEEN * len(seen) / max(1, len(unseen))]
    truth = np.concatenate([right, np.zeros(len(unseen), np.bool_)])
    weights = _fit((features - means) / spreads, truth, np.repeat(each, counts))
    return Calibration(means, spreads, weights)


def _fit(features: Floats, truth: npt.NDArray[np.bool_], shares: Floats) -> Floats:
    """Weights and bias; of one class alone, a bias that says so as surely as so many examples can."""
    if truth.all() or not truth.any():
        odds = np.log(len(truth) + 1.0)
        return np.append(np.zeros(features.shape[1]), odds if truth.all() else -odds)
    model = LogisticRegression(C=STRENGTH, max_iter=2000).fit(features, truth, shares)
    return np.append(model.coef_[0], model.intercept_[0]).astype(np.float64)
