from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.genome import encode, reverse_complement
from features.sequence_sets import words
from features.sequence_sets.words import link_words, sorted_words

texts = st.lists(st.text("ACGTN", max_size=40), min_size=1, max_size=5)


def naive_words(text: str, word: int) -> list[str]:
    found = [text[p : p + word] for p in range(len(text) - word + 1)]
    other = str.maketrans("ACGT", "TGCA")
    return [min(w, w.translate(other)[::-1]) for w in found if "N" not in w]


@given(texts, st.integers(1, 45))
def test_words_that_are_equal_on_either_strand_have_one_hash(given: list[str], word: int) -> None:
    expected = sorted((w, n) for n, text in enumerate(given) for w in naive_words(text, word))
    parts = list(sorted_words([encode(text) for text in given], word))
    hashes = [int(value) for part, _ in parts for value in part]
    owners = [int(owner) for _, part in parts for owner in part]
    assert sorted(owners) == sorted(owner for _, owner in expected)
    of_owner = lambda n: sorted(h for h, o in zip(hashes, owners, strict=True) if o == n)  # noqa: E731
    for one in range(len(given)):
        for other in range(one, len(given)):
            shared = set(naive_words(given[one], word)) & set(naive_words(given[other], word))
            assert len(set(of_owner(one)) & set(of_owner(other))) == len(shared)


@pytest.mark.parametrize("word", [1, 7, 31, 32, 100])
def test_the_other_strand_has_the_same_words(word: int) -> None:
    codes = np.random.default_rng(1).integers(0, 4, 400).astype(np.uint8)
    (forward,) = sorted_words([codes], word)
    (backward,) = sorted_words([reverse_complement(codes)], word)
    np.testing.assert_array_equal(forward[0], backward[0])


def test_parts_hold_all_words_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sequences = [np.random.default_rng(n).integers(0, 4, 300).astype(np.uint8) for n in range(20)]
    (whole,) = sorted_words(sequences, 9)
    monkeypatch.setattr(words, "WORDS_AT_ONCE", 1000)
    parts = list(sorted_words(sequences, 9))
    assert len(parts) == 6
    assert max(len(part) for part, _ in parts) < 1500
    together = np.sort(np.concatenate([part for part, _ in parts]))
    np.testing.assert_array_equal(together, whole[0])
    for one in range(6):
        for other in range(one):
            assert not np.isin(parts[one][0], parts[other][0]).any()


def test_plain_python_kernels_agree() -> None:
    sequences = [encode("ACGTTGCANACGTTGCA"), encode("TTGCAACG"), encode("GGGGG")]
    ((hashes, owners),) = sorted_words(sequences, 5)
    codes = np.concatenate([np.append(s, 4) for s in sequences]).astype(np.uint8)
    numbers = np.repeat(np.arange(3, dtype=np.int32), [len(s) + 1 for s in sequences])
    mine, found = np.empty(100, np.uint64), np.empty(100, np.int32)
    with np.errstate(over="ignore"):
        count = words._hash_words.py_func(codes, numbers, 5, words._constants(5), 0, 1, mine, found)
    np.testing.assert_array_equal(np.sort(mine[:count]), hashes)
    one, other = np.arange(3), np.arange(3)
    link_words(hashes, owners, one)
    words._link.py_func(hashes, owners, other)
    np.testing.assert_array_equal(one, other)


def test_no_word_fits() -> None:
    assert list(sorted_words([encode("ACG")], 4)) == []
    with pytest.raises(ValueError, match="at least 1 base"):
        next(sorted_words([], 0))
