"""A linear model of thousands of classes: hashed words of a reduced alphabet, passive-aggressive weights."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from baselines.protein_symbols.base import WordModel
from baselines.protein_symbols.containment import rarity
from baselines.protein_symbols.postings import Postings, collect_postings, train_passes
from features.errors import ModelError
from features.proteins.protein_set import Proteins

__all__ = ["WordLinear"]

AGGRESSIVENESS = 0.5
"""C of PA-I."""


class WordLinear(WordModel):
    """A linear machine of several classes that is trained online, a weight for each word of each symbol.

    One against the rest, as scikit-learn does it, would solve 7,000 problems over 70,000 proteins and hold a dense
    matrix of symbols by words, gigabytes; here only the weights of words that a symbol's own proteins hold are there,
    and a pass over all proteins takes seconds.

    Parameters
    ----------
    seed, threads, k, alphabet, bits : as of ``WordModel``.
    passes : over the training proteins, each in an order of its own.

    Raises ``ModelError`` for no passes.
    """

    kind: ClassVar[str] = "word-linear"

    def __init__(
        self,
        seed: int = 0,
        threads: int = 2,
        k: int = 6,
        alphabet: str = "murphy12",
        bits: int = 20,
        passes: int = 3,
    ) -> None:
        if not (isinstance(passes, int) and passes >= 1):
            raise ModelError(f"{self.kind}: passes must be 1 or more, not {passes!r}.")
        super().__init__(seed, threads, k, alphabet, bits)
        self.passes = passes

    def _learn(
        self, training: Proteins, numbers: npt.NDArray[np.int64]
    ) -> tuple[Postings, npt.NDArray[np.float32]]:
        postings, _ = collect_postings(training, numbers, self.words)
        postings = postings._replace(weights=np.zeros(len(postings.symbols), np.float32))
        importance = rarity(postings, len(self.symbols_))
        generator = np.random.default_rng(self.seed)
        for _ in range(self.passes):
            order = generator.permutation(len(numbers))
            changed = train_passes(
                training,
                numbers,
                self.words,
                postings,
                importance,
                len(self.symbols_),
                order,
                AGGRESSIVENESS,
            )
            if not changed:
                break
        return postings, importance

    def _options(self) -> dict[str, Any]:
        return {**super()._options(), "passes": self.passes}
