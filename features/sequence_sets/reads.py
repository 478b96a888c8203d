"""Simulated sequencing reads of genes: pieces of either strand, of varied length, with errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.genome import Codes, reverse_complement

__all__ = ["ReadModel", "simulate_reads"]


@dataclass(frozen=True, slots=True)
class ReadModel:
    """How reads are drawn; errors are independent of place and neighbours.

    Attributes
    ----------
    per_sequence : reads of each sequence.
    length : mean bases of a read before errors; 0 for whole sequences. Lengths are normal, rounded, with the standard
        deviation ``deviation``, at least ``shortest`` and at most the sequence; starts are uniform.
    substitution, insertion, deletion : chance of each at a base; substituted and inserted bases are uniform.
    both_strands : whether half of the reads are of the other strand.
    seed : the same seed and sequences give the same reads.
    """

    per_sequence: int
    length: int = 0
    deviation: float = 0.0
    shortest: int = 1
    substitution: float = 0.0
    insertion: float = 0.0
    deletion: float = 0.0
    both_strands: bool = False
    seed: int = 0


def simulate_reads(
    sequences: Sequence[Codes], model: ReadModel
) -> tuple[list[Codes], npt.NDArray[np.int64]]:
    """(uint8 codes of the reads, int64 number of the sequence each is of), in the order of the sequences."""
    generator = np.random.default_rng(model.seed)
    reads = [
        _read(codes, model, generator) for codes in sequences for _ in range(model.per_sequence)
    ]
    return reads, np.repeat(np.arange(len(sequences)), model.per_sequence)


def _read(codes: Codes, model: ReadModel, generator: np.random.Generator) -> Codes:
    length = len(codes)
    if model.length:
        drawn = max(model.shortest, round(generator.normal(model.length, model.deviation)))
        length = min(length, drawn)
    start = int(generator.integers(len(codes) - length + 1))
    piece = codes[start : start + length]
    if model.both_strands and generator.random() < 0.5:
        piece = reverse_complement(piece)
    return _with_errors(piece, model, generator)


def _with_errors(piece: Codes, model: ReadModel, generator: np.random.Generator) -> Codes:
    chance = generator.random(len(piece))
    substituted = chance < model.substitution
    deleted = ~substituted & (chance < model.substitution + model.deletion)
    read = piece.copy()
    known = substituted & (piece < 4)
    read[known] = (piece[known] + generator.integers(1, 4, int(known.sum()))) % 4
    inserted = np.flatnonzero(generator.random(len(piece)) < model.insertion)
    bases = generator.integers(0, 4, len(inserted)).astype(np.uint8)
    kept = np.insert(~deleted, inserted, True)
    longer: Codes = np.insert(read, inserted, bases)[kept]
    return longer if len(longer) else piece
