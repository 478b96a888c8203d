"""How well the candidate sites of one kind are ranked and called: average precision, top-k, F1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.metrics.bootstrap import Blocks, Estimate, estimate
from features.labelled import LabelledStrand
from features.lookup import find
from features.sites import KINDS, candidate_sites

__all__ = [
    "RANKINGS",
    "RATIOS",
    "RankCounts",
    "SiteTable",
    "StrandScores",
    "StrandSites",
    "average_precision",
    "estimate_ranking",
    "f1",
    "find_sites",
    "precision",
    "rank_counts",
    "sensitivity",
    "tabulate_sites",
    "top_k",
]

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
RankCounts = npt.NDArray[np.int64]
"""Shape (blocks, 2 * bins): true sites, then false sites, of each bin of neighbouring scores, best bin first."""

StrandScores = Mapping[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]
"""Per site kind ascending positions on the strand and their log odds."""

BINS = 2000


@dataclass(frozen=True, slots=True)
class StrandSites:
    """What a scorer's output for one strand is set against; the dictionaries are keyed by site kind.

    Attributes
    ----------
    candidates : ascending int64 positions on the strand of the candidates that count.
    true : bool, whether each of them is a true site.
    rare : int64 positions of the true sites that are no candidate (rare splice sites).
    """

    chromosome: str
    strand: str
    length: int
    candidates: dict[str, npt.NDArray[np.int64]]
    true: dict[str, npt.NDArray[np.bool_]]
    rare: dict[str, npt.NDArray[np.int64]]

    def forward(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Positions on the chromosome's forward strand."""
        return positions if self.strand == "+" else self.length - 1 - positions


@dataclass(frozen=True, slots=True)
class SiteTable:
    """Every candidate of one site kind that counts.

    Attributes
    ----------
    scores : log odds of the scored candidates, any order.
    true : bool, whether each of them is a true site.
    block : int64 block number of each of them.
    unscored_true : int64 of shape (blocks,), true sites that were never scored; they rank last.
    unscored_false : int64 of shape (blocks,), other candidates that were never scored; they rank last too.
    """

    scores: npt.NDArray[np.floating]
    true: npt.NDArray[np.bool_]
    block: Counts
    unscored_true: Counts
    unscored_false: Counts

    def ranked(self) -> SiteTable:
        """The same sites, best score first; ``rank_counts`` of it is quick, however often."""
        order = np.argsort(-self.scores, kind="stable")
        return replace(
            self, scores=self.scores[order], true=self.true[order], block=self.block[order]
        )

    def pooled(self) -> SiteTable:
        """The same sites in one block."""
        return replace(
            self,
            block=np.zeros_like(self.block),
            unscored_true=self.unscored_true.sum(keepdims=True),
            unscored_false=self.unscored_false.sum(keepdims=True),
        )

    def called(self, threshold: float) -> Counts:
        """Counts of the calls at or above ``threshold``, shape (blocks, 4): true, found, predicted, correct."""
        blocks = len(self.unscored_true)
        above = self.scores >= threshold
        true = np.bincount(self.block[self.true], minlength=blocks) + self.unscored_true
        found = np.bincount(self.block[self.true & above], minlength=blocks)
        predicted = np.bincount(self.block[above], minlength=blocks)
        return np.column_stack([true, found, predicted, found])


def find_sites(strand: LabelledStrand) -> StrandSites:
    """The candidates of ``strand`` and which of them are true; what is to be left out does not count."""
    candidates = candidate_sites(strand.sequence)
    true, rare = {}, {}
    for kind in KINDS:
        labelled = strand.labels[kind].true
        unlike = labelled[~find(labelled, candidates[kind])[1]]
        rare[kind] = unlike[strand.select(kind, unlike)[0]]
        is_true, left_out = strand.select(kind, candidates[kind])
        candidates[kind] = candidates[kind][~left_out]
        true[kind] = is_true[~left_out]
    return StrandSites(
        strand.chromosome, strand.strand, len(strand.sequence), candidates, true, rare
    )


def tabulate_sites(
    strands: Iterable[tuple[StrandSites, StrandScores]],
    blocks: Blocks,
    kinds: Sequence[str] = KINDS,
) -> dict[str, SiteTable]:
    """Set a scorer's output for some strands against every candidate of them; one table for each of ``kinds``.

    A true site that is no candidate counts as one that was never scored; scores elsewhere than at candidates do not
    count.
    """
    scores: dict[str, list[npt.NDArray[np.float32]]] = {kind: [] for kind in kinds}
    is_true: dict[str, list[npt.NDArray[np.bool_]]] = {kind: [] for kind in kinds}
    in_block: dict[str, list[Counts]] = {kind: [] for kind in kinds}
    # row 0: true sites that were never scored, row 1: other candidates
    unscored = {kind: np.zeros((2, blocks.count), np.int64) for kind in kinds}
    for sites, scored in strands:
        for kind in kinds:
            positions, log_odds = scored[kind]
            candidates, true = sites.candidates[kind], sites.true[kind]
            at, found = find(positions, candidates)
            at = at[found]
            scores[kind].append(log_odds[found])
            is_true[kind].append(true[at])
            in_block[kind].append(blocks.of(sites.chromosome, sites.forward(candidates[at])))
            rest = np.ones(len(candidates), np.bool_)
            rest[at] = False
            missed = np.concatenate([candidates[rest & true], sites.rare[kind]])
            passed = candidates[rest & ~true]
            for row, unseen in zip(unscored[kind], (missed, passed), strict=True):
                blocks.add_counts(row, sites.chromosome, sites.forward(unseen))
    return {
        kind: SiteTable(
            _join(scores.pop(kind), np.float32),
            _join(is_true.pop(kind), np.bool_),
            _join(in_block.pop(kind), np.int64),
            *unscored[kind],
        )
        for kind in kinds
    }


