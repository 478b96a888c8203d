"""The protocols of an expression set: one group to another, leave one sample out, leave blocks of genes out."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from features.expression.expression_set import ExpressionFold, Indices
from features.expression.layout import Layout

__all__ = ["LEAVE_GENES_OUT", "LEAVE_ONE_SAMPLE_OUT", "make_folds", "transfer_name", "why_unfit"]

LEAVE_ONE_SAMPLE_OUT = "leave-one-sample-out"
LEAVE_GENES_OUT = "leave-genes-out"
GENE_BLOCKS = 10
"""Neighbouring genes share their bins, so they are held out together, in so many blocks."""
FEWEST_MEASURED = 3
"""Samples with expression that training needs at least."""

Mask = npt.NDArray[np.bool_]


def transfer_name(groups: Sequence[str]) -> str:
    """Name of the split that trains on the first group and tests the second: tissues-to-cell-lines.

    All but letters, digits, dots and underscores become dashes.
    """
    return "-to-".join(re.sub(r"[^\w.]+", "-", group) + "s" for group in groups)


def make_folds(
    tpm: npt.NDArray[np.float64], groups: Sequence[str], layout: Layout
) -> dict[str, tuple[ExpressionFold, ...]]:
    """The splits of samples and genes that were quantified; from one group to another only where there are two.

    A gene is tested where a training sample of the fold has it, a sample where it has a training gene of the fold:
    without, there is nothing to compare with.

    Parameters
    ----------
    tpm : float64 of shape (samples, genes), NaN where a gene was not quantified.
    groups : of each sample; the first one that comes is trained on.
    layout : where the genes lie; blocks of genes are neighbours.
    """
    known = ~np.isnan(tpm)
    samples, genes = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
    of_sample = np.array(groups)
    named = list(dict.fromkeys(groups))
    folds: dict[str, tuple[ExpressionFold, ...]] = {}
    if len(named) == 2:
        parts = [samples[of_sample[samples] == group] for group in named]
        folds[transfer_name(named)] = (_between_samples(known, *parts),)
    folds[LEAVE_ONE_SAMPLE_OUT] = tuple(
        _between_samples(known, samples[samples != sample], samples[samples == sample])
        for sample in samples.tolist()
    )
    in_order = genes[np.argsort(layout.starts[genes], kind="stable")]
    blocks = np.array_split(in_order, min(GENE_BLOCKS, len(genes)))
    if len(blocks) > 1:
        folds[LEAVE_GENES_OUT] = tuple(
            _between_genes(known, np.setdiff1d(genes, block), np.sort(block)) for block in blocks
        )
    return folds


def why_unfit(folds: Sequence[ExpressionFold]) -> str:
    """Why a split cannot be learnt or tested, in a sentence; '' where it can."""
    for number, fold in enumerate(folds, 1):
        where = f"fold {number} of {len(folds)} has"
        if len(fold.train_samples) < FEWEST_MEASURED or not len(fold.train_genes):
            return (
                f"{where} {len(fold.train_samples)} training samples and {len(fold.train_genes)} genes. "
                f"Give {FEWEST_MEASURED} samples with expression or more."
            )
        if not len(fold.test_samples) or not len(fold.test_genes):
            return f"{where} nothing to test. Give more samples with expression."
    return ""


def _between_samples(known: Mask, train: Indices, test: Indices) -> ExpressionFold:
    genes = np.flatnonzero(known[train].any(axis=0))
    return ExpressionFold(train, test, genes, genes)


def _between_genes(known: Mask, train: Indices, test: Indices) -> ExpressionFold:
    samples = np.flatnonzero(known[:, train].any(axis=1))
    return ExpressionFold(samples, samples, train, test)
