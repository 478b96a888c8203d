"""Predicted against true gene structures at CDS level: strand-aware, exact to the base, in gffcompare's definitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.metrics.bootstrap import Blocks
from features.regions import Regions, merge_regions, overlap_regions
from features.transcripts import Interval, Transcript, close_gaps, gaps

__all__ = ["LEVELS", "STRATA", "StructureCounts", "compare_structures"]

LEVELS = ("nucleotide", "exon", "intron", "intron_chain", "transcript", "gene")
STRATA = (
    "single_exon_genes",
    "many_exon_genes",
    "short_exons",
    "long_introns",
    "weak_splice_sites",
)

SHORT_EXON = 50
MANY_EXONS = 10
LONG_INTRON_SHARE = 0.1
"""The longest tenth of an annotation's introns are its long ones, whatever the species."""

Counts = npt.NDArray[np.int64]
Strand = tuple[str, str]
"""Chromosome and strand."""
Chain = tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class StructureCounts:
    """What ``compare_structures`` counts.

    Attributes
    ----------
    levels : per level int64 of shape (blocks, 4): true, found, predicted, correct. Found and correct differ only at
        gene level, where a gene with any exact CDS chain is found and every predicted chain that equals an annotated
        one is correct.
    fates : ``exon`` and ``intron`` to how many true ones overlap no predicted one (missed) and how many predicted ones
        are exact, share one boundary with a true one (partial), overlap one without sharing a boundary (overlapping) or
        overlap none (wrong).
    strata : per stratum of ``STRATA`` how many are true and found; introns with weak splice sites only where
        ``compare_structures`` was told which they are.
    """

    levels: dict[str, Counts]
    fates: dict[str, dict[str, int]]
    strata: dict[str, tuple[int, int]]


class _Features:
    """The unique CDS features of some transcripts, per chromosome and strand; ``all_`` ones also where left out."""

    def __init__(self, transcripts: Iterable[Transcript], left_out: Mapping[str, Regions]) -> None:
        self.left_out = left_out
        genes: dict[Strand, dict[str, set[Chain]]] = defaultdict(lambda: defaultdict(set))
        for transcript in transcripts:
            if transcript.coding:
                where = (transcript.chromosome, transcript.strand)
                genes[where][transcript.gene].add(close_gaps(transcript.cds))
        self.all_exons: dict[Strand, set[Interval]] = {}
        self.all_introns: dict[Strand, set[Interval]] = {}
        self.exons: dict[Strand, set[Interval]] = {}
        self.introns: dict[Strand, set[Interval]] = {}
        self.chains: dict[Strand, set[Chain]] = {}
        self.intron_chains: dict[Strand, set[Chain]] = {}
        self.genes: dict[Strand, list[set[Chain]]] = {}
        for where, of_gene in genes.items():
            chains = set().union(*of_gene.values())
            self.all_exons[where] = {exon for chain in chains for exon in chain}
            self.all_introns[where] = {intron for chain in chains for intron in gaps(chain)}
            self.exons[where] = self._kept(where, self.all_exons[where])
            self.introns[where] = self._kept(where, self.all_introns[where])
            spans = {chain: (chain[0][0], chain[-1][1]) for chain in chains}
            kept = self._kept(where, set(spans.values()))
            self.chains[where] = {chain for chain in chains if spans[chain] in kept}
            self.intron_chains[where] = {
                gaps(chain) for chain in self.chains[where] if len(chain) > 1
            }
            self.genes[where] = [
                chains
                for chains in of_gene.values()
                if all(spans[chain] in kept for chain in chains)
            ]

    def _kept(self, where: Strand, intervals: set[Interval]) -> set[Interval]:
        regions = self.left_out.get(where[0])
        if regions is None or not intervals:
            return intervals
        ordered = np.array(sorted(intervals), np.int64)
        dropped = overlap_regions(ordered[:, 0], ordered[:, 1], regions)
        return {(int(start), int(end)) for start, end in ordered[~dropped]}


def compare_structures(
    true: Sequence[Transcript],
    predicted: Sequence[Transcript],
    blocks: Blocks,
    left_out: Mapping[str, npt.NDArray[np.int64]] | None = None,
    weak_introns: Mapping[Strand, set[Interval]] | None = None,
) -> StructureCounts:
    """Compare the coding sequences of ``predicted`` with those of ``true`` transcripts; the non-coding are passed over.

    Exons, introns, intron chains and transcripts (CDS chains) are compared as sets, so a structure that two isoforms
    share counts once. A feature belongs to the block of its first base, a nucleotide to its own.

    Parameters
    ----------
    blocks : the chromosomes that count; every transcript must lie on one of them.
    left_out : per chromosome regions of shape (regions, 2); true or predicted features that overlap them are not
        counted (a chain overlaps with its span, a gene with any of its chains).
    weak_introns : per (chromosome, strand) those of the stratum ``weak_splice_sites``.
    """
    regions = {name: merge_regions(mask) for name, mask in (left_out or {}).items()}
    truth, guess = _Features(true, regions), _Features(predicted, regions)
    levels = {
        "nucleotide": _count_nucleotides(truth.all_exons, guess.all_exons, blocks, regions),
        "exon": _count_sets(truth.exons, guess.exons, blocks),
        "intron": _count_sets(truth.introns, guess.introns, blocks),
        "intron_chain": _count_sets(truth.intron_chains, guess.intron_chains, blocks),
        "transcript": _count_sets(truth.chains, guess.chains, blocks),
    }
    gene = levels["transcript"].copy()
    gene[:, 0] = _tally(truth.genes, blocks, _gene_start)
    gene[:, 1] = _tally(_found_genes(truth, guess), blocks, _gene_start)
    levels["gene"] = gene
    fates = {
        "exon": _fates(truth.exons, truth.all_exons, guess.exons, guess.all_exons),
        "intron": _fates(truth.introns, truth.all_introns, guess.introns, guess.all_introns),
    }
    return StructureCounts(levels, fates, _strata(truth, guess, weak_introns))


