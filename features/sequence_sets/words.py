"""Words shared between sequences: hashes of every word of any length, the same on both strands, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from features.accelerate import kernel
from features.genome import Codes

__all__ = ["link_words", "sorted_words"]

WORDS_AT_ONCE = 4_000_000
"""About so many words are sorted at a time; 100 bytes each."""
BASE = 0x9E3779B97F4A7C15
"""Odd, so that it has an inverse modulo 2**64."""
LETTERS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F)
"""Random numbers for A, C, G and T."""


def sorted_words(
    sequences: Sequence[Codes], word: int
) -> Iterator[tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]]:
    """Yield the words of all sequences in parts: (hashes, ascending; number of the sequence of each).

    A word and its reverse complement have one hash, a polynomial modulo 2**64; unlike words share one once in 4,000
    sets of 10**8 words or so. All occurrences of a word are in one part. Words with an unknown base are left out.

    Parameters
    ----------
    sequences : uint8 codes.
    word : bases of a word, 1 or more.
    """
    if word < 1:
        raise ValueError(f"a word has at least 1 base, not {word}")
    lengths = np.array([len(codes) for codes in sequences], np.int64)
    total = int(np.maximum(lengths - word + 1, 0).sum())
    if not total:
        return
    # Code 4 after each sequence keeps words from reaching into the next.
    codes = np.full(int((lengths + 1).sum()), 4, np.uint8)
    end = 0
    for sequence in sequences:
        codes[end : end + len(sequence)] = sequence
        end += len(sequence) + 1
    owners = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths + 1)
    parts = -(-total // WORDS_AT_ONCE)
    constants = _constants(word)
    for part in range(parts):
        count = _hash_words(codes, owners, word, constants, part, parts, _NO_HASHES, _NO_OWNERS)
        hashes, found = np.empty(count, np.uint64), np.empty(count, np.int32)
        _hash_words(codes, owners, word, constants, part, parts, hashes, found)
        order = np.argsort(hashes)
        yield hashes[order], found[order]


def link_words(
    hashes: npt.NDArray[np.uint64], owners: npt.NDArray[np.int32], parents: npt.NDArray[np.int64]
) -> None:
    """Join, in the forest ``parents`` of shape (sequences,), the trees of sequences that share a word.

    A root is its own parent, and the lowest number of its tree.
    """
    _link(hashes, owners, parents)


_NO_HASHES = np.empty(0, np.uint64)
_NO_OWNERS = np.empty(0, np.int32)


def _constants(word: int) -> npt.NDArray[np.uint64]:
    """Base, its inverse, its power for the first base of a word, and the numbers of the letters; shape (7,)."""
    whole = 2**64
    return np.array(
        [BASE, pow(BASE, -1, whole), pow(BASE, word - 1, whole), *LETTERS], dtype=np.uint64
    )


@kernel
def _hash_words(codes, owners, word, constants, part, parts, hashes, found):  # type: ignore[no-untyped-def]
    # Count this part's words; where ``hashes`` has room for them, write them with their owners.
    base, inverse, top = constants[0], constants[1], constants[2]
    letters = constants[3:]
    forward, backward, power = np.uint64(0), np.uint64(0), np.uint64(1)
    run = 0
    count = 0
    for p in range(len(codes)):
        code = codes[p]
        if code > 3:
            forward, backward, power = np.uint64(0), np.uint64(0), np.uint64(1)
            run = 0
            continue
        if run == word:
            old = codes[p - word]
            forward = (forward - letters[old] * top) * base + letters[code]
            backward = (backward - letters[3 - old]) * inverse + letters[3 - code] * top
        else:
            forward = forward * base + letters[code]
            backward += letters[3 - code] * power
            power *= base
            run += 1
            if run < word:
                continue
        either = min(forward, backward)
        if ((either * base) >> np.uint64(33)) % np.uint64(parts) != np.uint64(part):
            continue
        if count < len(hashes):
            hashes[count] = either
            found[count] = owners[p]
        count += 1
    return count


@kernel
def _link(hashes, owners, parents):  # type: ignore[no-untyped-def]
    for at in range(1, len(hashes)):
        if hashes[at] != hashes[at - 1]:
            continue
        one, other = owners[at - 1], owners[at]
        while parents[one] != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        while parents[other] != other:
            parents[other] = parents[parents[other]]
            other = parents[other]
        if one < other:
            parents[other] = one
        else:
            parents[one] = other
