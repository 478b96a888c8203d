"""Metrics of told expression over samples and genes, for all values or any number of resamples at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "Draws",
    "draw_both",
    "draw_genes",
    "everything",
    "mean_squared_error",
    "r_squared",
    "spearman_of_rows",
]

Floats = npt.NDArray[np.float64]


class Draws(NamedTuple):
    """How often each row and each column counts, float64 of shapes (draws, samples) and (draws, genes)."""

    samples: Floats
    genes: Floats


def everything(samples: int, genes: int) -> Draws:
    """One draw of everything once."""
    return Draws(np.ones((1, samples)), np.ones((1, genes)))


def draw_genes(samples: int, genes: int, resamples: int, seed: int) -> Draws:
    """Genes drawn with replacement, samples as they are."""
    return Draws(np.ones((resamples, samples)), _draw(genes, resamples, seed))


def draw_both(kinds: npt.NDArray[np.int64], genes: int, resamples: int, seed: int) -> Draws:
    """Genes and samples drawn with replacement, independently of each other (Owen 2007).

    ``kinds``, of shape (samples,), numbers the kind of each sample from 0; samples of a kind are drawn together.
    """
    of_kinds = _draw(int(kinds.max()) + 1, resamples, seed + 1)
    return Draws(of_kinds[:, kinds], _draw(genes, resamples, seed))


def mean_squared_error(truth: Floats, told: Floats, draws: Draws) -> Floats:
    """Mean of (told - truth)^2 in every draw, shape (draws,).

    ``truth`` and ``told`` are of shape (samples, genes); values that are NaN in ``truth`` do not count.
    """
    known = ~np.isnan(truth)
    return _total(np.where(known, (told - truth) ** 2, 0.0), draws) / _total(known, draws)


def r_squared(truth: Floats, told: Floats, draws: Draws) -> Floats:
    """1 - squared error / squared deviation of all values from their one mean, shape (draws,)."""
    known = ~np.isnan(truth)
    filled = np.where(known, truth, 0.0)
    count, total = _total(known, draws), _total(filled, draws)
    spread = _total(filled**2, draws) - total**2 / count
    error = _total(np.where(known, (told - truth) ** 2, 0.0), draws)
    found: Floats = 1 - error / np.where(spread > 0, spread, np.nan)
    return found


def spearman_of_rows(truth: Floats, told: Floats, of_rows: Floats, of_columns: Floats) -> Floats:
    """Spearman's correlation along every row, averaged over the rows, shape (draws,).

    A row whose truth is all the same in a draw does not count; one where only what is told is the same counts 0. Ties
    share their mean rank.

    Parameters
    ----------
    truth, told : of shape (rows, columns); what is NaN in ``truth`` does not count.
    of_rows, of_columns : how often each counts, of shapes (draws, rows) and (draws, columns).
    """
    total, count = np.zeros(len(of_rows)), np.zeros(len(of_rows))
    for row in range(len(truth)):
        known = ~np.isnan(truth[row])
        weights = of_columns[:, known].T  # (columns, draws)
        first, second = (_ranks(each[row, known], weights) for each in (truth, told))
        size = np.maximum(weights.sum(axis=0), 1)
        first -= (weights * first).sum(axis=0) / size
        second -= (weights * second).sum(axis=0) / size
        spreads = [(weights * each**2).sum(axis=0) for each in (first, second)]
        both = np.sqrt(spreads[0] * spreads[1])
        value = (weights * first * second).sum(axis=0) / np.where(both > 1e-9, both, 1.0)
        counted = of_rows[:, row] * (spreads[0] > 1e-9)
        total += counted * np.where(both > 1e-9, value, 0.0)
        count += counted
    found: Floats = total / np.where(count > 0, count, np.nan)
    return found


def _ranks(values: Floats, weights: Floats) -> Floats:
    """Mean rank of each value in every draw, up to a constant; (values, draws)."""
    order = np.argsort(values, kind="stable")
    differs = np.diff(values[order], prepend=-np.inf) > 0
    of_value = np.add.reduceat(weights[order], np.flatnonzero(differs), axis=0)
    below = np.cumsum(of_value, axis=0) - of_value / 2
    found: Floats = np.empty_like(weights)
    found[order] = below[np.cumsum(differs) - 1]
    return found


def _total(values: npt.NDArray[np.floating] | npt.NDArray[np.bool_], draws: Draws) -> Floats:
    found: Floats = ((draws.samples @ values.astype(np.float64)) * draws.genes).sum(axis=1)
    return found


def _draw(count: int, resamples: int, seed: int) -> Floats:
    generator = np.random.default_rng(seed)
    return generator.multinomial(count, np.full(count, 1 / count), size=resamples).astype(
        np.float64
    )
