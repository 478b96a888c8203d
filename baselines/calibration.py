"""``Calibration``: the affine map that makes raw scores natural-log odds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

__all__ = ["Calibration"]


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
        sign = np.where(labels, 1.0, -1.0)
        weights = np.ones(len(labels)) if weights is None else weights
        scores = scores.astype(np.float64)
        total = max(1.0, weights.sum())
        prior = np.log(weights[labels].sum() + 1) - np.log(weights[~labels].sum() + 1)

        def loss(parameters: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
            margin = sign * (parameters[0] * scores + parameters[1])
            slopes = -weights * sign * expit(-margin)
            gradient = np.array([slopes @ scores, slopes.sum()])
            return float(weights @ np.logaddexp(0, -margin)) / total, gradient / total

        # A higher score never means less, however few the labels.
        best = minimize(
            loss,
            np.array([1.0, prior]),
            jac=True,
            method="L-BFGS-B",
            bounds=((1e-3, None), (None, None)),
        )
        return cls(float(best.x[0]), float(best.x[1]))

    def apply(self, scores: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Natural-log odds of raw ``scores``."""
        return (self.slope * scores + self.intercept).astype(np.float32)
