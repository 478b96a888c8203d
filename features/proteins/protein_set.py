"""``ProteinSet``: proteins with their gene symbols, and the ways they are split; what a model is told and says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.datasets.dataset import hash_data
from features.errors import DatasetError, TrainingError
from features.proteins.alphabet import Residues
from features.sequence_sets.sequence_set import Fold, Indices

__all__ = [
    "Assigned",
    "ProteinSet",
    "Proteins",
    "hash_proteins",
    "known_proteins",
    "merge_capitals",
    "number_symbols",
]

HELD_OUT = 20
"""One in so many training proteins is held out where no validation is given."""

Names = npt.NDArray[np.str_]


class Proteins(NamedTuple):
    """What a model is told of proteins.

    Attributes
    ----------
    sequences : uint8 codes of ``features.proteins.alphabet``.
    clades : str of shape (proteins,), of ``features.proteins.clades``; '' where it is not known.
    symbols : str of shape (proteins,); empty where they are asked for.
    """

    sequences: Sequence[Residues]
    clades: Names
    symbols: Names = np.empty(0, "U1")

    def take(self, indices: Indices) -> Proteins:
        """Those at ``indices``."""
        symbols = self.symbols[indices] if len(self.symbols) else self.symbols
        return Proteins(
            [self.sequences[i] for i in indices.tolist()], self.clades[indices], symbols
        )

    def hold_out(self, seed: int) -> tuple[Proteins, Proteins]:
        """All but a twentieth that ``seed`` draws, at least one, and that twentieth."""
        mixed = np.random.default_rng(seed).permutation(len(self.sequences))
        held = max(1, len(mixed) // HELD_OUT)
        return self.take(np.sort(mixed[held:])), self.take(np.sort(mixed[:held]))


def number_symbols(names: Names, symbols: Names) -> Indices:
    """Place of each of ``symbols`` among the different, sorted ``names``, int64; -1 where it is none of them."""
    places = {name: place for place, name in enumerate(names.tolist())}
    return np.array([places.get(name, -1) for name in symbols.tolist()], np.int64)


def known_proteins(names: Names, proteins: Proteins, kind: str) -> tuple[Proteins, Indices]:
    """Those of ``proteins`` whose symbol is one of ``names``, and its place among these.

    ``TrainingError``, which names the model ``kind``, where there is none: then nothing can be fitted to them.
    """
    places = number_symbols(names, proteins.symbols)
    known = np.flatnonzero(places >= 0)
    if not len(known):
        raise TrainingError(
            f"{kind}: no validation protein has a symbol that training has. Give several proteins of each symbol, of "
            "two species or more."
        )
    return proteins.take(known), places[known]


class Assigned(NamedTuple):
    """What a model says of proteins, all of shape (proteins,).

    Attributes
    ----------
    symbols : the most probable one; '' where there is none.
    probability : float64, that it is right; low where the true symbol is likely none of those the model has learnt.
    """

    symbols: Names
    probability: npt.NDArray[np.float64]

    def take(self, kept: npt.NDArray[np.bool_]) -> Assigned:
        """What is said of the proteins of a mask."""
        return Assigned(self.symbols[kept], self.probability[kept])


@dataclass(frozen=True)
class ProteinSet:
    """What a gene-symbol task is made of.

    Attributes
    ----------
    name, title, source : for results and leaderboards.
    ids : name of each protein, unique.
    sequences : uint8 codes of each.
    symbols, species, clades : str of shape (proteins,).
    folds : by split name; the first split is the headline.
    data_hash : 12 hex digits that change with anything of the above but the names of the set and the proteins.
    refused : by the name of a split that cannot be learnt or tested why that is so.
    notes : what a user should know of proteins that were left out or lack something, a sentence each.
    """

    name: str
    title: str
    source: str
    ids: Sequence[str]
    sequences: Sequence[Residues]
    symbols: Names
    species: Names
    clades: Names
    folds: dict[str, Fold]
    data_hash: str
    refused: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def take(self, indices: Indices) -> Proteins:
        """The proteins at ``indices`` with their symbols."""
        return Proteins(self.sequences, self.clades, self.symbols).take(indices)

    def fold(self, split: str) -> Fold:
        """The fold of ``split``; ``DatasetError`` where there is none, or it cannot be learnt or tested."""
        if split in self.refused:
            raise DatasetError(f"{self.name}, split {split}: {self.refused[split]}")
        if split not in self.folds:
            raise DatasetError(
                f"{self.name}: no split {split!r}. Its splits: {', '.join(self.folds)}."
            )
        return self.folds[split]

    def check(self) -> None:
        """``DatasetError`` where no split can be learnt and tested."""
        if not self.folds:
            why = "; ".join(f"{split}: {reason}" for split, reason in self.refused.items())
            raise DatasetError(f"{self.name}: no split can be learnt and tested. {why}")


def merge_capitals(symbols: Names) -> Names:
    """Symbols that differ by capitals alone, written in the most frequent way (of equals the first by alphabet)."""
    written, number, counts = np.unique(symbols, return_inverse=True, return_counts=True)
    best: dict[str, int] = {}
    for place, name in enumerate(written.tolist()):
        key = name.casefold()
        if key not in best or counts[place] > counts[best[key]]:
            best[key] = place
    chosen = np.array([best[name.casefold()] for name in written.tolist()], np.int64)
    merged: Names = written[chosen][number] if len(written) else written
    return merged


def hash_proteins(
    sequences: Sequence[Residues], names: Mapping[str, Names], folds: Mapping[str, Fold]
) -> str:
    """``data_hash`` of a set with these columns ``names``: 12 hex digits."""
    content = hashlib.sha256()
    for residues in sequences:
        content.update(len(residues).to_bytes(8, "little"))
        content.update(residues.tobytes())
    described = {
        "sequences": content.hexdigest(),
        **{name: _digest("\n".join(column.tolist()).encode()) for name, column in names.items()},
        "folds": {
            split: _digest(b"".join(part.tobytes() + b"|" for part in fold))
            for split, fold in folds.items()
        },
    }
    return hash_data(described)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
