"""Training samples of candidate sites, and the folds of the training chromosomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from baselines.chunks import chunk_ranges
from features.accelerate import map_threads
from features.errors import TrainingError
from features.labelled import LabelledChromosome, LabelledStrand
from features.progress import track
from features.site_matrix import SiteFeatures
from features.sites import KINDS

__all__ = ["Folds", "SiteSample", "sample_sites"]

BLOCKS = 40
"""Blocks of the training chromosomes, but for ``LONGEST_BLOCK``."""
LONGEST_BLOCK = 1_000_000
"""Bases."""

Keep = Callable[[str, npt.NDArray[np.float32]], npt.NDArray[np.bool_]]


class Folds:
    """Two halves of the training chromosomes, in alternating blocks, for scores of sequence that a model has not seen.

    Parameters
    ----------
    lengths : bases of each training chromosome, by name.
    """

    def __init__(self, lengths: Mapping[str, int]) -> None:
        self.block = int(np.clip(sum(lengths.values()) // BLOCKS, 1, LONGEST_BLOCK))
        self.lengths = dict(lengths)
        blocks = [-(-length // self.block) for length in lengths.values()]
        self.first = dict(zip(lengths, np.cumsum([0, *blocks]).tolist(), strict=False))

    def of(
        self, chromosome: str, strand: str, positions: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.int8]:
        """Fold, 0 or 1, of each of the strand ``positions``."""
        forward = positions if strand == "+" else self.lengths[chromosome] - 1 - positions
        fold: npt.NDArray[np.int8] = (forward // self.block + self.first[chromosome]) % 2
        return fold.astype(np.int8)


@dataclass(frozen=True, slots=True)
class SiteSample:
    """Every true site of one kind and a random share of the false ones.

    Attributes
    ----------
    matrix : float32 of shape (sites, len(COLUMNS)).
    labels : bool of shape (sites,).
    negative_rate : share of the false candidates that was drawn.
    fold : int8 of shape (sites,), the part of the genome each of them lies in (see ``Folds``), where that matters.
    """

    matrix: npt.NDArray[np.float32]
    labels: npt.NDArray[np.bool_]
    negative_rate: float
    fold: npt.NDArray[np.int8] | None = None

    def within(self, fold: int) -> SiteSample:
        """The sites of one fold."""
        assert self.fold is not None
        chosen = self.fold == fold
        return replace(
            self, matrix=self.matrix[chosen], labels=self.labels[chosen], fold=self.fold[chosen]
        )

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """How many candidates of the genome each row stands for, shape (sites,)."""
        return np.where(self.labels, 1.0, 1 / self.negative_rate)


def sample_sites(
    chromosomes: Sequence[LabelledChromosome],
    features: SiteFeatures,
    negatives_per_true: Mapping[str, float],
    seed: int,
    threads: int,
    title: str,
    keep: Keep | None = None,
) -> dict[str, SiteSample]:
    """Draw a sample per site kind from ``chromosomes``: all true sites and a share of the false ones.

    Parameters
    ----------
    negatives_per_true : false sites to draw per true one, by kind; at most all of them are drawn.
    keep : (kind, matrix) -> which of the drawn rows stay.

    Raises ``TrainingError`` where a site kind has no true site at all.
    """
    jobs = [
        (strand, start, end)
        for chromosome in chromosomes
        for strand in chromosome.strands()
        for start, end in chunk_ranges(len(strand.sequence))
    ]

    def count(job: tuple[LabelledStrand, int, int]) -> npt.NDArray[np.int64]:
        strand, start, end = job
        view = features.view(strand.sequence, start, end)
        counts = np.zeros((len(KINDS), 2), np.int64)
        for row, kind in enumerate(KINDS):
            true, left_out = view.labels(strand, kind)
            counts[row] = true.sum(), (~true & ~left_out).sum()
        return counts

    total = sum(map_threads(count, jobs, threads), np.zeros((len(KINDS), 2), np.int64))
    for kind, (true, _) in zip(KINDS, total, strict=True):
        if true == 0:
            names = ", ".join(chromosome.name for chromosome in chromosomes[:5])
            raise TrainingError(
                f"No true {kind} site on the chromosomes of the {title} ({names}). "
                "Name training and validation chromosomes that have complete genes with introns."
            )
    rates = {
        kind: float(min(1.0, negatives_per_true[kind] * true / max(1, false)))
        for kind, (true, false) in zip(KINDS, total, strict=True)
    }

    def draw(
        numbered: tuple[int, tuple[LabelledStrand, int, int]],
    ) -> dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.int8]]]:
        number, (strand, start, end) = numbered
        rng = np.random.default_rng((seed, number))
        view = features.view(strand.sequence, start, end)
        drawn = {}
        for kind in KINDS:
            true, left_out = view.labels(strand, kind)
            lucky = rng.random(len(true)) < rates[kind]
            chosen = np.flatnonzero(~left_out & (true | lucky))
            matrix = view.matrix(kind, chosen)
            if keep is not None:
                stay = keep(kind, matrix)
                matrix, chosen = matrix[stay], chosen[stay]
            positions = view.sites(kind)[0][chosen] + view.offset
            drawn[kind] = (
                matrix,
                true[chosen],
                folds.of(strand.chromosome, strand.strand, positions),
            )
        return drawn

    folds = Folds({chromosome.name: len(chromosome.sequence) for chromosome in chromosomes})
    matrices: dict[str, list[npt.NDArray[np.float32]]] = {kind: [] for kind in KINDS}
    labels: dict[str, list[npt.NDArray[np.bool_]]] = {kind: [] for kind in KINDS}
    fold: dict[str, list[npt.NDArray[np.int8]]] = {kind: [] for kind in KINDS}
    for drawn in track(map_threads(draw, enumerate(jobs), threads), title, len(jobs), "chunk"):
        for kind, (matrix, true, part) in drawn.items():
            matrices[kind].append(matrix)
            labels[kind].append(true)
            fold[kind].append(part)
    return {
        kind: SiteSample(
            np.concatenate(matrices.pop(kind)),
            np.concatenate(labels[kind]),
            rates[kind],
            np.concatenate(fold[kind]),
        )
        for kind in KINDS
    }
