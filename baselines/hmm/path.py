"""The best path through a set of events: weights, weighted tables, kernel call, trace, transcripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from baselines.hmm.kernels import NOTHING, sweep
from baselines.hmm.lengths import EXON_TYPES, Lengths
from baselines.hmm.topology import EDGE, START, STOP, Events
from features.sites import KINDS
from features.transcripts import Interval, Transcript

__all__ = [
    "PathGene",
    "Segment",
    "Solution",
    "Weights",
    "find_path",
    "path_genes",
    "path_transcripts",
    "solve",
    "trace",
    "weigh",
    "weighted_tables",
]


class Weights(NamedTuple):
    """The few numbers that balance a scorer's evidence against the gene model; fitted on validation chromosomes.

    ``*_weight`` multiplies the log odds of a site kind and ``*_bias`` is added to it; ``coding`` and ``intron``
    multiply the content scores, ``exon_length`` and ``intron_length`` the log densities; ``edge`` is the cost of
    running off a sequence end.
    """

    donor_weight: float = 1.0
    acceptor_weight: float = 1.0
    start_weight: float = 1.0
    stop_weight: float = 1.0
    donor_bias: float = 4.0
    acceptor_bias: float = 4.0
    start_bias: float = 1.0
    stop_bias: float = 1.0
    coding: float = 0.35
    intron: float = 0.15
    exon_length: float = 0.4
    intron_length: float = 0.4
    edge: float = -5.0


class Segment(NamedTuple):
    """One exon of a path: its opening and closing event, the phase at the opening, the unfinished bases at the end."""

    opening: int
    closing: int
    phase: int
    unfinished: int


class WeightedTables(NamedTuple):
    """Length tables scaled by their weights, in the order of the kernel's parameters; see ``sweep``."""

    exon_lengths: npt.NDArray[np.float64]
    exon_rates: npt.NDArray[np.float64]
    intron_lengths: npt.NDArray[np.float64]
    intron_rate: float
    cut_introns: npt.NDArray[np.float64]
    cut_rate: float


def weighted_tables(lengths: Lengths, weights: Weights) -> WeightedTables:
    """The tables of all length models, scaled by the weights."""
    longest = max(len(model.table) for model in lengths.exons)
    tables = np.empty((len(EXON_TYPES), longest))
    for row, model in enumerate(lengths.exons):
        reached = len(model.table)
        tables[row, :reached] = model.table
        tables[row, reached:] = model.table[-1] - model.rate * np.arange(1, longest - reached + 1)
    rates = np.array([model.rate for model in lengths.exons])
    return WeightedTables(
        _scaled(tables, weights.exon_length),
        rates * weights.exon_length,
        _scaled(lengths.introns.table, weights.intron_length),
        lengths.introns.rate * weights.intron_length,
        _scaled(lengths.cut_introns.table, weights.intron_length),
        lengths.cut_introns.rate * weights.intron_length,
    )


def _scaled(table: npt.NDArray[np.float64], weight: float) -> npt.NDArray[np.float64]:
    """``table`` times ``weight``; what is impossible stays so, even with no weight at all."""
    scaled = np.full_like(table, -np.inf)
    return np.multiply(table, weight, out=scaled, where=np.isfinite(table))


def weigh(events: Events, weights: Weights) -> Events:
    """``events`` with weighted log odds and content, ready for the kernel."""
    slopes = np.array([getattr(weights, f"{kind}_weight") for kind in KINDS] + [0.0])
    offsets = np.array([getattr(weights, f"{kind}_bias") for kind in KINDS] + [0.0])
    scale = np.array([weights.coding] * 3 + [weights.intron])
    return events._replace(
        log_odds=slopes[events.kind] * events.log_odds + offsets[events.kind],
        content=events.content * scale,
    )


class Solution(NamedTuple):
    """What the kernel found: its tables (see ``sweep``), the total score, and the best path's last event and phase."""

    score: npt.NDArray[np.float64]
    back: npt.NDArray[np.int64]
    tail: npt.NDArray[np.float64]
    tail_event: npt.NDArray[np.int64]
    total: float
    last: int
    phase: int


