from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.errors import DatasetError, InputFileError
from features.genome import Codes
from features.sequence_sets.manifest import SplitRule
from features.sequence_sets.records import Record
from features.sequence_sets.rules import apply_rule
from features.sequence_sets.sequence_set import Fold

LABELS = np.array(["a", "b"] * 20)


def sequences() -> list[Codes]:
    generator = np.random.default_rng(0)
    return [generator.integers(0, 4, 60).astype(np.uint8) for _ in range(40)]


def apply(rule: SplitRule, roles: list[str], made: list[Codes] | None = None) -> tuple[Fold, ...]:
    made = made or sequences()
    records = [
        Record(codes, True, {"set": role}, Path("x.csv"), line)
        for line, (codes, role) in enumerate(zip(made, roles, strict=True), 2)
    ]
    return apply_rule(rule, records, np.arange(40), made, LABELS, np.arange(40))


ROLES = ["train"] * 24 + ["valid"] * 4 + ["Test"] * 10 + ["drop", ""]


def test_stated_roles() -> None:
    (fold,) = apply(SplitRule("stated"), ROLES)
    assert [part.tolist() for part in fold] == [
        list(range(24)),
        list(range(24, 28)),
        list(range(28, 38)),
    ]


def test_validation_is_drawn_where_none_is_stated() -> None:
    (fold,) = apply(SplitRule("stated"), ["train"] * 30 + ["test"] * 10)
    assert [len(part) for part in fold] == [27, 3, 10]


@pytest.mark.parametrize("leaks", ["train", "test"])
def test_leaks_are_taken_out_of_one_side(leaks: str) -> None:
    made = sequences()
    made[2][5:20] = made[30][40:55]
    made[25][5:20] = made[37][10:25]
    (fold,) = apply(SplitRule("stated", word=15, leaks=leaks), ROLES, made)
    gone = {2, 25} if leaks == "train" else {30, 37}
    assert set(np.concatenate(fold).tolist()) == set(range(38)) - gone


def test_reads_have_the_role_of_their_gene() -> None:
    records = [Record(sequences()[0], True, {"set": role}, Path("x"), 1) for role in ROLES[22:30]]
    parents = np.arange(40) // 5
    (fold,) = apply_rule(SplitRule("stated"), records, parents, sequences(), LABELS, np.arange(40))
    assert [part.tolist() for part in fold] == [
        list(range(10)),
        list(range(10, 30)),
        list(range(30, 40)),
    ]


def test_folds() -> None:
    for rule in ("grouped", "random"):
        assert len(apply(SplitRule(rule, folds=4), ROLES)) == 4
    (fold,) = apply(SplitRule("random", test=0.2, validation=0.25), ROLES)
    assert [len(part) for part in fold] == [24, 8, 8]


@pytest.mark.parametrize(
    ("rule", "roles", "said"),
    [
        (SplitRule("grouped", folds=21), ROLES, "21 folds, where class a has 20 sequences"),
        (SplitRule("random", folds=2), ROLES, "Three folds or more are needed"),
        (SplitRule("stated"), ["train"] * 40, "no sequence is test"),
        (SplitRule("stated"), ["test"] * 40, "no sequence is train"),
        (SplitRule("stated", word=1), ROLES, "every training sequence shares 1 bases"),
    ],
)
def test_splits_that_cannot_be_made(rule: SplitRule, roles: list[str], said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        apply(rule, roles)


def test_a_role_that_is_none() -> None:
    with pytest.raises(InputFileError, match=r"x.csv, line 5: set 'holdout' is no role. Write one"):
        apply(SplitRule("stated"), [*ROLES[:3], "holdout", *ROLES[4:]])
