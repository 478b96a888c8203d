"""Models without a place for chromatin, or with one number of it: means of genes, of samples, and their product."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from baselines.expression.base import Accessibility, ExpressionModel, Floats, Training
from baselines.expression.dual import choose_penalty, sample_weights
from features.expression.windows import unit_rows

__all__ = ["GeneMean", "SampleMean", "ScaledMean", "sample_means", "scales"]


class GeneMean(ExpressionModel):
    """The mean of the gene over the training samples; of a gene without any, the mean of all values."""

    kind: ClassVar[str] = "gene-mean"
    unseen_genes: ClassVar[bool] = True

    def _learn(self, training: Training) -> dict[str, npt.NDArray[Any]]:
        return {}

    def _tell(self, accessibility: Accessibility, known: Floats) -> Floats:
        return np.tile(self._state["mean"], (len(accessibility), 1))


class SampleMean(ExpressionModel):
    """The mean of the sample over those of its genes that are known, one value for all genes.

    Nothing is known of the expression of a new sample: it gets the mean of all training values.
    """

    kind: ClassVar[str] = "sample-mean"
    unseen_genes: ClassVar[bool] = True

    def _learn(self, training: Training) -> dict[str, npt.NDArray[Any]]:
        return {"overall": np.array(training.expression.mean())}

    def _tell(self, accessibility: Accessibility, known: Floats) -> Floats:
        means = sample_means(known, float(self._state["overall"]))
        return np.repeat(means[:, None], len(self._state["mean"]), axis=1)


class ScaledMean(ExpressionModel):
    """The gene's mean times one number of the sample, which a ridge regression tells from its bins.

    It is what chromatin tells of a sample as a whole, and nothing of single genes.
    """

    kind: ClassVar[str] = "scaled-mean"

    def _learn(self, training: Training) -> dict[str, npt.NDArray[Any]]:
        inputs = unit_rows(training.accessibility)
        scale = scales(training.expression, training.mean[training.known])
        _, penalty = choose_penalty([inputs], scale[:, None])
        return {
            "inputs": inputs.astype(np.float32),
            "scale": scale,
            "penalty": np.array(penalty),
        }

    def _tell(self, accessibility: Accessibility, known: Floats) -> Floats:
        mean: Floats = self._state["mean"]
        return self._scale(accessibility)[:, None] * mean

    def _scale(self, accessibility: Accessibility) -> Floats:
        """Told scale of each sample, 0 or more."""
        inputs = self._state["inputs"].astype(np.float64)
        weights = sample_weights(inputs, unit_rows(accessibility), float(self._state["penalty"]))
        found: Floats = np.maximum(1 + weights @ (self._state["scale"] - 1), 0.0)
        return found


def scales(expression: Floats, mean: Floats) -> Floats:
    """What the gene means are best multiplied by in each sample (least squares), shape (samples,); 1 on average.

    ``expression`` is of shape (samples, genes), ``mean`` of shape (genes,).
    """
    found: Floats = expression @ mean / max(float(mean @ mean), 1e-12)
    return found


def sample_means(known: Floats, overall: float) -> Floats:
    """Mean of what is known of each sample, ``overall`` where nothing is."""
    there = ~np.isnan(known)
    count = there.sum(axis=1)
    total = np.where(there, known, 0.0).sum(axis=1)
    found: Floats = np.where(count, total / np.maximum(count, 1), overall)
    return found
