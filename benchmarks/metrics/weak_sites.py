"""Which annotated introns have a weak splice site, judged by position weight matrices of the training chromosomes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from features.genome import Codes, reverse_complement
from features.labelled import LabelledChromosome
from features.progress import track
from features.pwm import PositionWeightMatrix, site_windows
from features.sites import candidate_sites
from features.transcripts import Interval, close_gaps, gaps

__all__ = ["weak_introns"]

WINDOWS = {"donor": (-3, 6), "acceptor": (-20, 3)}
"""Bases around a site, those of the 5' and 3' models of MaxEntScan (Yeo & Burge 2004)."""
ORDER = 1
DECOY_STEP = 50
"""Every so-manieth false candidate of a strand is a decoy."""
WEAK_SHARE = 0.1

Strand = tuple[str, str]


def weak_introns(
    training: Iterable[LabelledChromosome], test: Sequence[LabelledChromosome]
) -> dict[Strand, set[Interval]]:
    """CDS introns of ``test`` with a donor or an acceptor among the tenth of lowest log odds of its kind.

    The log odds are those of position weight matrices of order 1, fitted on the true splice sites of ``training``
    against false candidates, so that no compared model has a say; the tenth is of the CDS introns of ``test``.

    Returns
    -------
    per (chromosome, strand) intervals, 0-based half-open on the forward strand.
    """
    matrices = _fit(training)
    introns: list[tuple[Strand, Interval]] = []
    scores: dict[str, list[npt.NDArray[np.float32]]] = {kind: [] for kind in WINDOWS}
    for chromosome in track(test, "weak splice sites: test", unit="chromosome"):
        for strand in "+-":
            here = sorted(_cds_introns(chromosome, strand))
            if not here:
                continue
            introns += [((chromosome.name, strand), intron) for intron in here]
            codes = (
                chromosome.sequence if strand == "+" else reverse_complement(chromosome.sequence)
            )
            for kind, positions in _site_positions(here, strand, codes).items():
                scores[kind].append(matrices[kind].scan(codes)[positions])
    weak = np.zeros(len(introns), np.bool_)
    for parts in scores.values():
        if parts:
            of_kind = np.concatenate(parts)
            weak |= of_kind < np.quantile(of_kind, WEAK_SHARE)
    found: dict[Strand, set[Interval]] = {}
    for index in np.flatnonzero(weak):
        where, intron = introns[index]
        found.setdefault(where, set()).add(intron)
    return found


def _fit(training: Iterable[LabelledChromosome]) -> dict[str, PositionWeightMatrix]:
    true: dict[str, list[npt.NDArray[np.uint8]]] = {}
    decoys: dict[str, list[npt.NDArray[np.uint8]]] = {}
    for kind, (start, end) in WINDOWS.items():
        nothing = np.empty((0, end - start + ORDER), np.uint8)
        true[kind], decoys[kind] = [nothing], [nothing]
    for chromosome in track(training, "weak splice sites: training", unit="chromosome"):
        for strand in chromosome.strands():
            candidates = candidate_sites(strand.sequence)
            for kind, (start, end) in WINDOWS.items():
                is_true, left_out = strand.select(kind, candidates[kind])
                labelled = strand.labels[kind].true
                for positions, into in (
                    (labelled[strand.select(kind, labelled)[0]], true),
                    (candidates[kind][~is_true & ~left_out][::DECOY_STEP], decoys),
                ):
                    into[kind].append(site_windows(strand.sequence, positions, start - ORDER, end))
    return {
        kind: PositionWeightMatrix.fit(
            np.concatenate(true.pop(kind)), np.concatenate(decoys.pop(kind)), ORDER, start
        )
        for kind, (start, _) in WINDOWS.items()
    }


def _cds_introns(chromosome: LabelledChromosome, strand: str) -> set[Interval]:
    return {
        intron
        for transcript in chromosome.transcripts
        if transcript.coding and transcript.strand == strand
        for intron in gaps(close_gaps(transcript.cds))
    }


def _site_positions(
    introns: Sequence[Interval], strand: str, codes: Codes
) -> dict[str, npt.NDArray[np.int64]]:
    """Positions of donors and acceptors on the strand's own sequence."""
    starts, ends = np.array(introns, np.int64).T
    if strand == "-":
        starts, ends = len(codes) - ends, len(codes) - starts
    return {"donor": starts, "acceptor": ends}
