from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.genome import encode, reverse_complement
from features.kmers import spectrum
from features.spectra import canonical_index, spectra

TEXTS = st.lists(st.text("ACGTN", max_size=40), min_size=1, max_size=4)


@given(texts=TEXTS, ks=st.sampled_from([(1,), (2, 3), (1, 2, 4)]))
def test_whole_spectra_are_roots_of_shares(texts: list[str], ks: tuple[int, ...]) -> None:
    sequences = [encode(text) for text in texts]
    found = spectra(sequences, ks).toarray()
    first = 0
    for k in ks:
        part = found[:, first : first + 4**k]
        counts = np.array([spectrum(codes, k) for codes in sequences])
        shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
        np.testing.assert_allclose(part**2, shares, atol=1e-6)
        first += 4**k
    assert found.shape == (len(texts), first)


@given(text=st.text("ACGTN", min_size=1, max_size=30))
def test_as_many_stretches_as_bases_tell_every_k_mer_apart(text: str) -> None:
    codes = encode(text)
    found = spectra([codes], (1, 2), stretches=len(codes)).toarray().reshape(len(codes), 20)
    for place, row in enumerate(found):
        letters = [text[place : place + 1], text[place : place + 2]]
        expected = np.zeros(20)
        for first, k, letter in ((0, 1, letters[0]), (4, 2, letters[1])):
            if len(letter) == k and "N" not in letter:
                expected[first + int(np.flatnonzero(spectrum(encode(letter), k))[0])] = 1
        assert row.tolist() == expected.tolist()


@given(texts=TEXTS, k=st.integers(1, 5))
def test_canonical_spectra_do_not_know_the_strand(texts: list[str], k: int) -> None:
    sequences = [encode(text) for text in texts]
    reverse = [reverse_complement(codes) for codes in sequences]
    np.testing.assert_allclose(
        spectra(sequences, (k,), canonical=True).toarray(),
        spectra(reverse, (k,), canonical=True).toarray(),
        atol=1e-6,
    )


def test_canonical_index() -> None:
    found = canonical_index(2)
    assert found[encode_index("GT")] == encode_index("AC")
    assert found[encode_index("AT")] == encode_index("AT")
    assert len(set(found.tolist())) == 10


def encode_index(word: str) -> int:
    return int(np.flatnonzero(spectrum(encode(word), len(word)))[0])


@pytest.mark.parametrize("text", ["", "NNNN", "A"])
def test_nothing_known_gives_zeros(text: str) -> None:
    assert spectra([encode(text)], (2,), stretches=3).nnz == 0


def test_no_sequences_give_no_rows() -> None:
    assert spectra([], (1, 2)).shape == (0, 20)
