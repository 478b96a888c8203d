"""Nearest neighbour by containment: the symbol whose proteins hold most of a protein's words, rare words for more."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from baselines.protein_symbols.base import WordModel
from baselines.protein_symbols.postings import Postings, collect_postings
from features.proteins.protein_set import Proteins

__all__ = ["WordContainment", "rarity"]


class WordContainment(WordModel):
    """An inverted index of the words of all proteins of a symbol, as one set; the sum of the words that are in it.

    A word counts by its rarity, the log of how many times more symbols there are than hold it. Letters other than the
    20 amino acids, as the X of gaps, are in no word.
    """

    kind: ClassVar[str] = "word-containment"

    def __init__(self, seed: int = 0, threads: int = 2, k: int = 5, alphabet: str = "full") -> None:
        super().__init__(seed, threads, k, alphabet, bits=0)

    def _learn(
        self, training: Proteins, numbers: npt.NDArray[np.int64]
    ) -> tuple[Postings, npt.NDArray[np.float32]]:
        postings, _ = collect_postings(training, numbers, self.words)
        return postings, rarity(postings, len(self.symbols_))

    def _options(self) -> dict[str, int | str]:
        return {"k": self.words.k, "alphabet": self.words.alphabet}


def rarity(postings: Postings, symbols: int) -> npt.NDArray[np.float32]:
    """Natural log of ``symbols`` over those that hold a word (at least one), shape (words,)."""
    found: npt.NDArray[np.float32] = np.log((symbols + 1) / np.maximum(postings.holders, 1)).astype(
        np.float32
    )
    return found
