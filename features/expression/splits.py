"""The protocols of an expression set: one group to another, leave one sample out, leave blocks of genes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from features.expression.expression_set import ExpressionFold
from features.expression.layout import Layout

__all__ = ["LEAVE_GENES_OUT", "LEAVE_ONE_SAMPLE_OUT", "make_folds", "transfer_name"]

LEAVE_ONE_SAMPLE_OUT = "leave-one-sample-out"
LEAVE_GENES_OUT = "leave-genes-out"
GENE_BLOCKS = 10
"""Neighbouring genes share their bins, so they are held out together, in so many blocks."""


def transfer_name(groups: Sequence[str]) -> str:
    """Name of the split that trains on the first group and tests the second: tissues-to-cell-lines."""
    return "-to-".join(f"{group.replace(' ', '-')}s" for group in groups)


def make_folds(
    tpm: npt.NDArray[np.float64], groups: Sequence[str], layout: Layout
) -> dict[str, tuple[ExpressionFold, ...]]:
    """The splits of samples and genes that were quantified; from one group to another only where there are two.

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
        if all(map(len, parts)):
            folds[transfer_name(named)] = (ExpressionFold(parts[0], parts[1], genes, genes),)
    folds[LEAVE_ONE_SAMPLE_OUT] = tuple(
        ExpressionFold(samples[samples != sample], samples[samples == sample], genes, genes)
        for sample in samples.tolist()
    )
    in_order = genes[np.argsort(layout.starts[genes], kind="stable")]
    blocks = np.array_split(in_order, min(GENE_BLOCKS, len(genes)))
    if len(blocks) > 1:
        folds[LEAVE_GENES_OUT] = tuple(
            ExpressionFold(samples, samples, np.setdiff1d(genes, block), np.sort(block))
            for block in blocks
        )
    return folds
