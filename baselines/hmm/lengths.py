"""Length distributions of exons and introns: smoothed histograms with an exponential tail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from baselines.hmm.truth import unmasked
from features.errors import TrainingError
from features.labelled import LabelledChromosome
from features.regions import merge_regions
from features.transcripts import longest_isoforms

__all__ = ["EXON_TYPES", "LengthModel", "Lengths", "measure_lengths"]

EXON_TYPES = ("single", "initial", "internal", "terminal", "cut")
"""The last kind runs off a sequence end: its whole length is unknown, so it is scored by the share of longer exons."""
LONGEST_TABLE = 10_000
"""Tables end here at the latest: beyond, introns cost no pairwise search."""
SHORTEST_TABLE = 500
SHARPEST, BLUNTEST = 0.03, 0.25
"""Standard deviation of the smoothing, on the natural logarithm of the length, with many and with few lengths."""
SHORTEST_EXON = 3


class LengthModel(NamedTuple):
    """Natural-log density of a length: ``table[length]``, then exponential decay of ``rate`` per base."""

    table: npt.NDArray[np.float64]
    rate: float


class Lengths(NamedTuple):
    """Length models of the exon types (``EXON_TYPES``), of introns, and of introns that run off a sequence end."""

    exons: tuple[LengthModel, ...]
    introns: LengthModel
    cut_introns: LengthModel


def measure_lengths(training: Iterable[LabelledChromosome]) -> Lengths:
    """Fit all length models to the longest isoforms of ``training`` that touch no mask.

    ``TrainingError`` where there are no introns.
    """
    exons: dict[str, list[int]] = {name: [] for name in EXON_TYPES[:-1]}
    introns: list[int] = []
    for chromosome in training:
        chosen = longest_isoforms(chromosome.transcripts)
        for transcript in unmasked(chosen, merge_regions(chromosome.mask)):
            if not (transcript.start_complete and transcript.end_complete):
                continue
            sizes = [end - start for start, end in transcript.cds]
            if transcript.strand == "-":
                sizes.reverse()
            if len(sizes) == 1:
                exons["single"].append(sizes[0])
            else:
                exons["initial"].append(sizes[0])
                exons["internal"].extend(sizes[1:-1])
                exons["terminal"].append(sizes[-1])
            introns.extend(end - start for start, end in transcript.cds_introns)
    if len(introns) < 10:
        raise TrainingError(
            "Too few introns in complete coding genes of the training chromosomes to learn their lengths from: "
            f"{len(introns)}. Check that the annotation has introns, or train on more sequence."
        )
    every = [size for sizes in exons.values() for size in sizes]
    # Initial and terminal exons may be shorter than a codon, but a shorter piece between two introns is no known
    # biology.
    models = [
        fit_lengths(exons[name] if len(exons[name]) >= 10 else every, SHORTEST_EXON)
        for name in EXON_TYPES[:-1]
    ]
    # Few introns do not show how short a species' introns can be.
    margin = 1.0 if len(introns) >= 1000 else 0.8
    shortest_intron = max(4, int(margin * np.quantile(introns, 0.002)))
    return Lengths(
        (*models, fit_survival(every)), fit_lengths(introns, shortest_intron), fit_survival(introns)
    )


def fit_lengths(lengths: Iterable[int], shortest: int) -> LengthModel:
    """Kernel density on the logarithm of the length (Gaussian kernel), -inf below ``shortest``.

    The table reaches the 98th percentile, 500 to 10,000 bases; beyond it the density decays exponentially with the mean
    excess of the lengths there.
    """
    observed = np.sort(np.asarray(list(lengths), np.float64))
    size = int(np.clip(np.quantile(observed, 0.98), SHORTEST_TABLE, LONGEST_TABLE))
    bandwidth = float(np.clip(1.5 * len(observed) ** -0.4, SHARPEST, BLUNTEST))
    grid = np.arange(1, size, dtype=np.float64)
    step = 0.01
    bins = np.arange(-0.5, np.log(max(observed[-1], size)) + 1, step)
    density, _ = np.histogram(np.log(np.maximum(observed, 1)), bins)
    reach = int(4 * bandwidth / step) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / bandwidth) ** 2)
    smooth = np.convolve(density, kernel / kernel.sum(), "same")
    smooth = (smooth + 0.05 * len(observed) * step / 10) / (len(observed) * step)
    at = np.interp(np.log(grid), bins[:-1] + step / 2, smooth)
    table = np.full(size, -np.inf)
    table[1:] = np.log(at / grid)
    table[:shortest] = -np.inf
    return LengthModel(table, _tail_rate(observed, size))


def fit_survival(lengths: Iterable[int]) -> LengthModel:
    """Natural-log share of ``lengths`` that are at least so long, with the tail of ``fit_lengths``."""
    observed = np.sort(np.asarray(list(lengths), np.float64))
    size = int(np.clip(np.quantile(observed, 0.98), SHORTEST_TABLE, LONGEST_TABLE))
    longer = len(observed) - np.searchsorted(observed, np.arange(size))
    return LengthModel(np.log((longer + 0.5) / (len(observed) + 0.5)), _tail_rate(observed, size))


def _tail_rate(observed: npt.NDArray[np.float64], size: int) -> float:
    """Reciprocal of the mean excess of the lengths over ``size``."""
    beyond = observed[observed >= size]
    excess = float((beyond - size).mean()) if len(beyond) >= 5 else size / 4
    return 1 / max(excess, 10.0)
