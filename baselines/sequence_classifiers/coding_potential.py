"""``CodingPotential``: what tells a messenger RNA from another transcript, after CPAT (Wang et al. 2013)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.genome import Codes
from features.kmers import kmer_indices, spectrum
from features.open_frames import longest_frame

__all__ = ["CodingPotential"]

HEXAMER = 6
SMOOTHING = 1.0
KS = (1, 2, 3, 4)
"""Of the k-mers of the whole transcript."""
CODONS = 64

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CodingPotential:
    """Columns of a transcript: lengths, longest open frame, hexamer log odds of each class, codons, k-mers.

    A longest open frame runs from an ATG to the first stop codon in its frame, of the sense strand, or off the end of
    the transcript (CPAT asks for the stop codon).

    Attributes
    ----------
    hexamers : float32 of shape (classes, 4096): natural log of how much more frequent a hexamer is in the longest
        frames of a class, read codon by codon, than in those of all classes.
    """

    hexamers: Floats

    @classmethod
    def learn(cls, sequences: Sequence[Codes], numbers: npt.NDArray[np.int64]) -> CodingPotential:
        """Count the hexamers of the longest frames of ``sequences``, of the classes ``numbers``."""
        counts = np.full((int(numbers.max()) + 1, 4**HEXAMER), SMOOTHING)
        for codes, number in zip(sequences, numbers.tolist(), strict=True):
            words = _in_frame(codes[slice(*longest_frame(codes))], HEXAMER)
            counts[number] += np.bincount(words, minlength=4**HEXAMER)
        shares = counts / counts.sum(axis=1, keepdims=True)
        return cls(np.log(shares / shares.mean(axis=0)).astype(np.float32))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> CodingPotential:
        """What ``arrays`` made arrays of; ``KeyError`` where one is missing."""
        return cls(arrays["hexamers"])

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """For a model folder."""
        return asdict(self)

    def matrix(self, sequences: Sequence[Codes]) -> Floats:
        """Float32 of shape (sequences, columns)."""
        width = 5 + 2 * len(self.hexamers) + CODONS + sum(4**k for k in KS)
        matrix = np.empty((len(sequences), width), np.float32)
        for row, codes in zip(matrix, sequences, strict=True):
            start, end = longest_frame(codes)
            frame = codes[start:end]
            words = _in_frame(frame, HEXAMER)
            odds = self.hexamers[:, words].sum(axis=1)
            codons = np.bincount(_in_frame(frame, 3), minlength=CODONS)
            parts = [
                [len(codes), len(frame), len(frame) / max(1, len(codes)), start, len(codes) - end],
                odds,
                odds / max(1, len(words)),
                codons / max(1, codons.sum()),
            ]
            for k in KS:
                counts = spectrum(codes, k)
                parts.append(counts / max(1, counts.sum()))
            row[:] = np.concatenate(parts)
        return matrix


def _in_frame(codes: Codes, k: int) -> npt.NDArray[np.int32]:
    """Indices of the k-mers that begin a codon, without those that hold an unknown base."""
    words = kmer_indices(codes, k)[::3]
    return words[words >= 0]
