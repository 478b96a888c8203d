"""Splits of proteins: whole species held out, at random as published, and symbols that training never sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.errors import DatasetError
from features.sequence_sets.sequence_set import Fold

__all__ = ["RULES", "SplitRule", "apply_split", "why_unfit"]

RULES = ("species", "random", "unseen", "stated")
ROLES = ("train", "validation", "test")
Names = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How proteins get their roles.

    Attributes
    ----------
    rule : species, random, unseen (species, and a share of all symbols in test alone), stated (by the field ``set``).
    test, validation : names of species; of a random split the share of all proteins.
    share : of all symbols, those that neither training nor validation has, drawn at random.
    symbols : drawn at random, all others are left out, for networks that take days to learn all; 0 keeps all.
    seed : of what is drawn.

    Validation without species is a twentieth of what is left for training, drawn at random.
    """

    rule: str
    test: Any = ()
    validation: Any = ()
    share: float = 0.1
    symbols: int = 0
    seed: int = 0


def apply_split(rule: SplitRule, symbols: Names, species: Names, roles: Sequence[str]) -> Fold:
    """The fold of proteins as ``rule`` says.

    Parameters
    ----------
    symbols, species : str of shape (proteins,).
    roles : what the files say of each: train, validation or test, '' where they say nothing.

    Raises ``DatasetError`` for a species that no protein is of, or a role that is none.
    """
    generator = np.random.default_rng(rule.seed)
    count = len(symbols)
    if rule.rule == "random":
        mixed = generator.permutation(count)
        tested, watched = (max(1, round(each * count)) for each in (rule.test, rule.validation))
        parts = mixed[tested + watched :], mixed[tested : tested + watched], mixed[:tested]
        fold = Fold(*map(np.sort, parts))
    elif rule.rule == "stated":
        unknown = set(roles) - {*ROLES, "drop", ""}
        if unknown:
            raise DatasetError(
                f"the column set says {min(unknown)!r}. Write {', '.join(ROLES)}, or nothing to leave a protein out."
            )
        said = np.array(roles)
        fold = Fold(*(np.flatnonzero(said == role) for role in ROLES))
    else:
        test, validation = (_of_species(species, names) for names in (rule.test, rule.validation))
        train = ~(test | validation)
        if rule.rule == "unseen":
            names = np.unique(symbols)
            drawn = generator.permutation(len(names))[: round(rule.share * len(names))]
            unseen = np.isin(symbols, names[drawn])
            train, validation = train & ~unseen, validation & ~unseen
        fold = Fold(*map(np.flatnonzero, (train, validation, test)))
    if rule.symbols:
        names = np.unique(symbols)
        kept = np.isin(symbols, generator.permutation(names)[: rule.symbols])
        fold = Fold(*(part[kept[part]] for part in fold))
    if not len(fold.validation):
        mixed = generator.permutation(fold.train)
        watched = max(1, round(len(mixed) / 20))
        fold = Fold(np.sort(mixed[watched:]), np.sort(mixed[:watched]), fold.test)
    return fold


def why_unfit(fold: Fold, symbols: Names) -> str:
    """Why a fold of proteins with these ``symbols`` cannot be learnt or tested, in a sentence; '' where it can."""
    for role, part in fold._asdict().items():
        if not len(part):
            return f"no protein is for {role}. Give more proteins, or other species."
    if len(np.unique(np.concatenate(fold))) != sum(map(len, fold)):
        return "a protein has two roles. Name each species once."
    if len(np.unique(symbols[fold.train])) < 2:
        return "the training proteins have fewer than two symbols. Give more."
    return ""


def _of_species(species: Names, names: Sequence[str]) -> npt.NDArray[np.bool_]:
    for name in names:
        if not (species == name).any():
            raise DatasetError(
                f"no protein is of species {name!r}. There are {', '.join(np.unique(species).tolist())}."
            )
    return np.isin(species, list(names))