def _first_base(item: Hashable) -> int:
    """Start of an interval or of a chain of intervals."""
    while isinstance(item, tuple):
        item = item[0]
    assert isinstance(item, int)
    return item


def _gene_start(chains: Iterable[Chain]) -> int:
    return min(chain[0][0] for chain in chains)


def _tally(items, blocks: Blocks, start=_first_base) -> Counts:  # type: ignore[no-untyped-def]
    total = np.zeros(blocks.count, np.int64)
    for (chromosome, _), here in items.items():
        blocks.add_counts(total, chromosome, [start(item) for item in here])
    return total


def _count_sets(true, predicted, blocks: Blocks) -> Counts:  # type: ignore[no-untyped-def]
    shared = {where: true[where] & predicted.get(where, set()) for where in true}
    found = _tally(shared, blocks)
    return np.column_stack([_tally(true, blocks), found, _tally(predicted, blocks), found])


def _found_genes(truth: _Features, guess: _Features) -> dict[Strand, list[set[Chain]]]:
    return {
        where: [chains for chains in genes if chains & guess.chains.get(where, set())]
        for where, genes in truth.genes.items()
    }


def _count_nucleotides(
    true: Mapping[Strand, set[Interval]],
    predicted: Mapping[Strand, set[Interval]],
    blocks: Blocks,
    left_out: Mapping[str, Regions],
) -> Counts:
    counts = np.zeros((blocks.count, 4), np.int64)
    for where in sorted(true.keys() | predicted.keys()):
        chromosome = where[0]
        length = blocks.lengths[chromosome]
        covered = []
        for exons in (true.get(where, set()), predicted.get(where, set())):
            bases = np.zeros(length, np.bool_)
            for start, end in exons:
                bases[start:end] = True
            for start, end in left_out.get(chromosome, ()):
                bases[start:end] = False
            covered.append(bases)
        both = covered[0] & covered[1]
        edges = np.arange(0, length, blocks.size)
        first = int(blocks.of(chromosome, 0))
        for column, bases in enumerate((covered[0], both, covered[1], both)):
            counts[first : first + len(edges), column] += np.add.reduceat(
                bases, edges, dtype=np.int64
            )
    return counts


def _fates(
    true: Mapping[Strand, set[Interval]],
    all_true: Mapping[Strand, set[Interval]],
    predicted: Mapping[Strand, set[Interval]],
    all_predicted: Mapping[Strand, set[Interval]],
) -> dict[str, int]:
    fates = dict.fromkeys(("missed", "exact", "partial", "overlapping", "wrong"), 0)
    for where, intervals in true.items():
        fates["missed"] += int((~_overlapping(intervals, all_predicted.get(where, set()))).sum())
    for where, intervals in predicted.items():
        known = all_true.get(where, set())
        starts, ends = {start for start, _ in known}, {end for _, end in known}
        touching = _overlapping(intervals, known)
        for (start, end), touches in zip(sorted(intervals), touching, strict=True):
            if (start, end) in known:
                fates["exact"] += 1
            elif start in starts or end in ends:
                fates["partial"] += 1
            else:
                fates["overlapping" if touches else "wrong"] += 1
    return fates


def _overlapping(intervals: set[Interval], others: set[Interval]) -> npt.NDArray[np.bool_]:
    """Whether each of the sorted ``intervals`` shares a base with any of ``others``."""
    ordered = np.array(sorted(intervals), np.int64).reshape(-1, 2)
    return overlap_regions(ordered[:, 0], ordered[:, 1], merge_regions(others))


def _strata(
    truth: _Features, guess: _Features, weak_introns: Mapping[Strand, set[Interval]] | None
) -> dict[str, tuple[int, int]]:
    counts = dict.fromkeys(STRATA, (0, 0))
    if weak_introns is None:
        del counts["weak_splice_sites"]
        weak_introns = {}

    def add(stratum: str, found: bool) -> None:
        counts[stratum] = (counts[stratum][0] + 1, counts[stratum][1] + found)

    lengths = [end - start for introns in truth.introns.values() for start, end in introns]
    long_intron = float(np.quantile(lengths, 1 - LONG_INTRON_SHARE)) if lengths else np.inf
    for where, exons in truth.exons.items():
        for exon in exons:
            if exon[1] - exon[0] < SHORT_EXON:
                add("short_exons", exon in guess.exons.get(where, set()))
        for intron in truth.introns[where]:
            found = intron in guess.introns.get(where, set())
            if intron[1] - intron[0] > long_intron:
                add("long_introns", found)
            if intron in weak_introns.get(where, ()):
                add("weak_splice_sites", found)
        for chains in truth.genes[where]:
            found = bool(chains & guess.chains.get(where, set()))
            most = max(len(chain) for chain in chains)
            if most == 1:
                add("single_exon_genes", found)
            elif most >= MANY_EXONS:
                add("many_exon_genes", found)
    return counts
