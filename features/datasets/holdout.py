"""``Holdout`` and ``Split``: which chromosomes a model learns from, is tuned on and is tested on."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from features.errors import DatasetError

__all__ = ["ROLES", "Holdout", "Split", "resolve_split"]

ROLES = ("train", "validation", "test")
VALIDATION_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Split:
    """Record names per role; a record in no role is unused."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holdout:
    """Roles as a manifest or a command line states them, by record name or by the name of a group of records.

    Attributes
    ----------
    test, validation, train : names per role; ``None`` leaves the choice to ``resolve_split``.
    group : regular expression whose first capturing group names the chromosome a record belongs to.
    names : further names of single records, record name -> name.
    """

    test: tuple[str, ...]
    validation: tuple[str, ...] | None = None
    train: tuple[str, ...] | None = None
    group: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)


def resolve_split(
    holdout: Holdout, lengths: Mapping[str, int], coding: Collection[str], where: str
) -> Split:
    """Turn a holdout into record names.

    Where ``train`` is not given, every record with a coding gene and without another role is trained on. Where
    ``validation`` is not given, chromosomes with coding genes that make up about 10 % of the bases outside the other
    roles are chosen: from the longest down, each that still fits. Where these are less than 5 % (a mitochondrion, a few
    scaffolds), the shortest of the others joins them.

    Parameters
    ----------
    holdout : the roles as stated.
    lengths : bases of every record, in the genome's order.
    coding : records with at least one coding transcript.
    where : what to call the dataset in an error.

    Raises
    ------
    DatasetError : a name that no record has, a record in two roles, an empty role, nothing left to choose from, a role
        without any coding gene.
    """
    groups = _groups(holdout, lengths, where)
    roles: dict[str, tuple[str, ...]] = {}
    for role in ROLES:
        stated = getattr(holdout, role)
        if stated is not None:
            roles[role] = _expand(stated, role, groups, lengths, where)
    taken = _require_disjoint(roles, where)
    free = {
        name: records
        for name in dict.fromkeys(groups.unit.values())
        if (records := [r for r in groups.members[name] if r in coding and r not in taken])
    }
    if holdout.validation is None:
        chosen = _choose_validation(free, lengths, where)
        roles["validation"] = _in_order(
            (record for name in chosen for record in free.pop(name)), lengths
        )
    if holdout.train is None:
        roles["train"] = _in_order(
            (record for records in free.values() for record in records), lengths
        )
        if not roles["train"]:
            raise DatasetError(
                f"{where}: no chromosome with coding genes is left to train on, after test "
                f"({_some(roles['test'])}) and validation ({_some(roles['validation'])}). "
                "Give a genome with more annotated chromosomes, or name fewer of them."
            )
    for role, members in roles.items():
        if not any(record in coding for record in members):
            raise DatasetError(
                f"{where}: no coding gene is annotated on the {role} chromosomes ({_some(members)}). "
                f"Name others with --{role}, or check that the annotation covers them under these names."
            )
    return Split(roles["train"], roles["validation"], roles["test"])


@dataclass(frozen=True, slots=True)
class _Groups:
    members: dict[str, list[str]]
    """Any name a record goes by -> its records."""
    unit: dict[str, str]
    """Record -> the group it moves with."""


def _groups(holdout: Holdout, lengths: Mapping[str, int], where: str) -> _Groups:
    try:
        pattern = re.compile(holdout.group) if holdout.group is not None else None
    except re.error as error:
        raise DatasetError(
            f"{where}: the group expression {holdout.group!r} is not a regular expression ({error})."
        ) from None
    if pattern is not None and pattern.groups < 1:
        raise DatasetError(
            f"{where}: the group expression {holdout.group!r} has no (...) part. "
            "Put brackets around the part of a record's name that names its chromosome."
        )
    members: dict[str, list[str]] = {}
    unit: dict[str, str] = {}
    for record in lengths:
        match = pattern.match(record) if pattern is not None else None
        own = {record}
        unit[record] = record
        if match is not None and match[1]:
            unit[record] = match[1]
        own |= {unit[record], holdout.names.get(record, record)}
        for name in own:
            members.setdefault(name, []).append(record)
    return _Groups(members, unit)


def _expand(
    stated: tuple[str, ...], role: str, groups: _Groups, lengths: Mapping[str, int], where: str
) -> tuple[str, ...]:
    for name in stated:
        if name not in groups.members:
            known = list(groups.members)
            close = difflib.get_close_matches(name, known, 3)
            if not close and f"chr{name}" in known:
                close = [f"chr{name}"]
            hint = f"Did you mean {_some(close)}?" if close else f"The genome has {_some(known)}."
            raise DatasetError(f"{where}: no chromosome {name!r} for --{role}. {hint}")
    if not stated:
        raise DatasetError(f"{where}: no {role} chromosomes. Name at least one.")
    return _in_order((record for name in stated for record in groups.members[name]), lengths)


def _require_disjoint(roles: Mapping[str, tuple[str, ...]], where: str) -> set[str]:
    taken: dict[str, str] = {}
    for role, records in roles.items():
        for record in records:
            if record in taken:
                raise DatasetError(
                    f"{where}: {record} is in both {taken[record]} and {role}. "
                    "Give every chromosome one role."
                )
            taken[record] = role
    return set(taken)


def _choose_validation(
    free: Mapping[str, list[str]], lengths: Mapping[str, int], where: str
) -> list[str]:
    sizes = {name: sum(lengths[record] for record in records) for name, records in free.items()}
    if not sizes:
        raise DatasetError(
            f"{where}: no chromosome with coding genes is left to tune on. A genome needs at least three annotated "
            "chromosomes (train, validation, test): cut it into several records, or name the roles."
        )
    wanted = room = VALIDATION_SHARE * sum(sizes.values())
    chosen = []
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        if sizes[name] <= room:
            chosen.append(name)
            room -= sizes[name]
    others = sizes.keys() - set(chosen)
    if not chosen or (room > wanted / 2 and len(others) > 1):
        chosen.append(min(others, key=lambda name: (sizes[name], name)))
    return chosen


def _in_order(records: Iterable[str], lengths: Mapping[str, int]) -> tuple[str, ...]:
    wanted = set(records)
    return tuple(record for record in lengths if record in wanted)


def _some(names: Collection[str], shown: int = 8) -> str:
    listed = ", ".join(list(names)[:shown])
    return listed + (f" and {len(names) - shown} more" if len(names) > shown else "")
