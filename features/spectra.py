"""k-mer spectra of many sequences as one sparse matrix: whole, or by stretches of the sequence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from features.accelerate import kernel
from features.batches import batches
from features.genome import Codes

__all__ = ["canonical_index", "spectra"]

AT_ONCE = 50_000_000
"""k-mers counted at once, so that what is counted needs little memory beside the matrix."""


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
    width = sum(4**k for k in ks)
    folded = [canonical_index(k) if canonical else np.arange(4**k, dtype=np.int32) for k in ks]
    fold = np.concatenate(folded)
    parts = [
        _count(batch, ks, fold, stretches, width)
        for batch in batches(sequences, lambda codes: len(ks) * len(codes), AT_ONCE)
    ]
    parts = parts or [_count([], ks, fold, stretches, width)]
    return parts[0] if len(parts) == 1 else vstack(parts).tocsr()


def canonical_index(k: int) -> npt.NDArray[np.int32]:
    """For each k-mer the lower one of its own index and that of its reverse complement, shape (4**k,)."""
    forward = np.arange(4**k)
    rest, reverse = forward.copy(), np.zeros(4**k, np.int64)
    for _ in range(k):
        reverse = reverse * 4 + (3 - rest % 4)
        rest //= 4
    return np.minimum(forward, reverse).astype(np.int32)


def _count(
    sequences: Sequence[Codes],
    ks: Sequence[int],
    fold: npt.NDArray[np.int32],
    stretches: int,
    width: int,
) -> csr_array:
    lengths = np.array([len(codes) for codes in sequences], np.int64)
    codes = np.concatenate([np.empty(0, np.uint8), *sequences])
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    room = len(ks) * int(lengths.sum())
    columns, values = np.empty(room, np.int32), np.empty(room, np.float32)
    ends = np.zeros(len(sequences) + 1, np.int64)
    _fill_rows(codes, bounds, np.array(ks), fold, stretches, width, columns, values, ends)
    found = int(ends[-1])
    if found < 2**31:  # what scikit-learn's solvers take
        ends = ends.astype(np.int32)
    return csr_array(
        (values[:found].copy(), columns[:found].copy(), ends),
        shape=(len(sequences), stretches * width),
    )


@kernel
def _fill_rows(codes, bounds, ks, fold, stretches, width, columns, values, ends):  # type: ignore[no-untyped-def]
    # codes: (bases,), bounds: (sequences + 1,), fold: (width,), columns and values: (room,), ends: (sequences + 1,)
    filled = 0
    for row in range(len(bounds) - 1):
        begin, length = bounds[row], bounds[row + 1] - bounds[row]
        first_of_row = filled
        first = 0
        for k in ks:
            size = 1 << (2 * k)
            start_of_k = filled
            index, known = 0, 0
            for p in range(length):
                code = codes[begin + p]
                known = known + 1 if code < 4 else 0
                index = ((index << 2) | (code & 3)) & (size - 1)
                if known >= k:
                    stretch = (p - k + 1) * stretches // length
                    columns[filled] = stretch * width + first + fold[first + index]
                    filled += 1
            # Of one k: equal columns become one, and each stretch is divided by its own total.
            own = np.sort(columns[start_of_k:filled])
            filled = start_of_k
            p = 0
            while p < len(own):
                stretch = own[p] // width
                start_of_stretch = filled
                total = 0
                while p < len(own) and own[p] // width == stretch:
                    q = p
                    while q < len(own) and own[q] == own[p]:
                        q += 1
                    columns[filled] = own[p]
                    values[filled] = q - p
                    filled += 1
                    total += q - p
                    p = q
                for place in range(start_of_stretch, filled):
                    values[place] = np.sqrt(values[place] / total)
            first += size
        if len(ks) > 1:
            order = np.argsort(columns[first_of_row:filled])
            columns[first_of_row:filled] = columns[first_of_row:filled][order]
            values[first_of_row:filled] = values[first_of_row:filled][order]
        ends[row + 1] = filled
