"""``GeneWindows``: one small regression for all genes, on what is open around each of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from baselines.expression.base import Accessibility, Floats, Training
from baselines.expression.dual import sample_weights
from baselines.expression.means import ScaledMean, sample_means, scales
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
    Penalties are chosen by leaving out samples, or blocks of genes, of every mean that goes into the inputs as well.
    """

    kind: ClassVar[str] = "gene-windows"
    unseen_genes: ClassVar[bool] = True

    def _learn(self, training: Training) -> dict[str, npt.NDArray[Any]]:
        state = super()._learn(training)
        self._state |= state
        shares = _shares(training.accessibility, training.layout)
        expression, genes = training.expression, training.known
        mean, usual = expression.mean(axis=0), shares.mean(axis=0)
        of_sample = expression.mean(axis=1)
        seen = _regress(
            _deviations(shares[:, genes], usual[genes], mean),
            expression - state["scale"][:, None] * mean,
            _choose_penalty(_without_samples(training, shares[:, genes], float(state["penalty"]))),
        )
        unseen = _regress(
            unseen_inputs(shares, training.layout, of_sample)[:, genes],
            expression,
            _choose_penalty(_without_genes(training, shares)),
        )
        overall = np.array(expression.mean())
        return {**state, "usual": usual, "seen": seen, "unseen": unseen, "overall": overall}

    def _tell(self, accessibility: Accessibility, known: Floats) -> Floats:
        layout = self.layout
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


class _Part(NamedTuple):
    """Inputs (samples, genes, inputs) and values (samples, genes) that are learnt from, and those that are left out."""

    inputs: Floats
    wanted: Floats
    asked: Floats
    truth: Floats


def _without_samples(training: Training, shares: Floats, penalty: float) -> Iterator[_Part]:
    """Every sample left out, of means, scales and told scale as well; ``shares`` are of the known genes."""
    rows, expression = unit_rows(training.accessibility), training.expression
    for sample in range(len(rows)):
        rest = np.arange(len(rows)) != sample
        mean = expression[rest].mean(axis=0)
        scale = scales(expression[rest], mean)
        told = 1 + sample_weights(rows[rest], rows[~rest], penalty) @ (scale - 1)
        inputs = _deviations(shares, shares[rest].mean(axis=0), mean)
        yield _Part(
            inputs[rest],
            expression[rest] - scale[:, None] * mean,
            inputs[~rest],
            expression[~rest] - np.maximum(told, 0.0)[:, None] * mean,
        )


def _without_genes(training: Training, shares: Floats) -> Iterator[_Part]:
    """Every block of genes left out, of the means of the samples as well; ``shares`` are of all genes."""
    expression, genes = training.expression, training.known
    everything = np.arange(len(genes))
    for block in np.array_split(everything, min(GENE_FOLDS, len(genes))):
        rest = np.setdiff1d(everything, block)
        if not len(rest):
            return
        means = expression[:, rest].mean(axis=1)
        inputs = unseen_inputs(shares, training.layout, means)[:, genes]
        yield _Part(inputs[:, rest], expression[:, rest], inputs[:, block], expression[:, block])


def _choose_penalty(parts: Iterable[_Part]) -> float:
    """The penalty that tells best what is left out, part by part."""
    errors = np.zeros(len(PENALTIES))
    for part in parts:
        for number, penalty in enumerate(PENALTIES):
            told = _apply(part.asked, _regress(part.inputs, part.wanted, penalty))
            errors[number] += float(((told - part.truth) ** 2).sum())
    return PENALTIES[int(np.argmin(errors))]


def _regress(inputs: Floats, wanted: Floats, penalty: float) -> Floats:
    """Middle, spread, weight of each input, and in the last column the intercept, shape (3, inputs + 1)."""
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