def rank_counts(table: SiteTable, bins: int | None = BINS, among_all: bool = False) -> RankCounts:
    """True and false sites per block and bin of falling score; the unscored are the last bin.

    Parameters
    ----------
    bins : at most about this many bins, each with as many true sites; equal scores never part. None: one bin for each
        distinct score, which makes ``average_precision`` and ``top_k`` exact (pool the blocks first).
    among_all : as many bins again, each with as many sites, true or not: for rankings that look at false ones too.
    """
    table = table.ranked()
    scores, true, block = table.scores, table.true, table.block
    ends = np.append(np.flatnonzero(scores[1:] != scores[:-1]), len(scores) - 1)[: len(scores)]
    found = np.cumsum(true)[ends]  # (distinct scores,)
    if bins is not None and len(ends) > bins:
        closes = _steps(found, bins)  # a bin ends on a true site, where recall moves
        if among_all:
            closes |= _steps(ends + 1, bins)
        closes[-1] = True
        ends = ends[closes]
    index = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=-1))
    blocks, width = len(table.unscored_true), len(ends) + 1
    cell = block * width + index
    counts = np.zeros((blocks, 2, width), np.int64)
    counts[:, 0, :] = np.bincount(cell[true], minlength=blocks * width).reshape(blocks, width)
    counts[:, 1, :] = np.bincount(cell[~true], minlength=blocks * width).reshape(blocks, width)
    counts[:, 0, -1] = table.unscored_true
    counts[:, 1, -1] = table.unscored_false
    return counts.reshape(blocks, 2 * width)


def _steps(counted: npt.NDArray[np.integer], bins: int) -> npt.NDArray[np.bool_]:
    """Where another of ``bins`` equal shares of what is ``counted`` so far is complete."""
    share = np.append(0, counted * bins // max(1, int(counted[-1])))
    steps: npt.NDArray[np.bool_] = share[1:] != share[:-1]
    return steps


def average_precision(counts: npt.NDArray[np.float64]) -> Floats:
    """Average precision of rank counts of shape (..., 2 * bins); NaN where there is no true site.

    The sum of precision times gain in recall, as scikit-learn's ``average_precision_score``.
    """
    true, false = _halves(counts)
    found = np.cumsum(true, axis=-1)
    called = found + np.cumsum(false, axis=-1)
    total = found[..., -1]
    gained = (true * _ratio(found, called)).sum(axis=-1)
    return _ratio(gained, total, np.nan)


def top_k(counts: npt.NDArray[np.float64]) -> Floats:
    """Share of true sites among the k best, k being the number of true sites; a tie at rank k counts in proportion.

    NaN where there is no true site.
    """
    true, false = _halves(counts)
    size = true + false
    total = true.sum(axis=-1)
    before = np.cumsum(size, axis=-1) - size
    taken = np.clip(total[..., None] - before, 0, size)
    return _ratio((true * _ratio(taken, size)).sum(axis=-1), total, np.nan)


def estimate_ranking(
    ranks: Sequence[RankCounts],
    exact: Sequence[RankCounts],
    ranking: Callable[[Floats], Floats],
    weights: Counts,
) -> Estimate | None:
    """``ranking`` averaged over seeds, with its interval; ``None`` without seeds, or without true sites.

    Parameters
    ----------
    ranks : per seed the rank counts by block, in bins; the interval comes from these.
    exact : per seed those of one block, a bin for each score; the value comes from these.
    ranking : ``average_precision`` or ``top_k``.
    weights : shape (resamples, blocks).
    """
    if not ranks:
        return None
    value = float(np.mean([ranking(each.sum(axis=0).astype(np.float64)) for each in exact]))
    if np.isnan(value):
        return None
    _, low, high = estimate(ranks, ranking, weights)
    return Estimate(value, min(low, value), max(high, value))


def sensitivity(counts: Floats) -> Floats:
    """Found over true, of counts of shape (..., 4): true, found, predicted, correct."""
    return _ratio(counts[..., 1], counts[..., 0])


def precision(counts: Floats) -> Floats:
    """Correct over predicted, of counts of shape (..., 4): true, found, predicted, correct."""
    return _ratio(counts[..., 3], counts[..., 2])


def f1(counts: Floats) -> Floats:
    """Harmonic mean of sensitivity and precision, of counts of shape (..., 4): true, found, predicted, correct."""
    recall, exactness = sensitivity(counts), precision(counts)
    return _ratio(2 * recall * exactness, recall + exactness)


RATIOS = {"sensitivity": sensitivity, "precision": precision, "f1": f1}
"""Of counts of shape (..., 4): true, found, predicted, correct."""
RANKINGS = {"ap": average_precision, "topk": top_k}


def _join(parts: list[npt.NDArray[Any]], dtype: type) -> npt.NDArray[Any]:
    return np.concatenate([np.empty(0, dtype), *parts])


def _halves(counts: Floats) -> tuple[Floats, Floats]:
    bins = counts.shape[-1] // 2
    return counts[..., :bins], counts[..., bins:]


def _ratio(above: Floats, below: Floats, otherwise: float = 0.0) -> Floats:
    shape = np.broadcast_shapes(np.shape(above), np.shape(below))
    result = np.full(shape, otherwise)
    np.divide(above, below, out=result, where=np.asarray(below) > 0)
    return result
