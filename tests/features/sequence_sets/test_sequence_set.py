from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.errors import DatasetError
from features.genome import encode
from features.sequence_sets import Fold, SequenceSet
from features.sequence_sets.sequence_set import hash_sequence_set


def fold(*parts: list[int]) -> Fold:
    return Fold(*(np.array(part, np.int64) for part in parts))


def make(*folds: Fold) -> SequenceSet:
    return SequenceSet(
        name="toy",
        title="Toy",
        source="here",
        ids=list("abcdef"),
        sequences=[encode("ACGT"[: n % 4 + 1]) for n in range(6)],
        labels=np.array(["x", "y"] * 3),
        groups=np.arange(6),
        folds={"clean": folds},
        positive="x",
        ranks={},
        subsets={},
        data_hash="",
    )


def test_take() -> None:
    sequences, labels = make().take(np.array([1, 4]))
    assert [codes.tolist() for codes in sequences] == [[0, 1], [0]]
    assert labels.tolist() == ["y", "x"]


def test_a_sound_split_passes() -> None:
    make(fold([0, 1], [2], [4, 5]), fold([0, 1], [], [2, 3])).check()


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (fold([0, 1], [1], [2, 3]), "a sequence has two roles"),
        (fold([0, 1], [2], [4]), "the 1 test sequences are of class x"),
        (
            fold([0, 2], [], [4, 5]),
            "class y in test or validation, but not among the 2 sequences left for training",
        ),
        (fold([0, 2], [1], [4]), "of class x; two are needed"),
        (fold([0, 1], [], []), "the 0 test sequences are of no class"),
    ],
)
def test_a_split_that_cannot_be_learnt_or_measured(bad: Fold, said: str) -> None:
    with pytest.raises(DatasetError, match=f"toy, split clean, fold 2 of 2: .*{said}"):
        make(fold([0, 1], [], [2, 3]), bad).check()


def test_the_hash_changes_with_everything_it_stands_for() -> None:
    toy = make(fold([0, 1], [], [2, 3]))
    changed = [
        toy,
        replace(toy, sequences=[*toy.sequences[:5], encode("AAA")]),
        replace(toy, sequences=[*toy.sequences[:4], encode("AC"), encode("")]),
        replace(toy, labels=toy.labels[::-1]),
        replace(toy, groups=toy.groups * 0),
        replace(toy, folds={"published": toy.folds["clean"]}),
        replace(toy, folds={"clean": (fold([0], [1], [2, 3]),)}),
        replace(toy, subsets={"some": np.array([1])}),
    ]
    hashes = [
        hash_sequence_set(s.sequences, s.labels, s.groups, s.folds, s.subsets) for s in changed
    ]
    assert len(set(hashes)) == len(changed)
    assert all(len(value) == 12 for value in hashes)
    again = hash_sequence_set(toy.sequences, toy.labels, toy.groups, toy.folds, toy.subsets)
    assert again == hashes[0]
