"""``KmerFeatures``: what the k-mer classifiers see of a sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

from features.classifiers.alignment import aligned_length
from features.errors import ModelError, TrainingError
from features.genome import Codes
from features.spectra import spectra

__all__ = ["LONGEST", "KmerFeatures", "check_k", "spread_of"]

LONGEST = 7
"""Bases of the longest k-mer that may be counted."""
LONGEST_ALIGNED = 600
"""Bases up to which sequences of one length are taken for aligned, as around a start of transcription."""
AT_A_BASE = (1, 2, 3)
IN_A_STRETCH = (1, 2, 3, 4)
"""k of the k-mers told apart by where they stand."""
STRETCH = 8
"""Bases; what a start of transcription moves by."""
LEAST_SPREAD = 1e-4
"""Standard deviation under which a column is left out."""


@dataclass(frozen=True, slots=True)
class KmerFeatures:
    """k-mer spectra of whole sequences and, where these are aligned, of every base and every stretch of 8 bases.

    Attributes
    ----------
    k : longest k-mer of the whole spectrum, 1 to 7.
    canonical : whether a k-mer counts as one with its reverse complement; then nothing is told by where it stands.
    length : bases of aligned sequences, such as nine of ten of training have; of others nothing is told by where it
        stands. 0 where they have no such length, or one over 600 bases.
    columns : int64, of the columns that vary, those kept.
    """

    k: int
    canonical: bool
    length: int
    columns: npt.NDArray[np.int64]

    @classmethod
    def learn(
        cls, sequences: Sequence[Codes], k: int, canonical: bool
    ) -> tuple[KmerFeatures, csr_array]:
        """What is to be seen of ``sequences``, and their matrix; ``TrainingError`` where they do not differ."""
        length = 0 if canonical else aligned_length(sequences)
        length = length if length <= LONGEST_ALIGNED else 0
        whole = _whole(sequences, k, canonical, length)
        columns = np.flatnonzero(spread_of(whole) >= LEAST_SPREAD)
        if not len(columns):
            raise TrainingError(
                f"All {len(sequences)} training sequences hold the same k-mers. Give sequences that differ."
            )
        return cls(k, canonical, length, columns), whole[:, columns]

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> KmerFeatures:
        """What ``arrays`` made arrays of; ``KeyError`` where one is missing."""
        return cls(
            int(arrays["k"]),
            bool(arrays["canonical"]),
            int(arrays["length"]),
            arrays["columns"],
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """For a model folder."""
        return {name: np.asarray(value) for name, value in asdict(self).items()}

    def matrix(self, sequences: Sequence[Codes]) -> csr_array:
        """Float32 of shape (sequences, columns kept)."""
        return _whole(sequences, self.k, self.canonical, self.length)[:, self.columns]


def spread_of(matrix: csr_array) -> npt.NDArray[np.float32]:
    """Standard deviation of each column, shape (columns,)."""
    rows = max(1, matrix.shape[0])
    mean = matrix.sum(axis=0, dtype=np.float64) / rows
    squares = matrix.power(2).sum(axis=0, dtype=np.float64) / rows
    found: npt.NDArray[np.float32] = np.sqrt(np.maximum(0, squares - mean**2)).astype(np.float32)
    return found


def check_k(kind: str, k: int) -> None:
    """``ModelError`` of a model of ``kind`` for a longest k-mer that is not 1 to 7."""
    if not (isinstance(k, int) and 1 <= k <= LONGEST):
        raise ModelError(f"{kind}: k must be 1 to {LONGEST}, not {k!r}.")


def _whole(sequences: Sequence[Codes], k: int, canonical: bool, length: int) -> csr_array:
    parts = [spectra(sequences, range(1, k + 1), canonical=canonical)]
    if length:
        aligned = [codes if len(codes) == length else codes[:0] for codes in sequences]
        parts.append(spectra(aligned, AT_A_BASE, stretches=length))
        parts.append(spectra(aligned, IN_A_STRETCH, stretches=-(-length // STRETCH)))
    return hstack(parts).tocsr()
