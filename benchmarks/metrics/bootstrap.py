"""95 % intervals by resampling the blocks of the genome, alone or paired between two models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "BLOCK_SIZE",
    "Blocks",
    "Estimate",
    "block_weights",
    "estimate",
    "paired_difference",
]

BLOCK_SIZE = 1_000_000
"""Bases of one block: neighbouring genes share their composition and their history, so they are drawn together."""
FEWEST_BLOCKS = 20
"""A smaller test set is cut into blocks this many times shorter than itself: three blocks resampled are no interval."""

Counts = npt.NDArray[np.int64]
Metric = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]
"""From summed counts of shape (..., counts) to values of shape (...); NaN where the metric is not defined."""


class Estimate(NamedTuple):
    """A value with the ends of its 95 % interval; NaN where it is not defined."""

    value: float
    low: float
    high: float


class Blocks:
    """The consecutive blocks of a set of chromosomes, numbered through.

    A chromosome of ``size`` bases or more is cut into blocks of its own, of which the last may be shorter. Shorter
    neighbours share a block as long as it holds no more than ``size`` bases, so that a draft genome of many small
    records has few blocks.

    Parameters
    ----------
    lengths : bases of each chromosome, by name.
    size : bases of a block; by default ``BLOCK_SIZE``, or less where that would make fewer than ``FEWEST_BLOCKS``.
    """

    def __init__(self, lengths: Mapping[str, int], size: int | None = None) -> None:
        shortest = max(1, sum(lengths.values()) // FEWEST_BLOCKS)
        self.size = size or min(BLOCK_SIZE, shortest)
        self.lengths = dict(lengths)
        self._first: dict[str, int] = {}
        self.count = 0
        room = 0  # bases that the last block still takes, if it is one of short chromosomes
        for name, length in lengths.items():
            if length >= self.size:
                self._first[name] = self.count
                self.count += -(-length // self.size)
                room = 0
                continue
            if self.count == 0 or length > room:
                self.count += 1
                room = self.size
            self._first[name] = self.count - 1
            room -= length

    def of(self, chromosome: str, positions: npt.ArrayLike) -> Counts:
        """Block number of each forward position of ``chromosome``."""
        found: Counts = self._first[chromosome] + np.asarray(positions, np.int64) // self.size
        return found

    def add_counts(self, total: Counts, chromosome: str, positions: npt.ArrayLike) -> None:
        """Add to ``total``, shape (blocks,), how many of ``positions`` lie in each block.

        It takes time and memory for the positions and the chromosome's own blocks, whatever the size of the set.
        """
        counted = np.bincount(np.asarray(positions, np.int64) // self.size)
        first = self._first[chromosome]
        total[first : first + len(counted)] += counted


def block_weights(blocks: int, resamples: int = 1000, seed: int = 0) -> Counts:
    """How often each block is drawn in each resample, shape (resamples, blocks)."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(blocks, np.full(blocks, 1 / blocks), size=resamples)


def estimate(
    counts: Sequence[Counts], metric: Metric, weights: Counts, centred: bool = False
) -> Estimate:
    """Value and interval of ``metric``, averaged over seeds.

    Parameters
    ----------
    counts : per seed an array of shape (blocks, counts).
    metric : of the counts summed over the blocks.
    weights : shape (resamples, blocks), from ``block_weights``.
    centred : shift the resamples so that the value is their mean, within 0 and 1: for shares that are lower in
        resamples, as means over many small classes are, of which a resample lacks many a member.
    """
    value = float(np.mean([metric(each.sum(axis=0).astype(np.float64)) for each in counts]))
    values = _resampled(counts, metric, weights)
    if centred:
        values = np.clip(values + (value - np.nanmean(values)), 0, 1)
    return Estimate(value, *_interval(values))


def paired_difference(
    first: Sequence[Counts], second: Sequence[Counts], metric: Metric, weights: Counts
) -> Estimate:
    """Value and interval of ``metric`` of ``first`` minus that of ``second``, both drawn on the same blocks."""
    difference = _resampled(first, metric, weights) - _resampled(second, metric, weights)
    value = estimate(first, metric, weights).value - estimate(second, metric, weights).value
    return Estimate(value, *_interval(difference))


def _resampled(
    counts: Sequence[Counts], metric: Metric, weights: Counts
) -> npt.NDArray[np.float64]:
    draws = weights.astype(np.float64)  # floats multiply through BLAS, integers do not
    values = [metric(draws @ each.astype(np.float64)) for each in counts]
    mean: npt.NDArray[np.float64] = np.mean(values, axis=0)
    return mean


def _interval(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    defined = values[~np.isnan(values)]
    if len(defined) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high)
