"""``Postings``: which symbols hold a word, and with what weight; the symbols that weigh most for a protein."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from baselines.protein_symbols.kernels import (
    count_postings,
    fill_postings,
    rank_proteins,
    train_pass,
)
from features.accelerate import map_threads
from features.proteins.protein_set import Proteins
from features.proteins.words import Packed, Words, pack

__all__ = [
    "COLUMNS",
    "FEATURES",
    "Postings",
    "collect_postings",
    "describe_ranks",
    "rank_symbols",
    "train_passes",
]

COLUMNS = ("symbol", "first", "second", "whole", "words")
"""Of ``rank_symbols``: number of the symbol with the highest sum, -1 without one; that sum; the highest one of any
other symbol; what the words of the protein weigh together; how many different words it has."""
FEATURES = 6
"""Columns of ``describe_ranks``."""
LEAST = 1e-9
CHUNK = 256
"""Proteins of one piece of work."""

Floats = npt.NDArray[np.float64]


class Postings(NamedTuple):
    """An inverted index.

    Attributes
    ----------
    starts : int64 of shape (words + 1,); the postings of word w are those from starts[w] to starts[w + 1].
    symbols : int32 of shape (postings,), numbers of symbols, ascending within a word.
    weights : float32 of shape (postings,), what the word counts for the symbol; or empty, where that is 1.
    """

    starts: npt.NDArray[np.int64]
    symbols: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]

    @property
    def holders(self) -> npt.NDArray[np.int64]:
        """How many symbols hold each word, shape (words,)."""
        return np.diff(self.starts)

    def check(self, words: int, symbols: int) -> None:
        """``ValueError`` where these are no postings of so many words and symbols: kernels do not check bounds."""
        if self.starts.shape != (words + 1,):
            raise ValueError("of other words")
        if self.symbols.ndim != 1 or self.weights.shape not in ((0,), self.symbols.shape):
            raise ValueError("weights that do not fit the postings")
        limits = self.starts[0], self.starts[-1]
        if limits != (0, len(self.symbols)) or (self.holders < 0).any():
            raise ValueError("words that begin outside of the postings")
        if not ((self.symbols >= 0) & (self.symbols < symbols)).all():
            raise ValueError("symbols that have no name")


def collect_postings(
    proteins: Proteins, numbers: npt.NDArray[np.int64], words: Words
) -> tuple[Postings, npt.NDArray[np.int32]]:
    """Every word of every symbol once, whichever of its proteins hold it.

    Parameters
    ----------
    proteins : to learn from.
    numbers : of the symbol of each.

    Returns
    -------
    The postings, without weights, and in how many proteins of the symbol each of them is, int32 of shape (postings,).
    """
    order = np.argsort(numbers, kind="stable")
    flat, offsets = pack([proteins.sequences[i] for i in order.tolist()])
    owners = numbers[order].astype(np.int32)
    starts = np.zeros(words.size + 1, np.int64)
    last = np.full(words.size, -1, np.int32)
    shape = words.groups, words.letters, words.k, words.bits
    count_postings(flat, offsets, owners, *shape, last, starts)
    np.cumsum(starts, out=starts)
    symbols = np.empty(starts[-1], np.int32)
    proteins_with = np.zeros(starts[-1], np.int32)
    last[:] = -1
    filled, latest = starts[:-1].copy(), np.full(words.size, -1, np.int32)
    fill_postings(flat, offsets, owners, *shape, last, latest, filled, symbols, proteins_with)
    return Postings(starts, symbols, np.empty(0, np.float32)), proteins_with


def rank_symbols(
    proteins: Proteins,
    words: Words,
    postings: Postings,
    importance: npt.NDArray[np.float32],
    count: int,
    hidden: npt.NDArray[np.int64] | None = None,
    threads: int = 1,
) -> Floats:
    """Sum over the different words of each protein of importance times weight, by symbol; the best of it.

    Parameters
    ----------
    importance : float32 of shape (words,).
    count : of symbols.
    hidden : number of a symbol for each protein that is left out, -1 for none: as if it had never been learnt.

    Returns
    -------
    float64 of shape (proteins, ``COLUMNS``).
    """
    left_out = np.full(len(proteins.sequences), -1, np.int64) if hidden is None else hidden
    shape = words.groups, words.letters, words.k, words.bits

    def rank(first: int) -> Floats:
        packed: Packed = pack(proteins.sequences[first : first + CHUNK])
        found = np.empty((len(packed[1]) - 1, len(COLUMNS)))
        part = left_out[first : first + CHUNK]
        rank_proteins(*packed, *shape, *postings, importance, count, part, found)
        return found

    pieces = map_threads(rank, range(0, len(proteins.sequences), CHUNK), threads)
    return np.concatenate([np.empty((0, len(COLUMNS))), *pieces])


def describe_ranks(ranks: Floats) -> Floats:
    """What the calibration sees of ``ranks``, float64 of shape (proteins, ``FEATURES``).

    Share of the first sum in the whole and its log, log of the first sum, log and relative margin, log of the words.
    """
    _, first, second, whole, words = ranks.T
    share = first / np.maximum(whole, LEAST)
    return np.column_stack(
        [
            share,
            np.log(share + 1e-3),
            np.log1p(first),
            np.log1p(first - second),
            (first - second) / np.maximum(first, LEAST),
            np.log1p(words),
        ]
    )


def train_passes(
    proteins: Proteins,
    numbers: npt.NDArray[np.int64],
    words: Words,
    postings: Postings,
    importance: npt.NDArray[np.float32],
    count: int,
    order: npt.NDArray[np.int64],
    aggressiveness: float,
) -> int:
    """Change ``postings.weights`` by the passive-aggressive rule, protein after protein in ``order``.

    The rule is PA-I of several classes (Crammer et al. 2006): where the sum of the true symbol is not 1 ahead of the
    best other one, both get the words of the protein, scaled to a length of 1, by just as much as makes up for it or by
    ``aggressiveness``, whichever is less. A symbol has weights for its own words alone, so that the model stays sparse.

    Returns how often something was changed.
    """
    packed = pack(proteins.sequences)
    shape = words.groups, words.letters, words.k, words.bits
    return int(
        train_pass(*packed, numbers, *shape, *postings, importance, count, order, aggressiveness)
    )
