"""Batches of proteins for networks: words in pieces or letters, clades one-hot, and what is varied in training."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from features.proteins.alphabet import PADDING, STANDARD, UNKNOWN, Residues
from features.proteins.clades import CLADES
from features.proteins.protein_set import Proteins
from neural.sequences.batches import shuffle_batches
from neural.symbol_transformer.network import NO_WORD, WordSize

__all__ = ["Encoder", "LetterEncoder", "ProteinBatches", "WordEncoder", "one_hot_clades", "vary"]

SHORTEST = 0.5
"""Share of a protein that a crop keeps at least."""
CROPPED = 0.3
"""Share of the training proteins that are cropped."""
MASKED = 0.15
"""Share of the amino acids that become unknown, at most."""
GAP = 6
"""Amino acids that become unknown in a row, as at the exon junctions of lifted proteins."""
CLADE_DROPPED = 0.3
"""Share of the training proteins that are shown without their clade."""

Indices = npt.NDArray[np.int64]


class Encoder(Protocol):
    """How a network reads a protein."""

    def batch(self, sequences: Sequence[Residues]) -> Tensor:
        """What stands for the sequences, the first axis theirs."""

    def legible(self, read: Tensor) -> Tensor:
        """Whether there is anything in each of what ``batch`` made, bool of shape (proteins,)."""


class WordEncoder:
    """Words in pieces, as ``WordNetwork`` takes them: int32 of shape (proteins, pieces, stride)."""

    def __init__(self, size: WordSize) -> None:
        self.size = size
        self.words = size.words

    def batch(self, sequences: Sequence[Residues]) -> Tensor:
        stride, most = self.size.stride, self.size.longest
        longest = max((len(residues) for residues in sequences), default=1)
        pieces = max(1, min(most, -(-longest // stride)))
        found = np.zeros((len(sequences), pieces * stride), np.int32)
        for row, residues in zip(found, sequences, strict=True):
            # Words in a row stand in a row; that unknown letters between them close up is of no account.
            words = self.words.of(residues[: pieces * stride])
            row[: len(words)] = words + 1
        return torch.from_numpy(found.reshape(len(sequences), pieces, stride))

    def legible(self, read: Tensor) -> Tensor:
        """Whether a protein has a word."""
        return (read != NO_WORD).any(2).any(1)


class LetterEncoder:
    """Codes of the letters, padded or cut from the right to one length: int64 of shape (proteins, length)."""

    def __init__(self, length: int) -> None:
        self.length = length

    def batch(self, sequences: Sequence[Residues]) -> Tensor:
        found = np.full((len(sequences), self.length), PADDING, np.int64)
        for row, residues in zip(found, sequences, strict=True):
            row[: len(residues)] = residues[: self.length]
        return torch.from_numpy(found)

    def legible(self, read: Tensor) -> Tensor:
        """Whether a protein has one of the 20 amino acids."""
        return (read < STANDARD).any(1)


def one_hot_clades(clades: npt.NDArray[np.str_]) -> Tensor:
    """float32 of shape (proteins, 18); all 0 where the clade is not known."""
    places = {name: place for place, name in enumerate(CLADES)}
    found = np.zeros((len(clades), len(CLADES)), np.float32)
    for row, name in zip(found, clades.tolist(), strict=True):
        if name in places:
            row[places[name]] = 1
    return torch.from_numpy(found)


def vary(residues: Residues, rng: np.random.Generator) -> Residues:
    """A protein as it might be of another species or annotation: cropped, and with unknown stretches."""
    if rng.random() < CROPPED:
        length = max(1, round(len(residues) * rng.uniform(SHORTEST, 1)))
        first = int(rng.integers(0, len(residues) - length + 1))
        residues = residues[first : first + length]
    varied = residues.copy()
    share = rng.uniform(0, MASKED)
    starts = rng.random(len(varied)) < share / 2
    varied[starts] = UNKNOWN
    gaps = rng.random(len(varied)) < share / 2 / GAP
    for place in np.flatnonzero(gaps).tolist():
        varied[place : place + GAP] = UNKNOWN
    return varied


class ProteinBatches:
    """Labelled proteins, for each epoch in an order of its own.

    Parameters
    ----------
    proteins : to draw from.
    numbers : of the symbol of each.
    encoder : of the network.
    size : proteins of a batch, fewer where there are fewer; those that fill none sit an epoch out.
    seed : of the orders and of what is varied.
    varied : whether proteins are varied and clades dropped.

    Attributes
    ----------
    steps : batches of an epoch.
    """

    def __init__(
        self,
        proteins: Proteins,
        numbers: Indices,
        encoder: Encoder,
        size: int,
        seed: int,
        varied: bool,
    ) -> None:
        self.proteins = proteins
        self.numbers = numbers
        self.encoder = encoder
        self.size = min(size, len(numbers))
        self.steps = len(numbers) // self.size
        self.seed = seed
        self.varied = varied
        self.lengths = np.array([len(residues) for residues in proteins.sequences], np.int64)
        self.clades = one_hot_clades(proteins.clades)
        self._epoch = -1
        self._batches: Indices = np.empty((0, 0), np.int64)

    def draw(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Input, clades and symbol numbers of batch ``step``, counted on through the epochs."""
        epoch, number = divmod(step, self.steps)
        if epoch != self._epoch:
            self._batches = shuffle_batches(self.lengths, self.size, (self.seed, epoch))
            self._epoch = epoch
        chosen = self._batches[number]
        sequences = [self.proteins.sequences[i] for i in chosen.tolist()]
        clades = self.clades[chosen]
        if self.varied:
            rng = np.random.default_rng((self.seed, 1, step))
            sequences = [vary(residues, rng) for residues in sequences]
            kept = rng.random(len(chosen)) >= CLADE_DROPPED
            clades = clades * torch.from_numpy(kept.astype(np.float32))[:, None]
        return self.encoder.batch(sequences), clades, torch.from_numpy(self.numbers[chosen])

    def digest(self) -> str:
        """Tells these proteins and symbols from any others."""
        found = hashlib.sha256(f"{self.size} {self.seed} {self.varied}".encode())
        for array in (self.lengths, self.numbers, self.clades.numpy()):
            found.update(array.tobytes())
        for residues in self.proteins.sequences:
            found.update(residues.tobytes())
        return found.hexdigest()[:16]
