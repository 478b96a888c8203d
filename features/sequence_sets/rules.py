"""Splits of a set as the rules of its manifest say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features.errors import DatasetError, InputFileError
from features.genome import Codes
from features.sequence_sets.manifest import SplitRule
from features.sequence_sets.records import Record
from features.sequence_sets.sequence_set import Fold, Indices, Labels
from features.sequence_sets.splits import (
    drop_leaks,
    grouped_folds,
    random_fold,
    random_folds,
    with_validation,
)

__all__ = ["apply_rule"]

ROLES = {
    "train": 0,
    "training": 0,
    "validation": 1,
    "valid": 1,
    "val": 1,
    "dev": 1,
    "test": 2,
    "testing": 2,
    "drop": -1,
    "": -1,
}
"""What a stated split may say of a sequence; -1 leaves it out."""
VALIDATION_SHARE = 0.1


def apply_rule(
    rule: SplitRule,
    records: Sequence[Record],
    parents: Indices,
    sequences: Sequence[Codes],
    labels: Labels,
    groups: Indices,
) -> tuple[Fold, ...]:
    """Folds of a set as ``rule`` says.

    Parameters
    ----------
    rule : of the manifest.
    records : what the files hold.
    parents : int64 of shape (sequences,); the record each sequence is of, or was read from.
    sequences, labels, groups : of the set.

    Raises
    ------
    DatasetError : too few sequences of a class for the folds, or none in a role.
    InputFileError : a stated role that is none.
    """
    if rule.rule == "stated":
        roles = np.array([_role(record, rule.field) for record in records])[parents]
        fold = Fold(*(np.flatnonzero(roles == role) for role in range(3)))
        if rule.word:
            fold = _without_leaks(fold, sequences, rule)
        for role, part in (("train", fold.train), ("test", fold.test)):
            if not len(part):
                if rule.word and (roles == ROLES[role]).any():
                    raise DatasetError(
                        f"every {role} sequence shares {rule.word} bases with one of another role. Give a longer word."
                    )
                raise DatasetError(f"no sequence is {role}. Say so of some in {rule.field!r}.")
        return (with_validation(fold, labels, groups, VALIDATION_SHARE, rule.seed),)
    if not rule.folds:
        return (random_fold(labels, rule.test, rule.validation, rule.seed),)
    classes, counts = np.unique(labels, return_counts=True)
    if rule.folds < 3 or counts.min() < rule.folds:
        few = f"{counts.min()} sequence{'' if counts.min() == 1 else 's'}"
        raise DatasetError(
            f"{rule.folds} folds, where class {classes[counts.argmin()]} has {few}. "
            "Three folds or more are needed, and a sequence of every class in each: change --folds, give more "
            "sequences, or leave the class out."
        )
    if rule.rule == "grouped":
        return grouped_folds(labels, groups, rule.folds, rule.seed)
    return random_folds(labels, rule.folds, rule.seed)


def _role(record: Record, field: str) -> int:
    said = record.fields.get(field, "").lower()
    if said not in ROLES:
        raise InputFileError(
            record.path,
            f"{field} {said!r} is no role",
            f"Write one of {', '.join(role for role in ROLES if role)}, or nothing.",
            record.line,
        )
    return ROLES[said]


def _without_leaks(fold: Fold, sequences: Sequence[Codes], rule: SplitRule) -> Fold:
    learnt = np.concatenate([fold.train, fold.validation])
    one, other = ([sequences[i] for i in part.tolist()] for part in (learnt, fold.test))
    if rule.leaks == "test":
        return fold._replace(test=fold.test[drop_leaks(other, one, rule.word)])
    kept = learnt[drop_leaks(one, other, rule.word)]
    if not len(kept):
        raise DatasetError(
            f"every training sequence shares {rule.word} bases with a test one. Give a longer word."
        )
    return fold._replace(
        train=np.intersect1d(fold.train, kept), validation=np.intersect1d(fold.validation, kept)
    )
