from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import DatasetError
from features.genome import Codes, encode, reverse_complement
from features.sequence_sets import splits
from features.sequence_sets.sequence_set import Fold
from features.sequence_sets.splits import (
    clusters,
    drop_leaks,
    grouped_folds,
    join_groups,
    known_run,
    longest_word,
    random_fold,
    random_folds,
    with_validation,
)

texts = st.lists(st.text("ACGTN", max_size=25), min_size=1, max_size=8)


def shares(one: str, other: str, word: int) -> bool:
    found = {one[p : p + word] for p in range(len(one) - word + 1)}
    found = {each for each in found if "N" not in each}
    turned = other.translate(str.maketrans("ACGTN", "TGCAN"))[::-1]
    if any(s[p : p + word] in found for s in (other, turned) for p in range(len(s) - word + 1)):
        return True
    return not found and one in (other, turned)  # copies, both without a word


@given(texts, st.integers(3, 8))
def test_clusters_are_the_components_of_shared_words(given: list[str], word: int) -> None:
    numbers = list(range(len(given)))
    for one in range(len(given)):
        for other in range(one):
            if shares(given[one], given[other], word):
                old, new = numbers[one], numbers[other]
                numbers = [new if number == old else number for number in numbers]
    found = clusters([encode(text) for text in given], word)
    pairs = set(zip(numbers, found.tolist(), strict=True))
    assert len(pairs) == len(set(numbers)) == len(set(found.tolist()))


@given(texts, texts, st.integers(3, 8))
def test_leaks_are_the_training_sequences_that_share_a_word(
    train: list[str], test: list[str], word: int
) -> None:
    kept = drop_leaks([encode(t) for t in train], [encode(t) for t in test], word)
    assert kept.tolist() == [
        n for n, text in enumerate(train) if not any(shares(text, other, word) for other in test)
    ]


def random_sequences(number: int, length: int) -> list[Codes]:
    generator = np.random.default_rng(number)
    return [generator.integers(0, 4, length).astype(np.uint8) for _ in range(number)]


def test_long_words_link_long_sequences() -> None:
    sequences = random_sequences(50, 3000)
    sequences[7][100:131] = sequences[3][2000:2031]
    # What surrounds the shared piece differs for sure.
    sequences[7][[99, 131]] = (sequences[3][[1999, 2031]] + 1) % 4
    sequences[9][0:30] = reverse_complement(sequences[20])[50:80]
    sequences[9][30] = sequences[20][49]
    for word, together in ((30, {(3, 7), (9, 20)}), (31, {(3, 7)}), (32, set())):
        found = clusters(sequences, word)
        assert {(a, b) for b in range(50) for a in range(b) if found[a] == found[b]} == together
    assert drop_leaks(sequences[:8], sequences[8:], 30).tolist() == list(range(8))
    assert drop_leaks(sequences[:7], sequences[7:], 31).tolist() == [0, 1, 2, 4, 5, 6]


def test_plain_python_kernel_agrees() -> None:
    hashes = np.array([1, 1, 2, 3, 3, 3], np.uint64)
    owners = np.array([0, 4, 1, 2, 3, 0], np.int32)
    for kernel in (splits._mark_leaks, splits._mark_leaks.py_func):
        leaks = np.zeros(4, np.bool_)
        kernel(hashes, owners, 4, leaks)
        assert leaks.tolist() == [True, False, False, False]


def test_joined_groups_are_chains_of_both() -> None:
    joined = join_groups(np.array([5, 5, 6, 7, 8]), np.array([0, 1, 1, 3, 4]))
    assert joined.tolist() == [0, 0, 0, 1, 2]


LABELS = np.array(["a"] * 60 + ["b"] * 30)


@given(st.integers(3, 6), st.integers(0, 9))
def test_folds_hold_everything_once_and_groups_whole(folds: int, seed: int) -> None:
    groups = np.random.default_rng(seed).integers(0, 40, 90)
    for made in (grouped_folds(LABELS, groups, folds, seed), random_folds(LABELS, folds, seed)):
        assert len(made) == folds
        assert sorted(np.concatenate([fold.test for fold in made])) == list(range(90))
        for number, fold in enumerate(made):
            assert sorted(np.concatenate(fold)) == list(range(90))
            np.testing.assert_array_equal(fold.validation, made[(number + 1) % folds].test)
            assert all((np.diff(part) > 0).all() for part in fold)
    for fold in grouped_folds(LABELS, groups, folds, seed):
        assert not np.isin(groups[fold.train], groups[fold.test]).any()
        assert not np.isin(groups[fold.train], groups[fold.validation]).any()
    for fold in random_folds(LABELS, folds, seed):
        assert abs((LABELS[fold.test] == "a").sum() - 60 / folds) <= 1


def test_small_groups_are_dealt_out_evenly() -> None:
    groups = np.arange(90) // 2
    sizes = [
        ((LABELS[fold.test] == "a").sum(), (LABELS[fold.test] == "b").sum())
        for fold in grouped_folds(LABELS, groups, 5, 0)
    ]
    assert sizes == [(12, 6)] * 5


def test_a_seed_decides() -> None:
    groups = np.arange(90)
    one, again, other = (grouped_folds(LABELS, groups, 3, seed)[0].test for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_groups_that_cannot_be_split() -> None:
    with pytest.raises(DatasetError, match="class b is all in one group"):
        grouped_folds(LABELS, np.minimum(np.arange(90), 60), 3, 0)
    with pytest.raises(DatasetError, match="50 of 90 sequences are one group"):
        grouped_folds(LABELS, np.maximum(np.arange(90), 49), 3, 0)


def test_shares_of_a_random_fold() -> None:
    fold = random_fold(LABELS, 0.1, 0.5, 3)
    assert [len(part) for part in fold] == [40, 41, 9]
    assert sorted(np.concatenate(fold)) == list(range(90))


def test_validation_is_taken_from_training_in_whole_groups() -> None:
    everything = np.arange(80)
    groups = np.arange(90) // 3
    fold = with_validation(
        Fold(everything, everything[:0], np.arange(80, 90)), LABELS, groups, 0.1, 0
    )
    assert 6 <= len(fold.validation) <= 10
    assert not np.isin(groups[fold.train], groups[fold.validation]).any()
    assert with_validation(fold, LABELS, groups, 0.5, 0) is fold
    alike = with_validation(
        Fold(everything, everything[:0], np.arange(80, 90)), LABELS, groups * 0, 0.1, 0
    )
    assert len(alike.validation) == 8


def test_the_longest_word_is_one_that_all_but_a_twentieth_have() -> None:
    few = [encode("ACGTA")] + [encode("ACGT" * 15)] * 19
    assert longest_word(few) == 60
    assert longest_word([*few, encode("ACGTANA")]) == 5
    assert [known_run(encode(text)) for text in ("", "N", "NN", "ACNACGN", "ACG")] == [
        0,
        0,
        0,
        3,
        3,
    ]
