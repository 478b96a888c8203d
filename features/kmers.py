"""k-mers: rolling indices, windowed spectra, and k-mer/stride tokens."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from features.accelerate import kernel
from features.genome import Codes

__all__ = ["kmer_indices", "kmer_tokens", "spectrum", "windowed_spectra"]

LONGEST = 15
"""Longest k whose indices fit int32."""


def kmer_indices(codes: Codes, k: int) -> npt.NDArray[np.int32]:
    """Base-4 index of the k-mer that begins at each position; -1 where it holds an unknown base.

    Parameters
    ----------
    codes : uint8 codes, shape (n,).
    k : 1 to 15.

    Returns
    -------
    int32 of shape (max(n - k + 1, 0),); the first base of a k-mer is its most significant digit.
    """
    if not 1 <= k <= LONGEST:
        raise ValueError(f"k must be 1 to {LONGEST}, not {k}")
    indices = np.empty(max(len(codes) - k + 1, 0), np.int32)
    if len(indices):
        _fill_indices(codes, k, indices)
    return indices


def kmer_tokens(codes: Codes, k: int, stride: int) -> npt.NDArray[np.int32]:
    """k-mer index at every ``stride``-th position, as a language model reads a sequence; -1 marks an unknown base."""
    if stride < 1:
        raise ValueError(f"stride must be at least 1, not {stride}")
    return kmer_indices(codes, k)[::stride].copy()


def spectrum(codes: Codes, k: int) -> npt.NDArray[np.int64]:
    """Counts of all 4**k k-mers in ``codes``, shape (4**k,); k-mers with an unknown base are not counted."""
    indices = kmer_indices(codes, k)
    return np.bincount(indices[indices >= 0], minlength=4**k)


def windowed_spectra(codes: Codes, k: int, window: int) -> npt.NDArray[np.int32]:
    """k-mer counts of consecutive windows of ``window`` bases, shape (ceil(n / window), 4**k).

    A k-mer belongs to the window it begins in.
    """
    if window < 1:
        raise ValueError(f"window must be at least 1, not {window}")
    counts = np.zeros((-(-len(codes) // window), 4**k), np.int32)
    _count_windows(kmer_indices(codes, k), window, counts)
    return counts


@kernel
def _fill_indices(codes, k, indices):  # type: ignore[no-untyped-def]
    mask = np.int32((1 << (2 * k)) - 1)
    index = np.int32(0)
    unknown_until = -1
    for p in range(len(codes)):
        code = np.int32(codes[p])
        index = ((index << 2) | (code & 3)) & mask
        if code > 3:
            unknown_until = p + k - 1
        begin = p - k + 1
        if begin >= 0:
            indices[begin] = index if p > unknown_until else -1


@kernel
def _count_windows(indices, window, counts):  # type: ignore[no-untyped-def]
    for p in range(len(indices)):
        if indices[p] >= 0:
            counts[p // window, indices[p]] += 1
