"""Training samples of candidate sites."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from baselines.chunks import chunk_ranges
from features.accelerate import map_threads
from features.errors import TrainingError
from features.labelled import LabelledChromosome, LabelledStrand
from features.progress import track
from features.site_matrix import SiteFeatures
from features.sites import KINDS

__all__ = ["SiteSample", "sample_sites"]

Keep = Callable[[str, npt.NDArray[np.float32]], npt.NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class SiteSample:
    """True sites of one kind and a random share of the false ones.

    Attributes
    ----------
    matrix : float32 of shape (sites, columns).
    labels : bool of shape (sites,).
    negative_rate : share of the false candidates that was drawn.
    """

    matrix: npt.NDArray[np.float32]
    labels: npt.NDArray[np.bool_]
    negative_rate: float

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
    ) -> dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]]:
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
            drawn[kind] = matrix, true[chosen]
        return drawn

    matrices: dict[str, list[npt.NDArray[np.float32]]] = {kind: [] for kind in KINDS}
    labels: dict[str, list[npt.NDArray[np.bool_]]] = {kind: [] for kind in KINDS}
    for drawn in track(map_threads(draw, enumerate(jobs), threads), title, len(jobs), "chunk"):
        for kind, (matrix, true) in drawn.items():
            matrices[kind].append(matrix)
            labels[kind].append(true)
    return {
        kind: SiteSample(
            np.concatenate(matrices.pop(kind)),
            np.concatenate(labels[kind]),
            rates[kind],
        )
        for kind in KINDS
    }
