"""Training samples of candidate sites, and the affine calibration that puts the genome's prior back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

from baselines.chunks import chunk_ranges
from features.accelerate import map_threads
from features.labelled import LabelledChromosome, LabelledStrand
from features.progress import track
from features.site_matrix import COLUMNS, SiteFeatures, StrandView
from features.sites import KINDS

__all__ = ["Calibration", "SiteSample", "sample_sites"]


@dataclass(frozen=True, slots=True)
class SiteSample:
    """Every true site of one kind and a random share of the false ones.

    Attributes
    ----------
    matrix : float32 of shape (sites, len(COLUMNS)).
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


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt's affine map from a raw score to natural-log odds over all prefiltered candidates of a genome."""

    slope: float
    intercept: float

    @classmethod
    def fit(cls, scores: npt.NDArray[np.floating], sample: SiteSample) -> Calibration:
        """Maximise the likelihood of the sample's labels, each row weighted by what it stands for."""
        sign = np.where(sample.labels, 1.0, -1.0)
        weights = sample.weights
        scores = scores.astype(np.float64)
        prior = np.log(weights[sample.labels].sum() + 1) - np.log(weights[~sample.labels].sum() + 1)

        def loss(parameters: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
            margin = sign * (parameters[0] * scores + parameters[1])
            slopes = -weights * sign * expit(-margin)
            gradient = np.array([slopes @ scores, slopes.sum()])
            return float(
                weights @ np.logaddexp(0, -margin)
            ) / weights.sum(), gradient / weights.sum()

        best = minimize(loss, np.array([1.0, prior]), jac=True, method="L-BFGS-B")
        return cls(float(best.x[0]), float(best.x[1]))

    def apply(self, scores: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Natural-log odds of raw ``scores``."""
        return (self.slope * scores + self.intercept).astype(np.float32)


def sample_sites(
    chromosomes: Sequence[LabelledChromosome],
    features: SiteFeatures,
    negatives_per_true: float,
    seed: int,
    threads: int,
    title: str,
) -> dict[str, SiteSample]:
    """Draw a sample per site kind from ``chromosomes``: all true sites, ``negatives_per_true`` times as many false ones."""
    strands = [strand for chromosome in chromosomes for strand in chromosome.strands()]
    jobs = [
        (strand, start, end, number) for number, (strand, start, end) in enumerate(_chunks(strands))
    ]

    def count(job: tuple[LabelledStrand, int, int, int]) -> npt.NDArray[np.int64]:
        strand, start, end, _ = job
        view = features.view(strand.sequence, start, end)
        counts = np.zeros((len(KINDS), 2), np.int64)
        for row, kind in enumerate(KINDS):
            true, left_out = view.labels(strand, kind, start - view.start)
            counts[row] = true.sum(), (~true & ~left_out).sum()
        return counts

    total = sum(map_threads(count, jobs, threads), np.zeros((len(KINDS), 2), np.int64))
    rates = {
        kind: float(min(1.0, negatives_per_true * true / max(1, false)))
        for kind, (true, false) in zip(KINDS, total, strict=True)
    }

    def draw(
        job: tuple[LabelledStrand, int, int, int],
    ) -> dict[str, tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]]:
        strand, start, end, number = job
        rng = np.random.default_rng((seed, number))
        view = features.view(strand.sequence, start, end)
        drawn = {}
        for kind in KINDS:
            true, left_out = view.labels(strand, kind, start - view.start)
            lucky = rng.random(len(true)) < rates[kind]
            chosen = np.flatnonzero(~left_out & (true | lucky))
            drawn[kind] = view.matrix(kind, chosen), true[chosen]
        return drawn

    # capacity grows by the expected size: one preallocated matrix per kind instead of a list of pieces and their copy
    matrices = {
        kind: np.empty((int(true + false * rates[kind] * 1.05) + 1000, len(COLUMNS)), np.float32)
        for kind, (true, false) in zip(KINDS, total, strict=True)
    }
    labels: dict[str, list[npt.NDArray[np.bool_]]] = {kind: [] for kind in KINDS}
    filled = dict.fromkeys(KINDS, 0)
    for drawn in track(map_threads(draw, jobs, threads), title, len(jobs), "chunk"):
        for kind, (matrix, true) in drawn.items():
            end = filled[kind] + len(matrix)
            matrices[kind][filled[kind] : end] = matrix
            labels[kind].append(true)
            filled[kind] = end
    return {
        kind: SiteSample(matrices[kind][: filled[kind]], np.concatenate(labels[kind]), rates[kind])
        for kind in KINDS
    }


def _chunks(strands: Sequence[LabelledStrand]) -> Iterator[tuple[LabelledStrand, int, int]]:
    for strand in strands:
        for start, end in chunk_ranges(len(strand.sequence)):
            yield strand, start, end
