"""k-mer spectra of many sequences as one sparse matrix: whole, or by stretches of the sequence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from features.accelerate import kernel
from features.genome import Codes
from features.kmers import kmer_indices

__all__ = ["canonical_index", "spectra"]


def spectra(
    sequences: Sequence[Codes],
    ks: Sequence[int],
    *,
    stretches: int = 1,
    canonical: bool = False,
) -> csr_array:
    """Square roots of the frequencies of all k-mers, of each of ``ks``, in each of ``stretches`` of every sequence.

    The root (Hellinger's) evens out what is frequent and what is rare; the k-mers of one k in one stretch have a sum of
    squares of 1, or 0 where none is known.

    Parameters
    ----------
    ks : lengths of the k-mers, 1 to 12.
    stretches : equal parts of a sequence; a k-mer belongs to the one it begins in. As many as the sequences have bases
        tell where each k-mer stands.
    canonical : count a k-mer and its reverse complement as one, for sequences whose strand says nothing.

    Returns
    -------
    float32 of shape (sequences, stretches * sum of 4**k), by stretch, then by k, then by ``kmer_indices``.
    """
    folds = {k: canonical_index(k) if canonical else np.arange(4**k, dtype=np.int32) for k in ks}
    width = sum(4**k for k in ks)
    columns, values, ends = [], [], [0]
    for codes in sequences:
        of_row = []
        first = 0
        for k in ks:
            indices = kmer_indices(codes, k)
            known = np.flatnonzero(indices >= 0)
            stretch = known * stretches // max(1, len(codes))
            of_row.append(stretch * width + first + folds[k][indices[known]])
            first += 4**k
        own, counts = np.unique(np.concatenate(of_row), return_counts=True)
        columns.append(own.astype(np.int32))
        values.append(_root_frequencies(own, counts, np.cumsum([0, *(4**k for k in ks)]), width))
        ends.append(ends[-1] + len(own))
    return csr_array(
        (
            np.concatenate([np.empty(0, np.float32), *values]),
            np.concatenate([np.empty(0, np.int32), *columns]),
            np.array(ends, np.int32 if ends[-1] < 2**31 else np.int64),
        ),
        shape=(len(sequences), stretches * width),
    )


def canonical_index(k: int) -> npt.NDArray[np.int32]:
    """For each k-mer the lower one of its own index and that of its reverse complement, shape (4**k,)."""
    forward = np.arange(4**k)
    rest, reverse = forward.copy(), np.zeros(4**k, np.int64)
    for _ in range(k):
        reverse = reverse * 4 + (3 - rest % 4)
        rest //= 4
    return np.minimum(forward, reverse).astype(np.int32)


@kernel
def _root_frequencies(columns, counts, borders, width):  # type: ignore[no-untyped-def]
    # columns, counts: (c,) ascending columns; borders: (ks + 1,) of the blocks within a stretch
    values = np.empty(len(columns), np.float32)
    begin = 0
    while begin < len(columns):
        stretch, place = columns[begin] // width, columns[begin] % width
        block = np.searchsorted(borders, place, side="right") - 1
        last = stretch * width + borders[block + 1]
        end, total = begin, 0
        while end < len(columns) and columns[end] < last:
            total += counts[end]
            end += 1
        for place in range(begin, end):
            values[place] = np.sqrt(counts[place] / total)
        begin = end
    return values
