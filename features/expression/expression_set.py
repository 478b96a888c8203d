"""``ExpressionSet``: accessibility and expression of the same samples, and the ways they are split."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from features.datasets.dataset import hash_data
from features.errors import DatasetError
from features.expression.layout import Layout

__all__ = ["ExpressionFold", "ExpressionSet", "Indices", "hash_expression"]

Indices = npt.NDArray[np.int64]


class ExpressionFold(NamedTuple):
    """What is learnt from and what is tested: indices of samples and genes, int64, ascending.

    Where the test genes are the training genes, the samples differ, and the other way round.
    """

    train_samples: Indices
    test_samples: Indices
    train_genes: Indices
    test_genes: Indices


@dataclass(frozen=True)
class ExpressionSet:
    """What an expression task is made of.

    Attributes
    ----------
    name, title, source : for results and leaderboards.
    samples : names, unique.
    groups : of each sample, such as tissue or cell line.
    genes : ids, unique, in the order of the columns of ``tpm``.
    layout : the bins, and where the genes lie.
    accessibility : uint8 of shape (samples, bins), 1 where there is a peak.
    tpm : float64 of shape (samples, genes), transcripts per million; NaN where a gene was not quantified.
    folds : by split name one fold, or several whose test parts do not overlap.
    data_hash : 12 hex digits that change with any of the arrays, names or splits.
    as_published : float64 of the shape of ``tpm``: the matrices as they were published, columns by position, where
        their order of genes differs between the groups; else ``None``.
    refused : by the name of a split that cannot be learnt or tested why that is so.
    notes : what a user should know of how the names of genes and chromosomes were matched, a sentence each.
    """

    name: str
    title: str
    source: str
    samples: tuple[str, ...]
    groups: tuple[str, ...]
    genes: tuple[str, ...]
    layout: Layout
    accessibility: npt.NDArray[np.uint8]
    tpm: npt.NDArray[np.float64]
    folds: dict[str, tuple[ExpressionFold, ...]]
    data_hash: str
    as_published: npt.NDArray[np.float64] | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def target(self) -> npt.NDArray[np.float64]:
        """log2(TPM + 1), NaN where a gene was not quantified."""
        found: npt.NDArray[np.float64] = np.log2(self.tpm + 1)
        return found

    @property
    def measured_samples(self) -> Indices:
        """Samples with any expression at all."""
        return np.flatnonzero(~np.isnan(self.tpm).all(axis=1))

    @property
    def measured_genes(self) -> Indices:
        """Genes that were quantified in any sample."""
        return np.flatnonzero(~np.isnan(self.tpm).all(axis=0))

    def training_target(self, fold: ExpressionFold) -> npt.NDArray[np.float64]:
        """``target`` of the fold's training samples, all genes; NaN for those that it does not train on."""
        found = np.full((len(fold.train_samples), len(self.genes)), np.nan)
        found[:, fold.train_genes] = self.target[np.ix_(fold.train_samples, fold.train_genes)]
        return found

    def check(self) -> None:
        """``DatasetError`` where names are not unique, arrays do not fit them, or no split can be learnt and tested."""
        for what, names in (("sample", self.samples), ("gene", self.genes)):
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise DatasetError(f"{self.name}: two {what}s are named {twice!r}. Name each once.")
        shape = len(self.samples), len(self.genes)
        if self.tpm.shape != shape or len(self.accessibility) != shape[0]:
            raise DatasetError(
                f"{self.name}: expression {self.tpm.shape} and accessibility {self.accessibility.shape} do not fit "
                f"{shape[0]} samples and {shape[1]} genes. Give every sample both."
            )
        if not self.folds:
            why = "; ".join(f"{split}: {reason}" for split, reason in self.refused.items())
            raise DatasetError(f"{self.name}: no split can be learnt and tested. {why}")

    def split(self, name: str) -> tuple[ExpressionFold, ...]:
        """The folds of a split; ``DatasetError`` where there is none, or it cannot be learnt or tested."""
        if name in self.refused:
            raise DatasetError(f"{self.name}, split {name}: {self.refused[name]}")
        if name not in self.folds:
            raise DatasetError(
                f"{self.name}: no split {name!r}. Its splits: {', '.join(self.folds)}."
            )
        return self.folds[name]


def hash_expression(
    samples: Sequence[str],
    groups: Sequence[str],
    genes: Sequence[str],
    layout: Layout,
    arrays: Mapping[str, npt.NDArray[Any]],
    folds: Mapping[str, Sequence[ExpressionFold]],
) -> str:
    """``data_hash`` of a set: 12 hex digits."""
    return hash_data(
        {
            "samples": list(samples),
            "groups": list(groups),
            "genes": list(genes),
            "layout": {name: _digest(array) for name, array in layout.arrays().items()},
            "arrays": {name: _digest(array) for name, array in arrays.items()},
            "splits": {
                split: [[_digest(part) for part in fold] for fold in of_split]
                for split, of_split in folds.items()
            },
        }
    )


def _digest(array: npt.NDArray[Any]) -> str:
    text = str(array.dtype.kind == "U" and array.tolist())
    content = text.encode() if array.dtype.kind == "U" else np.ascontiguousarray(array).tobytes()
    return hashlib.sha256(content).hexdigest()
