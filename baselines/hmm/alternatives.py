"""Other ways to read a gene: the best path of its locus without one of the sites that the very best path uses.

The best of them is the second best path of the locus (Lawler 1972, one step); where a species splices alternatively
they are the likeliest other isoforms, elsewhere they show what the decoder wavers between.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from baselines.hmm.kernels import NOTHING
from baselines.hmm.lengths import Lengths
from baselines.hmm.path import PathGene, Segment, Solution, Weights, path_genes, solve, trace
from baselines.hmm.topology import EDGE, Events

__all__ = ["Reading", "find_rivals"]


class Reading(NamedTuple):
    """A gene of a path, and the score of the path from its first to its last event, exon by exon and as a whole."""

    gene: PathGene
    exons: list[float]
    whole: float

    @classmethod
    def of(cls, gene: PathGene, solution: Solution) -> Reading:
        """Read off a ``solution`` of the events that ``gene`` counts by."""
        exons = [stretch(exon, exon, solution) for exon in gene.exons]
        return cls(gene, exons, stretch(gene.exons[0], gene.exons[-1], solution))


def stretch(first: Segment, last: Segment, solution: Solution) -> float:
    """Score of the best path from the opening of one exon to the closing of another."""
    begin = solution.score[first.opening, first.phase]
    return float(solution.score[last.closing, last.unfinished] - begin)


def find_rivals(
    gene: PathGene,
    low: int,
    high: int,
    events: Events,
    lengths: Lengths,
    weights: Weights,
    chromosome: str,
) -> list[Reading]:
    """Other readings of the locus of ``gene``: the events ``low`` to ``high``, which hold no other gene of the path.

    Those that are one gene, on the same strand, with a coding base in common and open at the same ends; each once.
    """
    found: list[Reading] = []
    seen = {gene.transcript.cds}
    for site in _sites(gene, events):
        chosen = np.concatenate([np.arange(low, site), np.arange(site + 1, high)])
        if not len(chosen):
            continue
        local = Events(*(array[chosen] for array in events))
        solution = solve(local, lengths, weights)
        if solution.last == NOTHING:
            continue
        path = trace(local, solution, solution.last, solution.phase)
        readings = [Reading.of(each, solution) for each in path_genes(local, path, chromosome)]
        if len(readings) == 1 and _alike(readings[0].gene, gene):
            (reading,) = readings
            if reading.gene.transcript.cds not in seen:
                seen.add(reading.gene.transcript.cds)
                found.append(reading._replace(gene=_renumbered(reading.gene, chosen)))
    return found


def _sites(gene: PathGene, events: Events) -> Iterator[int]:
    for exon in gene.exons:
        for event in (exon.opening, exon.closing):
            if events.kind[event] != EDGE:
                yield event


def _alike(one: PathGene, other: PathGene) -> bool:
    """Whether two genes could be transcripts of one."""
    here, there = one.transcript, other.transcript
    return (
        (here.strand, here.start_complete, here.end_complete)
        == (there.strand, there.start_complete, there.end_complete)
    ) and any(
        start < end_other and start_other < end
        for start, end in here.cds
        for start_other, end_other in there.cds
    )


def _renumbered(gene: PathGene, chosen: npt.NDArray[np.int64]) -> PathGene:
    """``gene`` with its events counted among all events, of which ``chosen`` were looked at."""
    exons = tuple(
        exon._replace(opening=int(chosen[exon.opening]), closing=int(chosen[exon.closing]))
        for exon in gene.exons
    )
    return gene._replace(exons=exons)
