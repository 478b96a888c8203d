"""``Reader``: a corpus as parallel streams of tokens, some tokens of each at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from features.errors import TrainingError
from features.genome import Codes
from neural.language_model.corpus import Documents, Indices
from neural.sequences.tokens import Tokeniser

__all__ = ["SPAN", "UNPREDICTED", "Page", "Reader"]

SPAN = 70
"""Tokens of a stream that are read at a time, and that a gradient flows back through (published ``bptt``)."""
UNPREDICTED = -100
"""Target that does not count: the first word of a document, which nothing before it tells."""


class Page(NamedTuple):
    """What is read at a time.

    Attributes
    ----------
    tokens : int64 (tokens, streams).
    targets : int64 (tokens, streams), the next token less one, or ``UNPREDICTED``.
    """

    tokens: Tensor
    targets: Tensor

    @property
    def predicted(self) -> int:
        """Targets that count."""
        return int((self.targets != UNPREDICTED).sum())


class Reader:
    """Documents end to end, in an order of its own for each epoch, cut into streams of equal length.

    Parameters
    ----------
    codes, documents : of a corpus.
    tokeniser : of the model.
    streams : read in parallel, fewer where each would be shorter than ``SPAN``.
    seed : of the orders.

    Raises ``TrainingError`` where no document has two tokens.

    Attributes
    ----------
    pages : of an epoch; the last one may be shorter than the others.
    """

    def __init__(
        self, codes: Codes, documents: Documents, tokeniser: Tokeniser, streams: int, seed: int
    ) -> None:
        counts = tokeniser.count(documents.lengths)
        self.codes, self.tokeniser, self.seed = codes, tokeniser, seed
        self.documents = documents.take(np.flatnonzero(counts > 1))
        self.counts = counts[counts > 1]
        total = int(self.counts.sum())
        if not total:
            raise TrainingError(
                f"no stretch of {tokeniser.k + tokeniser.stride} known bases, two tokens, either to learn from or to "
                "hold out. Give more or longer sequences."
            )
        self.streams = max(1, min(streams, total // (SPAN + 1)))
        self.length = total // self.streams
        self.pages = -(-(self.length - 1) // SPAN)
        self._epoch = -1
        self._order: Indices = np.empty(0, np.int64)
        self._ends: Indices = np.empty(0, np.int64)

    def read(self, epoch: int, number: int) -> Page:
        """Page ``number`` of an epoch; it goes on where the one before ended."""
        if epoch != self._epoch:
            self._order = np.random.default_rng((self.seed, epoch)).permutation(len(self.counts))
            self._ends = np.cumsum(self.counts[self._order])
            self._epoch = epoch
        first = number * SPAN
        within = np.arange(first, min(first + SPAN + 1, self.length))
        place = within[:, None] + self.length * np.arange(self.streams)  # (tokens + 1, streams)
        at = np.searchsorted(self._ends, place, "right")
        document = self._order[at]
        number_within = place - self._ends[at] + self.counts[document]
        tokens = self._tokens(document, number_within)
        targets = np.where(number_within[1:] > 0, tokens[1:] - 1, UNPREDICTED)
        return Page(torch.from_numpy(tokens[:-1]), torch.from_numpy(targets))

    def _tokens(self, document: Indices, number: Indices) -> Indices:
        """Token ``number`` of each ``document``."""
        starts, lengths, reverse = (each[document] for each in self.documents)
        first = number * self.tokeniser.stride
        index = np.zeros(document.shape, np.int64)
        for base in range(self.tokeniser.k):
            offset = first + base
            code = self.codes[starts + np.where(reverse, lengths - 1 - offset, offset)]
            index = 4 * index + np.where(reverse, 3 - code, code)
        return index + 1
