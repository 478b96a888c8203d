from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import ModelError
from features.proteins.alphabet import LETTERS, encode_protein
from features.proteins.words import ALPHABETS, Words, fill_words, pack


def reference(text: str, words: Words) -> list[int]:
    """Every word of the 20 amino acids, numbered in the base of the alphabet."""
    groups = {
        letter: number
        for number, group in enumerate(ALPHABETS[words.alphabet].split())
        for letter in group
    }
    found = []
    for start in range(len(text) - words.k + 1):
        word = text[start : start + words.k]
        if all(letter in groups for letter in word):
            number = 0
            for letter in word:
                number = number * words.letters + groups[letter]
            found.append(number)
    return found


@given(st.text(LETTERS, max_size=40), st.integers(1, 5), st.sampled_from(sorted(ALPHABETS)))
def test_words_are_those_of_the_plain_definition(text: str, k: int, alphabet: str) -> None:
    words = Words(k, alphabet)
    assert words.of(encode_protein(text)).tolist() == reference(text, words)
    found = np.empty(max(1, len(text)), np.int64)
    # Outside the kernel a uint8 stays one.
    shape = words.groups.astype(np.int64), words.letters, k, 0
    count = fill_words.py_func(encode_protein(text), *shape, found)
    assert found[:count].tolist() == reference(text, words)


def test_hashed_words_lie_in_their_buckets_and_are_the_same_every_time() -> None:
    words = Words(6, "full", bits=10)
    residues = encode_protein("MKVLAAGGIWWYHKRDE" * 20)
    found = words.of(residues)
    assert found.min() >= 0
    assert found.max() < words.size == 1024
    assert len(np.unique(found)) > 10
    np.testing.assert_array_equal(found, words.of(residues))


def test_reduced_alphabets_group_all_amino_acids() -> None:
    for name in ALPHABETS:
        assert sorted(ALPHABETS[name].replace(" ", "")) == sorted(LETTERS[:20])
    assert Words(3, "murphy10").of(encode_protein("LVIM")).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((0,), "k must be 1 to 8"),
        ((3, "latin"), "no alphabet 'latin' of proteins. Known: full"),
        ((7,), "too many to number"),
        ((7, "full", 30), "bits must be 0 to 24"),
    ],
)
def test_what_cannot_be_is_told(options: tuple[int, str, int], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Words(*options)


def test_sequences_are_packed_in_a_row() -> None:
    flat, offsets = pack([encode_protein("MA"), encode_protein("C")])
    assert (flat.tolist(), offsets.tolist()) == ([10, 0, 1], [0, 2, 3])
    assert pack([])[1].tolist() == [0]
