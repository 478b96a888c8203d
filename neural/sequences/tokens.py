"""k-mer tokens of DNA: every ``stride`` bases one word of ``k`` bases, as a language model reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.errors import ModelError
from features.genome import Codes
from features.kmers import kmer_tokens

__all__ = ["PAD", "PUBLISHED", "Tokeniser"]

PAD = 0
"""Token of what is no word: padding, and words with an unknown base."""
PUBLISHED = ((4, 2), (5, 2), (8, 3), (5, 1), (3, 1), (1, 1))
"""Pairs of k and stride that Genomic-ULMFiT was published with."""
LONGEST = 8
"""Bases of a word."""
LONGEST_READ = 8_192
"""Tokens of a sequence that are read."""


@dataclass(frozen=True, slots=True)
class Tokeniser:
    """Words of ``k`` bases, ``stride`` bases apart; token 1 + i is the k-mer of base-4 index i.

    The vocabulary is every k-mer, so that two models of the same k share it. Raises ``ModelError`` for a k that is not
    1 to 8, or a stride that is not 1 to k (bases in between would go unread).
    """

    k: int = 5
    stride: int = 2

    def __post_init__(self) -> None:
        if not (
            isinstance(self.k, int)
            and isinstance(self.stride, int)
            and 1 <= self.stride <= self.k <= LONGEST
        ):
            raise ModelError(
                f"no tokens of {self.k!r} bases every {self.stride!r}: k must be 1 to {LONGEST}, the stride 1 to k."
            )

    @property
    def size(self) -> int:
        """Tokens of the vocabulary, ``PAD`` included."""
        return 1 + int(4**self.k)

    def count(self, bases: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Tokens of sequences of so many bases."""
        return np.maximum(0, (bases - self.k) // self.stride + 1)

    def encode(self, codes: Codes) -> npt.NDArray[np.int32]:
        """Tokens of a sequence; one that is shorter than k has none. An incomplete last word is dropped."""
        return kmer_tokens(codes, self.k, self.stride) + 1

    def batch(self, sequences: Sequence[Codes]) -> npt.NDArray[np.int32]:
        """Tokens of several sequences, shape (longest of them, sequences), padded behind.

        Of a sequence of more than ``LONGEST_READ`` tokens so many are read, from its beginning: a batch is as long as
        its longest sequence, and must fit into memory.
        It was published with padding in front, which a network reads before the sequence; behind, it changes nothing.
        """
        encoded = [self.encode(codes)[:LONGEST_READ] for codes in sequences]
        height = max(1, max(map(len, encoded), default=1))
        found = np.full((height, len(encoded)), PAD, np.int32)
        for column, tokens in enumerate(encoded):
            found[: len(tokens), column] = tokens
        return found

    def words(self) -> list[str]:
        """What each token stands for; nothing for ``PAD``."""
        words = [""]
        for _ in range(self.k):
            words = [word + letter for word in words for letter in "ACGT"]
        return ["", *words]