def solve(
    events: Events, lengths: Lengths, weights: Weights, before: float = 0.0, total: bool = False
) -> Solution:
    """Find the best path through ``events``, or with ``total`` the score of all paths together.

    ``before`` is the score of what lies left of them.
    """
    count = len(events.boundary)
    score, back = np.empty((count, 3)), np.empty((count, 3), np.int64)
    tail, tail_event = np.empty((2, 6)), np.empty((2, 6), np.int64)
    reached, last, phase = sweep(
        *weigh(events, weights),
        *weighted_tables(lengths, weights),
        weights.edge,
        before,
        total,
        score,
        back,
        tail,
        tail_event,
    )
    return Solution(score, back, tail, tail_event, float(reached), last, phase)


def find_path(events: Events, lengths: Lengths, weights: Weights) -> list[Segment]:
    """Exons of the best path, left to right."""
    solution = solve(events, lengths, weights)
    return trace(events, solution, solution.last, solution.phase)


def trace(events: Events, solution: Solution, last: int, phase: int) -> list[Segment]:
    """Follow the back-pointers from event ``last`` to the first event."""
    back = solution.back
    path = []
    event = last
    while event != NOTHING:
        if events.opens[event]:
            event = int(back[event, phase])
        elif back[event, phase] == NOTHING:
            break
        else:
            opening, opening_phase = divmod(int(back[event, phase]), 3)
            path.append(Segment(opening, int(event), opening_phase, phase))
            event, phase = opening, opening_phase
    return path[::-1]


class PathGene(NamedTuple):
    """A gene of a path: its transcript, as yet without a name, and the segment of each of its CDS intervals."""

    transcript: Transcript
    exons: tuple[Segment, ...]


def path_genes(events: Events, path: Sequence[Segment], chromosome: str) -> list[PathGene]:
    """Group the exons of a path into genes; one ends where its last exon closes with a stop, start or edge."""
    genes: list[list[Segment]] = [[]]
    for position, segment in enumerate(path):
        genes[-1].append(segment)
        next_opening = events.kind[path[position + 1].opening] if position + 1 < len(path) else STOP
        if events.kind[segment.closing] in (START, STOP, EDGE) or next_opening in (START, STOP):
            genes.append([])
    found = [_path_gene(events, exons, chromosome) for exons in genes[:-1]]
    return [gene for gene in found if gene.exons]


def path_transcripts(events: Events, path: Sequence[Segment], chromosome: str) -> list[Transcript]:
    """The transcripts of ``path_genes``."""
    return [gene.transcript for gene in path_genes(events, path, chromosome)]


def _path_gene(events: Events, exons: Sequence[Segment], chromosome: str) -> PathGene:
    cds = [
        (int(events.boundary[exon.opening]), int(events.boundary[exon.closing])) for exon in exons
    ]
    kept = list(exons)
    reverse = bool(events.reverse[exons[0].opening])
    ends = {int(events.kind[exons[0].opening]), int(events.kind[exons[-1].closing])}
    if not ends & {START, STOP}:
        bases = exons[-1].unfinished if reverse else -exons[0].phase % 3
        _cut(cds, kept, bases, reverse)
    transcript = Transcript(
        chromosome,
        "-" if reverse else "+",
        "",
        "",
        tuple(cds),
        tuple(cds),
        start_complete=START in ends,
        end_complete=STOP in ends,
    )
    return PathGene(transcript, tuple(kept))


def _cut(cds: list[Interval], exons: list[Segment], bases: int, reverse: bool) -> None:
    """Cut ``bases`` of a codon off the 5' end of a CDS whose frame neither a start nor a stop codon tells."""
    first = -1 if reverse else 0
    while bases and cds:
        start, end = cds[first]
        if end - start > bases:
            cds[first] = (start, end - bases) if reverse else (start + bases, end)
            return
        bases -= end - start
        del cds[first], exons[first]
