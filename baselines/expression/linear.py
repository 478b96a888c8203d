"""Ridge regressions of every gene on all bins, or on their principal components."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from baselines.expression.base import Accessibility, ExpressionModel, Floats, Training
from baselines.expression.dual import (
    PENALTIES,
    choose_penalty,
    column_weights,
    left_out,
    sample_weights,
)
from features.expression.windows import unit_rows

__all__ = ["BinRidge", "PcaRidge"]

COMPONENTS = (1, 2, 3, 5, 8, 12)


class BinRidge(ExpressionModel):
    """Ridge regression on all bins; bins as they are or samples of length 1, and the strength, by leaving one out."""

    kind: ClassVar[str] = "ridge"

    def _learn(self, training: Training) -> dict[str, npt.NDArray[Any]]:
        candidates = _inputs(training.accessibility)
        chosen, penalty = choose_penalty(candidates, training.expression)
        return {
            "inputs": candidates[chosen].astype(np.float32),
            "expression": training.expression,
            "unit": np.array(chosen == 1),
            "penalty": np.array(penalty),
        }

    def _tell(self, accessibility: Accessibility, known: Floats) -> Floats:
        inputs = _inputs(accessibility)[int(self._state["unit"])]
        training = self._state["inputs"].astype(np.float64)
        weights = sample_weights(training, inputs, float(self._state["penalty"]))
        found = np.tile(self._state["mean"], (len(accessibility), 1))
        genes = self._state["known"]
        found[:, genes] += weights @ (self._state["expression"] - self._state["mean"][genes])
        return found

    def bin_weights(self) -> npt.NDArray[np.float32]:
        """What a gene's log2(TPM + 1) gains by each bin that opens, float32 of shape (genes, bins).

        Where samples are scaled to length 1, it is for a sample with as many peaks as the training samples' mean. Genes
        without expression in training have 0.
        """
        inputs = self._state["inputs"].astype(np.float64)
        genes = self._state["known"]
        deviations = self._state["expression"] - self._state["mean"][genes]
        weights = column_weights(inputs, deviations, float(self._state["penalty"]))
        found = np.zeros((len(self._state["mean"]), inputs.shape[1]), np.float32)
        peaks = (inputs > 0).sum(axis=1).mean()
        step = 1 / np.sqrt(peaks + 1) if self._state["unit"] else 1.0
        found[genes] = (step * weights).T
        return found


class PcaRidge(ExpressionModel):
    """Ridge regression on the first principal components of samples of length 1; how many, by leaving one out.

    Components are those of all training samples, without their expression.
    """

    kind: ClassVar[str] = "pca-ridge"

    def _learn(self, training: Training) -> dict[str, npt.NDArray[Any]]:
        rows = unit_rows(training.accessibility)
        middle = rows.mean(axis=0)
        _, _, axes = np.linalg.svd(rows - middle, full_matrices=False)
        best = np.inf
        found: dict[str, npt.NDArray[Any]] = {}
        for count in COMPONENTS:
            if count >= len(rows) - 1:
                break
            inputs = (rows - middle) @ axes[:count].T
            for penalty in PENALTIES[::-1]:
                error = left_out(inputs, training.expression, penalty) - training.expression
                if float((error**2).mean()) < best:
                    best = float((error**2).mean())
                    found = {"axes": axes[:count], "inputs": inputs, "penalty": np.array(penalty)}
        return {**found, "middle": middle, "expression": training.expression}

    def _tell(self, accessibility: Accessibility, known: Floats) -> Floats:
        inputs = (unit_rows(accessibility) - self._state["middle"]) @ self._state["axes"].T
        weights = sample_weights(self._state["inputs"], inputs, float(self._state["penalty"]))
        found = np.tile(self._state["mean"], (len(accessibility), 1))
        genes = self._state["known"]
        found[:, genes] += weights @ (self._state["expression"] - self._state["mean"][genes])
        return found


def _inputs(accessibility: Accessibility) -> list[Floats]:
    """Bins as they are, and samples of length 1."""
    return [accessibility.astype(np.float64), unit_rows(accessibility)]
