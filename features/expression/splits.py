"""The protocols of an expression set: one group to another, leave out a sample, a kind of samples, blocks of genes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components

from features.expression.expression_set import ExpressionFold, Indices
from features.expression.layout import Layout

__all__ = [
    "LEAVE_GENES_OUT",
    "LEAVE_KIND_OUT",
    "LEAVE_ONE_SAMPLE_OUT",
    "kinds_of_samples",
    "make_folds",
    "transfer_name",
    "why_unfit",
]

LEAVE_ONE_SAMPLE_OUT = "leave-one-sample-out"
LEAVE_KIND_OUT = "leave-kind-out"
LEAVE_GENES_OUT = "leave-genes-out"
ALIKE = 0.8
"""Correlation, of what the genes of two samples are above their means, from which on the samples are of one kind."""
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


def kinds_of_samples(tpm: npt.NDArray[np.float64]) -> Indices:
    """Number from 0 of the kind of each sample: repeats of one tissue or cell line, told by their expression.

    Two samples are alike whose log2(TPM + 1), less the mean of each gene, correlate by ``ALIKE`` or more over the genes
    that both have; chains of alike samples are one kind. ``tpm`` is of shape (samples, genes), NaN where unknown.
    """
    values = np.log2(tpm + 1)
    known = ~np.isnan(values)
    means = np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    beyond = np.where(known, values - means, 0.0)
    weights = known.astype(np.float64)
    spread = beyond**2 @ weights.T  # of the row's sample, over the genes that both have
    both = np.sqrt(spread * spread.T)
    alike = beyond @ beyond.T >= ALIKE * both
    _, kinds = connected_components(alike & (both > 0), directed=False)
    found: Indices = kinds.astype(np.int64)
    return found


def make_folds(
    tpm: npt.NDArray[np.float64],
    groups: Sequence[str],
    layout: Layout,
    order: Sequence[str] = (),
) -> dict[str, tuple[ExpressionFold, ...]]:
    """The splits of samples and genes that were quantified; from one group to another only where there are two.

    A gene is tested where a training sample of the fold has it, a sample where it has a training gene of the fold:
    without, there is nothing to compare with.

    Parameters
    ----------
    tpm : float64 of shape (samples, genes), NaN where a gene was not quantified.
    groups : of each sample; of two the first one of ``order`` is trained on.
    layout : where the genes lie; blocks of genes are neighbours.
    order : of the groups; without it that in which they come.
    """
    known = ~np.isnan(tpm)
    samples, genes = np.flatnonzero(known.any(axis=1)), np.flatnonzero(known.any(axis=0))
    of_sample = np.array(groups)
    named = list(dict.fromkeys([*order, *groups]))
    folds: dict[str, tuple[ExpressionFold, ...]] = {}
    if len(named) == 2:
        parts = [samples[of_sample[samples] == group] for group in named]
        folds[transfer_name(named)] = (_between_samples(known, *parts),)
    folds[LEAVE_ONE_SAMPLE_OUT] = tuple(
        _between_samples(known, samples[samples != sample], samples[samples == sample])
        for sample in samples.tolist()
    )
    kinds = kinds_of_samples(tpm)[samples]
    if 1 < len(np.unique(kinds)) < len(samples):
        folds[LEAVE_KIND_OUT] = tuple(
            _between_samples(known, samples[kinds != kind], samples[kinds == kind])
            for kind in np.unique(kinds).tolist()
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
