"""``SequenceSet``: labelled sequences of one task, and the ways they are split into training, validation and test."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.datasets.dataset import hash_data
from features.errors import DatasetError
from features.genome import Codes

__all__ = ["Fold", "Indices", "Labels", "SequenceSet", "hash_sequence_set", "hash_sequences"]

Indices = npt.NDArray[np.int64]
Labels = npt.NDArray[np.str_]


class Fold(NamedTuple):
    """Indices of the sequences of each role, int64, ascending; a sequence that is in no role is left out."""

    train: Indices
    validation: Indices
    test: Indices


@dataclass(frozen=True)
class SequenceSet:
    """What a sequence-classification task is made of.

    Attributes
    ----------
    name, title, source : for results and leaderboards.
    ids : name of each sequence, unique.
    sequences : uint8 codes of each, 5'->3'.
    labels : class of each, str of shape (sequences,).
    groups : int64 of shape (sequences,); sequences of one number belong together (a gene, a locus, a cluster of shared
        words): they are drawn together in a bootstrap and kept together by a clean split.
    folds : by split name one fold, or several whose test parts do not overlap. The first split is the headline;
        "clean" does not leak, "published" follows the published rule and may.
    positive : the positive class of a set with two classes, '' with more.
    ranks : taxonomy only: by rank (class, order, family, genus) the taxon of that rank of each label.
    subsets : indices of sequences that are reported apart, by name.
    word : bases of a shared word that makes a group of two sequences, on either strand; 0 where none was asked for.
    explained : by split and subset, a sentence on what it keeps apart or is of.
    notes : what a user should know of a set of their own, a sentence each; on every page.
    data_hash : 12 hex digits that change with the sequences, the labels, the groups, the subsets or the splits.
    """

    name: str
    title: str
    source: str
    ids: Sequence[str]
    sequences: Sequence[Codes]
    labels: npt.NDArray[np.str_]
    groups: npt.NDArray[np.int64]
    folds: dict[str, tuple[Fold, ...]]
    positive: str
    ranks: Mapping[str, Mapping[str, str]]
    subsets: Mapping[str, Indices]
    data_hash: str
    word: int = 0
    explained: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def take(self, indices: Indices) -> tuple[list[Codes], npt.NDArray[np.str_]]:
        """Sequences and labels at ``indices``."""
        return [self.sequences[i] for i in indices.tolist()], self.labels[indices]

    def check(self) -> None:
        """``DatasetError`` where a fold cannot be learnt or measured.

        Roles must not overlap, training must hold every class of validation and test, test two classes or more.
        """
        for split, folds in self.folds.items():
            for number, fold in enumerate(folds, 1):
                where = f"{self.name}, split {split}, fold {number} of {len(folds)}"
                if len(np.unique(np.concatenate(fold))) != sum(map(len, fold)):
                    raise DatasetError(f"{where}: a sequence has two roles. Give it one.")
                trained, tuned, tested = (set(self.labels[part].tolist()) for part in fold)
                remedy = (
                    "Where the data say who is test, say so of others; else give more sequences of every class, fewer "
                    "folds, or a longer word to tell by that two are alike."
                )
                if len(tested) < 2:
                    raise DatasetError(
                        f"{where}: the {len(fold.test)} test sequences are of {_some(tested)}; two are needed. {remedy}"
                    )
                if unlearnt := (tested | tuned) - trained:
                    raise DatasetError(
                        f"{where}: {_some(unlearnt)} in test or validation, but not among the {len(fold.train)} "
                        f"sequences left for training. {remedy}"
                    )


def hash_sequences(sequences: Sequence[Codes]) -> str:
    """12 hex digits that tell these sequences from others, whatever their order, labels and splits."""
    digests = sorted(hashlib.sha256(codes.tobytes()).digest() for codes in sequences)
    return hashlib.sha256(b"".join(digests)).hexdigest()[:12]


def hash_sequence_set(
    sequences: Sequence[Codes],
    labels: npt.NDArray[np.str_],
    groups: npt.NDArray[np.int64],
    folds: Mapping[str, Sequence[Fold]],
    subsets: Mapping[str, Indices],
) -> str:
    """``data_hash`` of a set: 12 hex digits."""
    content = hashlib.sha256()
    for codes in sequences:
        content.update(len(codes).to_bytes(8, "little"))
        content.update(codes.tobytes())
    return hash_data(
        {
            "sequences": content.hexdigest(),
            "labels": _digest("\n".join(labels.tolist()).encode()),
            "groups": _digest(groups.tobytes()),
            "splits": {
                split: [[_digest(part.tobytes()) for part in fold] for fold in of_split]
                for split, of_split in folds.items()
            },
            "subsets": {name: _digest(part.tobytes()) for name, part in subsets.items()},
        }
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _some(names: set[str]) -> str:
    if not names:
        return "no class"
    kept = sorted(names)[:5]
    more = f" and {len(names) - len(kept)} more" if len(names) > len(kept) else ""
    return f"{'class' if len(names) == 1 else 'classes'} {', '.join(kept)}{more}"
