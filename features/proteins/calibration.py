"""From how far a symbol is ahead to the probability that it is right, and that it is a known one at all."""

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
    """Two logistic regressions on what a model tells of a protein beside its symbol.

    Attributes
    ----------
    means, spreads : float64 of shape (features,), to standardise by.
    right, known : float64 of shape (features + 1,), weights and, last, the bias.
    """

    means: Floats
    spreads: Floats
    right: Floats
    known: Floats

    @classmethod
    def from_array(cls, table: npt.NDArray[Any]) -> Calibration:
        """What ``array`` made a table of; ``ValueError`` where it is none."""
        means, spreads, right, known = table.astype(np.float64)
        return cls(means[:-1], spreads[:-1], right, known)

    def array(self) -> Floats:
        """Float64 of shape (4, features + 1), for a model folder."""
        means, spreads, right, known = astuple(self)
        return np.stack([np.append(means, 0), np.append(spreads, 1), right, known])

    def probability(self, features: Floats) -> Floats:
        """That the symbol is right, shape (proteins,)."""
        found: Floats = expit(self._sum(features, self.right))
        return found

    def score(self, features: Floats) -> Floats:
        """Log odds that the true symbol is one of those learnt, shape (proteins,)."""
        return self._sum(features, self.known)

    def _sum(self, features: Floats, weights: Floats) -> Floats:
        found: Floats = (features - self.means) / self.spreads @ weights[:-1] + weights[-1]
        return found


def fit_calibration(seen: Floats, right: npt.NDArray[np.bool_], hidden: Floats) -> Calibration:
    """Fit to proteins that were not learnt from, of symbols that were.

    Parameters
    ----------
    seen : float64 of shape (proteins, features).
    right : whether the symbol is the true one.
    hidden : features of the same proteins when the model may not tell their true symbols: what a protein of a symbol
        that was never learnt looks like.
    """
    features = np.concatenate([seen, hidden])
    means, spreads = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    scaled = (features - means) / spreads
    shares = np.repeat([1 - UNSEEN, UNSEEN], [len(seen), len(hidden)])
    none = np.zeros(len(hidden), np.bool_)
    return Calibration(
        means,
        spreads,
        _fit(scaled, np.concatenate([right, none]), shares),
        _fit(scaled, np.concatenate([~np.zeros(len(seen), np.bool_), none]), shares),
    )


def _fit(features: Floats, truth: npt.NDArray[np.bool_], shares: Floats) -> Floats:
    """Weights and bias; of one class alone, a bias that says so as surely as so many examples can."""
    if truth.all() or not truth.any():
        odds = np.log(len(truth) + 1.0)
        return np.append(np.zeros(features.shape[1]), odds if truth.all() else -odds)
    model = LogisticRegression(C=STRENGTH, max_iter=2000).fit(features, truth, shares)
    return np.append(model.coef_[0], model.intercept_[0]).astype(np.float64)
