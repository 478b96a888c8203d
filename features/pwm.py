"""Position weight matrices of order 0, 1 and 2: fit on true sites against decoys, scan a strand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from features.accelerate import kernel
from features.genome import Codes
from features.kmers import kmer_indices

__all__ = ["PositionWeightMatrix", "site_windows"]

BLOCK = 6
"""Bases looked up at once while scanning: a table of 4**6 float32 stays in the first-level cache."""
TILE = 2048


@dataclass(frozen=True)
class PositionWeightMatrix:
    """Log-likelihood ratio of the bases around a site, true sites against decoys.

    Attributes
    ----------
    order : how many preceding bases each base is conditioned on (Salzberg 1997 calls order 1 a conditional matrix).
    start : position of the first scored column relative to the site.
    weights : float32 of shape (columns, 4 ** (order + 1)), natural logarithm; the last base is the least significant
        digit.
    """

    order: int
    start: int
    weights: npt.NDArray[np.float32]

    @classmethod
    def fit(
        cls,
        true: npt.NDArray[np.uint8],
        decoys: npt.NDArray[np.uint8],
        order: int,
        start: int,
        pseudocount: float = 1.0,
    ) -> PositionWeightMatrix:
        """Estimate from windows of codes.

        Parameters
        ----------
        true, decoys : uint8 of shape (sites, order + columns); the first ``order`` bases are context only.
        start : position of the first scored column (after the context) relative to the site.
        pseudocount : times the order-0 frequency of the column, added to each count.
        """
        weights = _conditional(true, order, pseudocount) - _conditional(decoys, order, pseudocount)
        return cls(order, start, weights.astype(np.float32))

    def scan(self, codes: Codes) -> npt.NDArray[np.float32]:
        """Score of a site at every position of ``codes``, float32 of shape (n,).

        Bases beyond the ends and blocks of bases with an unknown one contribute nothing.
        """
        scores = np.zeros(len(codes), np.float32)
        if len(codes) < BLOCK:
            return scores
        # blocks = lookup blocks, m = 4**BLOCK + 1 (the last entry, 0, serves unknown bases)
        tables, offsets = self._blocks
        _scan(kmer_indices(codes, BLOCK), tables, offsets, scores)
        return scores

    @cached_property
    def _blocks(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Tables over blocks of bases, (blocks, 4**BLOCK + 1), and each block's first base relative to the site."""
        per_block = BLOCK - self.order
        columns = len(self.weights)
        first_columns = range(0, columns, per_block)
        tables = np.zeros((len(first_columns), 4**BLOCK + 1), np.float32)
        kmers = np.arange(4**BLOCK)
        for block, first in enumerate(first_columns):
            for i, column in enumerate(range(first, min(first + per_block, columns))):
                context = (kmers >> (2 * (BLOCK - 1 - self.order - i))) & (
                    4 ** (self.order + 1) - 1
                )
                tables[block, :-1] += self.weights[column][context]
        offsets = np.array([self.start - self.order + first for first in first_columns], np.int64)
        return tables, offsets


def site_windows(
    codes: Codes, positions: npt.NDArray[np.int64], start: int, end: int
) -> npt.NDArray[np.uint8]:
    """Codes from ``start`` to ``end`` relative to each position, shape (sites, end - start); 4 beyond the sequence."""
    index = positions[:, None] + np.arange(start, end)
    inside = (index >= 0) & (index < len(codes))
    return np.where(inside, codes[np.clip(index, 0, len(codes) - 1)], np.uint8(4))


def _conditional(
    windows: npt.NDArray[np.uint8], order: int, pseudocount: float
) -> npt.NDArray[np.float64]:
    """log P(base | preceding ``order`` bases) per column, shape (columns, 4 ** (order + 1))."""
    columns = windows.shape[1] - order
    result = np.zeros((columns, 4 ** (order + 1)))
    digits = 4 ** np.arange(order, -1, -1)
    for column in range(columns):
        piece = windows[:, column : column + order + 1]
        piece = piece[(piece < 4).all(axis=1)].astype(np.int64)
        counts = np.bincount(piece @ digits, minlength=4 ** (order + 1)).reshape(-1, 4)
        marginal = counts.sum(axis=0) + pseudocount
        smoothed = counts + pseudocount * 4 * marginal / marginal.sum()
        result[column] = np.log(smoothed / smoothed.sum(axis=1, keepdims=True)).ravel()
    return result


@kernel
def _scan(indices, tables, offsets, scores):  # type: ignore[no-untyped-def]
    # indices: (n - BLOCK + 1,), tables: (blocks, m), offsets: (blocks,), scores: (n,)
    # Tiles keep indices, scores and one table in the first-level cache together; index -1 is a table's last entry.
    n, m = len(scores), len(indices)
    for tile in range(0, n, TILE):
        for block in range(len(offsets)):
            table = tables[block]
            offset = offsets[block]
            begin, end = max(tile, -offset), min(tile + TILE, n, m - offset)
            shifted = indices[begin + offset : max(begin, end) + offset]
            part = scores[begin : max(begin, end)]
            for p in range(len(part)):
                part[p] += table[shifted[p]]
