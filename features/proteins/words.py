"""``Words``: the k-mers of proteins in the full or a reduced alphabet, numbered, or hashed into a power of two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.accelerate import kernel
from features.errors import ModelError
from features.proteins.alphabet import LETTERS, PADDING, STANDARD, Residues

__all__ = ["ALPHABETS", "NO_LETTER", "Packed", "Words", "fill_words", "pack"]

ALPHABETS = {
    "full": "A C D E F G H I K L M N P Q R S T V W Y",
    "murphy15": "LVIM C A G S T P FY W E D N Q KR H",
    "murphy12": "LVIM C A G ST P FY W ED N Q KR H",
    "murphy10": "LVIM C A G ST P FYW EDNQ KR H",
}
"""Groups of alike amino acids, parted by blanks; the reduced ones after Murphy, Wallqvist and Levy (2000)."""
NO_LETTER = 255
"""Group of a letter that no word holds."""
LARGEST = 30_000_000
"""Words of a vocabulary that is not hashed."""
MULTIPLIER = 0x9E3779B97F4A7C15
"""Odd, and near 2**64 over the golden ratio: multiplicative hashing (Knuth)."""

Packed = tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]
"""Residues of all sequences in a row, and where each begins, with the end of the last one."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words of ``k`` residues in a row, of which each is one of the 20 amino acids.

    Parameters
    ----------
    k : residues of a word, 1 to 8.
    alphabet : name of one of ``ALPHABETS``.
    bits : words are hashed into 2**bits buckets; 0 numbers them all.

    Raises ``ModelError`` for what cannot be, or more than 30 million words that are not hashed.
    """

    k: int
    alphabet: str = "full"
    bits: int = 0

    def __post_init__(self) -> None:
        if self.alphabet not in ALPHABETS:
            raise ModelError(
                f"no alphabet {self.alphabet!r} of proteins. Known: {', '.join(ALPHABETS)}."
            )
        if not (isinstance(self.k, int) and 1 <= self.k <= 8):
            raise ModelError(f"k must be 1 to 8 residues, not {self.k!r}.")
        if not (isinstance(self.bits, int) and 0 <= self.bits <= 24):
            raise ModelError(f"bits must be 0 to 24, not {self.bits!r}.")
        if not self.bits and self.size > LARGEST:
            raise ModelError(
                f"{self.size:,} words of {self.k} residues are too many to number. Give a smaller k, or bits."
            )

    @property
    def letters(self) -> int:
        """Letters of the alphabet."""
        return len(ALPHABETS[self.alphabet].split())

    @property
    def size(self) -> int:
        """Numbers that words have."""
        return 1 << self.bits if self.bits else int(self.letters**self.k)

    @property
    def groups(self) -> npt.NDArray[np.uint8]:
        """Group of each code, shape (28,); ``NO_LETTER`` for one that no word holds."""
        found = np.full(PADDING + 1, NO_LETTER, np.uint8)
        for number, group in enumerate(ALPHABETS[self.alphabet].split()):
            for letter in group:
                found[LETTERS.index(letter)] = number
        assert (found[:STANDARD] != NO_LETTER).all()
        return found

    def of(self, residues: Residues) -> npt.NDArray[np.int64]:
        """Numbers of the words of a protein, in its order."""
        found = np.empty(max(1, len(residues)), np.int64)
        count = fill_words(residues, self.groups, self.letters, self.k, self.bits, found)
        return found[:count]


def pack(sequences: Sequence[Residues]) -> Packed:
    """The sequences in a row, for kernels."""
    offsets = np.zeros(len(sequences) + 1, np.int64)
    np.cumsum([len(residues) for residues in sequences], out=offsets[1:])
    return np.concatenate([np.empty(0, np.uint8), *sequences]), offsets


@kernel
def fill_words(residues, groups, letters, k, bits, found):  # type: ignore[no-untyped-def]
    """Write the numbers of all words of ``residues`` into ``found`` (at least as long); returns how many there are."""
    top = letters ** (k - 1)
    word = 0
    run = 0
    count = 0
    for code in residues:
        group = groups[code]
        if group == NO_LETTER:
            run = 0
            word = 0
            continue
        word = (word % top) * letters + group
        run += 1
        if run >= k:
            if bits:
                mixed = np.uint64(word) * np.uint64(MULTIPLIER)
                found[count] = np.int64(mixed >> np.uint64(64 - bits))
            else:
                found[count] = word
            count += 1
    return count
