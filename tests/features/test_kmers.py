from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import kmers
from features.genome import encode
from features.kmers import kmer_indices, kmer_tokens, spectrum, windowed_spectra

bases = st.text("ACGTN", max_size=60)
sizes = st.integers(1, 6)


def naive_index(word: str) -> int:
    if "N" in word:
        return -1
    return int(word.translate(str.maketrans("ACGT", "0123")), 4)


def naive_indices(text: str, k: int) -> list[int]:
    return [naive_index(text[p : p + k]) for p in range(len(text) - k + 1)]


@given(bases, sizes)
def test_indices_are_base_four_numbers(text: str, k: int) -> None:
    found = kmer_indices(encode(text), k)
    assert found.dtype == np.int32
    assert found.tolist() == naive_indices(text, k)


@given(bases.filter(bool), sizes)
def test_plain_python_kernel_agrees(text: str, k: int) -> None:
    indices = np.empty(max(len(text) - k + 1, 0), np.int32)
    kmers._fill_indices.py_func(encode(text), k, indices)
    assert indices.tolist() == naive_indices(text, k)
    counts = np.zeros((-(-len(text) // 7), 4**k), np.int32)
    kmers._count_windows.py_func(indices, 7, counts)
    np.testing.assert_array_equal(counts, windowed_spectra(encode(text), k, 7))


def test_the_longest_k_fits_its_type() -> None:
    assert kmer_indices(encode("T" * 15), 15).tolist() == [4**15 - 1]


@given(bases, sizes, st.integers(1, 5))
def test_tokens_are_every_nth_index(text: str, k: int, stride: int) -> None:
    assert kmer_tokens(encode(text), k, stride).tolist() == naive_indices(text, k)[::stride]


@given(bases, st.integers(1, 3))
def test_spectrum_counts_known_kmers(text: str, k: int) -> None:
    counts = Counter(index for index in naive_indices(text, k) if index >= 0)
    found = spectrum(encode(text), k)
    assert len(found) == 4**k
    assert {i: n for i, n in enumerate(found.tolist()) if n} == counts


@given(bases, st.integers(1, 3), st.integers(1, 20))
def test_windows_count_the_kmers_that_begin_in_them(text: str, k: int, window: int) -> None:
    found = windowed_spectra(encode(text), k, window)
    assert len(found) == -(-len(text) // window)
    for row, counts in enumerate(found):
        here = naive_indices(text, k)[row * window : (row + 1) * window]
        expected = Counter(index for index in here if index >= 0)
        assert {i: n for i, n in enumerate(counts.tolist()) if n} == expected


def test_impossible_sizes() -> None:
    codes = encode("ACGT")
    for k in (0, 16):
        with pytest.raises(ValueError, match="k must be 1 to 15"):
            kmer_indices(codes, k)
    with pytest.raises(ValueError, match="stride"):
        kmer_tokens(codes, 2, 0)
    with pytest.raises(ValueError, match="window"):
        windowed_spectra(codes, 2, 0)
