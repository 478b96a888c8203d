"""Sequence sets: labelled sequences of one task and their leak-free splits, by name or from anybody's files."""

from features.sequence_sets.loader import load_sequence_set, sequence_set_from_files
from features.sequence_sets.manifest import sequence_set_names
from features.sequence_sets.sequence_set import Fold, SequenceSet

__all__ = [
    "Fold",
    "SequenceSet",
    "load_sequence_set",
    "sequence_set_from_files",
    "sequence_set_names",
]
