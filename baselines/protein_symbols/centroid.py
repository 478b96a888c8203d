"""Nearest centroid: the cosine between the words of a protein and the mean of those of a symbol's proteins."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from baselines.protein_symbols.base import WordModel
from baselines.protein_symbols.containment import rarity
from baselines.protein_symbols.postings import Postings, collect_postings
from features.proteins.protein_set import Proteins

__all__ = ["WordCentroid"]


class WordCentroid(WordModel):
    """Words weighed by their rarity (tf-idf, a word counting once in a protein), means scaled to a length of 1."""

    kind: ClassVar[str] = "word-centroid"

    def __init__(self, seed: int = 0, threads: int = 2, k: int = 4, alphabet: str = "full") -> None:
        super().__init__(seed, threads, k, alphabet, bits=0)

    def _learn(
        self, training: Proteins, numbers: npt.NDArray[np.int64]
    ) -> tuple[Postings, npt.NDArray[np.float32]]:
        postings, proteins_with = collect_postings(training, numbers, self.words)
        importance = rarity(postings, len(self.symbols_))
        members = np.bincount(numbers, minlength=len(self.symbols_))
        weights = np.repeat(importance, postings.holders) * (
            proteins_with / members[postings.symbols]
        )
        squares = np.bincount(postings.symbols, weights**2, minlength=len(self.symbols_))
        weights /= np.sqrt(np.maximum(squares, 1e-12))[postings.symbols]
        return postings._replace(weights=weights.astype(np.float32)), importance

    def _options(self) -> dict[str, int | str]:
        return {"k": self.words.k, "alphabet": self.words.alphabet}
