"""What the classical models of expression share: scikit-learn's ``fit`` and ``predict``, gaps, model folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from features.errors import ModelError, TrainingError
from features.expression.layout import Layout
from features.storage import read_arrays, read_card, write_arrays, write_card

__all__ = ["Accessibility", "ExpressionModel", "Floats", "Training", "column_means"]

STATE = "model.npz"
FEWEST = 3
"""Training samples with expression, at least."""

Accessibility = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


class Training:
    """What a model learns from: the samples with expression, gaps filled by the gene's mean.

    Attributes
    ----------
    accessibility : uint8 of shape (samples, bins).
    expression : float64 of shape (samples, genes known), without gaps.
    known : indices of the genes that any sample has, int64.
    mean : float64 of shape (genes,): of each gene, and of all values where a gene has none.
    layout : the bins and the genes.
    """

    def __init__(self, accessibility: Accessibility, expression: Floats, layout: Layout) -> None:
        measured = ~np.isnan(expression).all(axis=1)
        if int(measured.sum()) < FEWEST:
            raise TrainingError(
                f"{int(measured.sum())} training samples with expression. Give {FEWEST} or more."
            )
        values = expression[measured]
        self.accessibility = accessibility[measured]
        self.known: npt.NDArray[np.int64] = np.flatnonzero(~np.isnan(values).all(axis=0))
        self.mean = column_means(values)
        self.expression = np.where(np.isnan(values), self.mean, values)[:, self.known]
        self.layout = layout


class ExpressionModel:
    """Base of the models: ``fit``, ``predict``, ``save`` and ``load``.

    Parameters
    ----------
    seed, threads : of the learner, where it draws or uses any.
    """

    kind: ClassVar[str]
    unseen_genes: ClassVar[bool] = False
    """Whether it has something of its own to say of a gene that it has no expression of."""

    def __init__(self, seed: int = 0, threads: int = 2) -> None:
        self.seed = seed
        self.threads = threads
        self._state: dict[str, npt.NDArray[Any]] = {}

    def fit(self, accessibility: Accessibility, expression: Floats, layout: Layout) -> None:
        """Learn from samples; what is to be chosen is chosen by leaving out one of them after the other.

        Parameters
        ----------
        accessibility : uint8 of shape (samples, bins).
        expression : float64 of shape (samples, genes), log2(TPM + 1); NaN where it is not known. A gene that no sample
            has is an unseen one.
        layout : where bins and genes lie.

        Raises ``TrainingError`` for fewer than three samples with expression, or shapes that do not fit.
        """
        shape = (len(accessibility), len(layout.starts))
        if expression.shape != shape or accessibility.shape[1] != layout.bins.count:
            raise TrainingError(
                f"expression {expression.shape} and accessibility {accessibility.shape} do not fit {shape[1]} genes "
                f"and {layout.bins.count} bins. Give one row for each sample."
            )
        training = Training(accessibility, expression, layout)
        self._state = {"mean": training.mean, "known": training.known, **layout.arrays()}
        self._state |= self._learn(training)

    def predict(self, accessibility: Accessibility, known: Floats | None = None) -> Floats:
        """log2(TPM + 1), float64 of shape (samples, genes).

        ``known`` is what is known of the expression of the same samples, NaN elsewhere: of other genes, where whole
        genes are to be told. Values are 0 or more.
        """
        if not self._state:
            raise ModelError(f"{self.kind}: not fitted. Call fit first.")
        bins = int(self._state["layout_bins"][2])
        if accessibility.shape[1] != bins:
            raise ModelError(
                f"{self.kind}: {accessibility.shape[1]} bins, where it was fitted to {bins}. Give the same bins."
            )
        if known is None:
            known = np.full((len(accessibility), len(self._state["mean"])), np.nan)
        found: Floats = np.maximum(self._tell(accessibility, known), 0.0)
        return found

    @property
    def layout(self) -> Layout:
        """Where the bins and genes that it was fitted to lie."""
        return Layout.from_arrays(self._state)

    def save(self, folder: Path) -> None:
        """Write the fitted model into the existing ``folder``."""
        if not self._state:
            raise ModelError(f"{self.kind}: not fitted. Call fit first.")
        write_arrays(folder / STATE, self._state)
        content = self._save_learner(folder)
        write_card(folder, self.kind, {"options": {"seed": self.seed}, **content})

    @classmethod
    def load(cls, folder: Path, threads: int = 2) -> Self:
        """Read a model that ``save`` wrote; ``ModelError`` where it is missing or damaged."""
        card = read_card(folder, cls.kind)
        arrays = read_arrays(folder / STATE)
        try:
            model = cls(threads=threads, **card["options"])
            model._state = arrays
            model._load_learner(folder, card)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{folder}: damaged ({error}). Train the model again.") from None
        return model

    def _learn(self, training: Training) -> dict[str, npt.NDArray[Any]]:
        """The arrays of which the model consists, besides mean, known genes and layout."""
        raise NotImplementedError

    def _tell(self, accessibility: Accessibility, known: Floats) -> Floats:
        raise NotImplementedError

    def _save_learner(self, folder: Path) -> dict[str, Any]:
        """Write what is no array; returns what the card tells of it."""
        return {}

    def _load_learner(self, folder: Path, card: dict[str, Any]) -> None:
        """Read what ``_save_learner`` wrote."""


def column_means(values: Floats) -> Floats:
    """Mean of what is known of each column; of all values for a column of which nothing is known."""
    there = ~np.isnan(values)
    count = there.sum(axis=0)
    overall = float(values[there].mean()) if there.any() else 0.0
    total = np.where(there, values, 0.0).sum(axis=0)
    found: Floats = np.where(count, total / np.maximum(count, 1), overall)
    return found
