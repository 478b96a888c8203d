"""Batches of whole sequences of about the same length."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from features.errors import TrainingError
from neural.sequences.examples import Labelled
from neural.sequences.tokens import PAD, Tokeniser

__all__ = ["SortedBatches", "by_length", "shuffle_batches"]

Indices = npt.NDArray[np.int64]
POOL = 50
"""Batches drawn together, of which sequences of about the same length then make one (fastai's sortish sampler)."""


class SortedBatches:
    """Labelled sequences, for each epoch in an order of its own.

    Parameters
    ----------
    labelled : sequences and classes.
    tokeniser : of the model.
    size : sequences of a batch, fewer where there are fewer; those that fill no batch sit an epoch out.
    seed : of the orders.

    Raises ``TrainingError`` where no sequence has a word.

    Attributes
    ----------
    steps : batches of an epoch.
    """

    def __init__(self, labelled: Labelled, tokeniser: Tokeniser, size: int, seed: int) -> None:
        self.sequences, self.numbers = labelled
        if not any((tokeniser.encode(codes) != PAD).any() for codes in self.sequences):
            raise TrainingError(
                f"None of {len(self.sequences)} sequences has {tokeniser.k} known bases, one word, to learn "
                "from. Give longer sequences, of DNA."
            )
        self.tokeniser = tokeniser
        self.size = min(size, len(self.sequences))
        self.steps = len(self.sequences) // self.size
        self.seed = seed
        self.lengths = np.array([len(codes) for codes in self.sequences], np.int64)
        self._epoch = -1
        self._batches: Indices = np.empty((0, 0), np.int64)

    def draw(self, step: int) -> tuple[Tensor, Tensor]:
        """Tokens (tokens, sequences), int32, and classes of batch ``step``, counted on through the epochs."""
        epoch, number = divmod(step, self.steps)
        if epoch != self._epoch:
            self._batches = shuffle_batches(self.lengths, self.size, (self.seed, epoch))
            self._epoch = epoch
        return self._batch(self._batches[number])

    def each(self) -> Iterator[tuple[Tensor, Tensor]]:
        """All sequences once, by length."""
        for chosen in by_length(self.lengths, self.size):
            yield self._batch(chosen)

    def _batch(self, chosen: Indices) -> tuple[Tensor, Tensor]:
        tokens = self.tokeniser.batch([self.sequences[i] for i in chosen.tolist()])
        return torch.from_numpy(tokens), torch.from_numpy(self.numbers[chosen])

    def digest(self) -> str:
        """Tells these sequences and classes from any others."""
        found = hashlib.sha256(f"{self.size} {self.seed}".encode())
        found.update(self.lengths.tobytes())
        found.update(self.numbers.tobytes())
        for codes in self.sequences:
            found.update(codes.tobytes())
        return found.hexdigest()[:16]


def shuffle_batches(lengths: Indices, size: int, seed: tuple[int, ...]) -> Indices:
    """Sequences of each batch of an epoch, shape (batches, size), about as long as each other in each batch."""
    rng = np.random.default_rng(seed)
    steps = len(lengths) // size
    drawn = rng.permutation(len(lengths))[: steps * size]
    for first in range(0, len(drawn), POOL * size):
        pool = drawn[first : first + POOL * size]
        pool[:] = pool[np.argsort(lengths[pool], kind="stable")]
    found: Indices = rng.permutation(drawn.reshape(steps, size))
    return found


def by_length(lengths: Indices, size: int) -> Iterator[Indices]:
    """Indices of sequences of about the same length, up to ``size`` at a time."""
    order = np.argsort(lengths, kind="stable")
    for first in range(0, len(order), size):
        yield order[first : first + size]
