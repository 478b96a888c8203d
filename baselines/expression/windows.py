"""``GeneWindows``: one small regression for all genes, on what is open around each of them."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from baselines.expression.base import Accessibility, Floats, Training
from baselines.expression.means import ScaledMean, sample_means
from features.expression.layout import Layout
from features.expression.windows import gene_context, unit_rows, window_shares

__all__ = ["GeneWindows", "unseen_inputs"]

PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
"""Relative to the number of values; the last leaves nothing of the windows."""
GENE_FOLDS = 5


class GeneWindows(ScaledMean):
    """The gene's mean, times the sample's told scale, plus a weighted sum of what is open around the gene's start.

    Inputs are the shares of open bins in eleven rings, whose width doubles with the distance (0, 1, 2-3, ... up to
    1,023 bins), so that a base counts the less the farther it lies: as they deviate from the gene's mean, and the same
    times the gene's mean expression. One set of weights serves all genes. Of a gene without expression in training, the
    inputs are the shares themselves, how long the gene is, how many others begin near it, and the mean of the sample.
    Penalties are chosen by leaving out samples, or blocks of genes.
    """

    kind: ClassVar[str] = "gene-windows"
    unseen_genes: ClassVar[bool] = True

    def _learn(self, training: Training) -> dict[str, npt.NDArray[Any]]:
        state = super()._learn(training)
        self._state |= state
        shares = _shares(training.accessibility, training.layout)
        usual = shares.mean(axis=0)
        genes = training.known
        mean = training.mean[genes]
        inputs = _deviations(shares, usual, training.mean)[:, genes]
        wanted = training.expression - state["scale"][:, None] * mean
        seen = _fit(inputs, wanted, [np.array([i]) for i in range(len(inputs))], axis=0)
        unseen = _fit(
            unseen_inputs(shares, training.layout, training.expression.mean(axis=1))[:, genes],
            training.expression,
            np.array_split(np.arange(len(genes)), min(GENE_FOLDS, len(genes))),
            axis=1,
        )
        overall = np.array(training.expression.mean())
        return {**state, "usual": usual, "seen": seen, "unseen": unseen, "overall": overall}

    def _tell(self, accessibility: Accessibility, known: Floats) -> Floats:
        layout = Layout.from_arrays(self._state)
        shares = _shares(accessibility, layout)
        means = sample_means(known, float(self._state["overall"]))
        found = _apply(unseen_inputs(shares, layout, means), self._state["unseen"])
        genes = self._state["known"]
        inputs = _deviations(shares, self._state["usual"], self._state["mean"])
        told = super()._tell(accessibility, known) + _apply(inputs, self._state["seen"])
        found[:, genes] = told[:, genes]
        return found


def unseen_inputs(shares: Floats, layout: Layout, means: Floats) -> Floats:
    """What is known of genes without expression, shape (samples, genes, inputs).

    Parameters
    ----------
    shares : of shape (samples, genes, rings).
    layout : of the genes.
    means : mean expression of each sample, shape (samples,).
    """
    context = np.broadcast_to(gene_context(layout), (len(shares), shares.shape[1], 4))
    of_sample = np.broadcast_to(means[:, None, None], (*shares.shape[:2], 1))
    return np.concatenate([shares, context, of_sample], axis=2)


def _shares(accessibility: Accessibility, layout: Layout) -> Floats:
    return window_shares(unit_rows(accessibility), layout)


def _deviations(shares: Floats, usual: Floats, mean: Floats) -> Floats:
    """Rings as they deviate from ``usual``, alone and times the gene's mean, shape (samples, genes, 2 * rings)."""
    deviation = shares - usual
    return np.concatenate([deviation, deviation * mean[:, None]], axis=2)


def _fit(
    inputs: Floats, wanted: Floats, held_out: list[npt.NDArray[np.int64]], axis: int
) -> Floats:
    """Middle, spread, weight of each input, and in the last column the intercept, shape (3, inputs + 1).

    The penalty is the one that tells best what of ``axis`` (0 samples, 1 genes) is left out, part by part.
    """
    everything = np.arange(wanted.shape[axis])
    errors = np.zeros(len(PENALTIES))
    for part in held_out:
        rest = np.setdiff1d(everything, part)
        for number, penalty in enumerate(PENALTIES):
            weights = _regress(inputs.take(rest, axis), wanted.take(rest, axis), penalty)
            told = _apply(inputs.take(part, axis), weights)
            errors[number] += float(((told - wanted.take(part, axis)) ** 2).sum())
    return _regress(inputs, wanted, PENALTIES[int(np.argmin(errors))])


def _regress(inputs: Floats, wanted: Floats, penalty: float) -> Floats:
    matrix, values = inputs.reshape(-1, inputs.shape[2]), wanted.ravel()
    middle, spread = matrix.mean(axis=0), matrix.std(axis=0)
    spread[spread == 0] = 1.0
    scaled = (matrix - middle) / spread
    intercept = values.mean()
    squares = scaled.T @ scaled + penalty * len(values) * np.eye(scaled.shape[1])
    weights = np.linalg.solve(squares, scaled.T @ (values - intercept))
    return np.column_stack([np.stack([middle, spread, weights]), [0.0, 1.0, intercept]])


def _apply(inputs: Floats, fitted: Floats) -> Floats:
    middle, spread, weights = fitted[:, :-1]
    found: Floats = (inputs - middle) / spread @ weights + fitted[2, -1]
    return found
