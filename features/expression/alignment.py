"""Whether the columns of two expression matrices are the same genes: told by their values, where names are missing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.errors import DatasetError

__all__ = ["Alignment", "check_alignment", "mean_correlation"]

Tpm = npt.NDArray[np.float64]


class Alignment(NamedTuple):
    """How the columns of a matrix lie against those of a table of the same samples, whose genes are named.

    Only columns with any expression in the table count; others are all alike.

    Attributes
    ----------
    columns : how many these are.
    in_place : of them, those that the matrix has at the same place.
    elsewhere : of the others, those that it has at another place.
    missing : the rest.
    correlation : Pearson's, of the columns' mean log2(TPM + 1) in the matrix and in the table, place by place.
    """

    columns: int
    in_place: int
    elsewhere: int
    missing: int
    correlation: float

    @property
    def aligned(self) -> bool:
        """Whether every column is in its place."""
        return self.in_place == self.columns


def check_alignment(matrix: Tpm, table: Tpm) -> Alignment:
    """Compare TPM ``matrix`` with ``table``, both (samples, genes) of the same samples in the same order.

    Columns are the same where all their values are, to a thousandth TPM; NaN counts as 0. ``DatasetError`` where the
    shapes differ.
    """
    if matrix.shape != table.shape:
        raise DatasetError(
            f"matrices of {matrix.shape} and {table.shape} values cannot be aligned. Give the same samples and genes."
        )
    one, other = (np.round(np.nan_to_num(each), 3) for each in (matrix, table))
    counted = np.flatnonzero(other.any(axis=0))
    in_place = (one[:, counted] == other[:, counted]).all(axis=0)
    known = {column.tobytes() for column in np.ascontiguousarray(one.T)}
    displaced = counted[~in_place]
    elsewhere = sum(np.ascontiguousarray(other[:, place]).tobytes() in known for place in displaced)
    return Alignment(
        len(counted),
        int(in_place.sum()),
        elsewhere,
        len(displaced) - elsewhere,
        mean_correlation(matrix, table),
    )


def mean_correlation(matrix: Tpm, other: Tpm) -> float:
    """Pearson's correlation of the columns' mean log2(TPM + 1), of matrices with the same genes and any samples.

    Genes are high or low in most tissues: where columns are aligned it is near 1, where they are not near 0. NaN counts
    as 0, and it is NaN where a matrix has no spread.
    """
    means = [np.log2(np.nan_to_num(each) + 1).mean(axis=0) for each in (matrix, other)]
    if any(mean.std() == 0 for mean in means):
        return float("nan")
    return float(np.corrcoef(*means)[0, 1])
