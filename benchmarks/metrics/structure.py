"""Predicted against true gene structures at CDS level: strand-aware, exact to the base, in gffcompare's definitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from benchmarks.metrics.bootstrap import Blocks
from benchmarks.metrics.gene_fates import Genes, gene_fates, join_strands
from features.lookup import find
from features.regions import Regions, merge_regions, overlap_regions
from features.transcripts import Interval, Transcript, close_gaps

__all__ = ["LEVELS", "STRATA", "StructureCounts", "compare_structures"]

LEVELS = ("nucleotide", "exon", "intron", "intron_chain", "transcript", "gene")
STRATA = (
    "single_exon_genes",
    "many_exon_genes",
    "short_exons",
    "long_introns",
    "weak_splice_sites",
)

ALL_FATES = ("missed", "exact", "partial", "overlapping", "wrong")

BYTES_OF_EXON = 16
"""In a CDS chain: two numbers of eight bytes."""
SHORT_EXON = 50
MANY_EXONS = 10
LONG_INTRON_SHARE = 0.1
"""The longest tenth of an annotation's introns are its long ones, whatever the species."""

Counts = npt.NDArray[np.int64]
Strand = tuple[str, str]
"""Chromosome and strand."""
Intervals = npt.NDArray[np.int64]
"""Shape (intervals, 2): distinct 0-based half-open starts and ends, ascending."""


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
        overlap none (wrong). ``gene`` to how many true genes were found, split, merged, partial or missed, see
        ``gene_fates``, and how many predicted CDS chains share no base with a true CDS (wrong).
    strata : per stratum of ``STRATA`` how many are true and found; introns with weak splice sites only where
        ``compare_structures`` was told which they are.
    """

    levels: dict[str, Counts]
    fates: dict[str, dict[str, int]]
    strata: dict[str, tuple[int, int]]


class _StrandFeatures:
    """The unique CDS features of one strand of a chromosome; ``all_`` ones also where they are left out.

    Attributes
    ----------
    chains : the first base of each CDS chain, by the bytes of its int64 intervals of shape (exons, 2).
    intron_chains : the same of the introns of those that have some.
    all_genes, all_chains : the CDS chains, per gene and together.
    genes : those without a chain that is left out.
    gene_exons : int64 of shape (exons, 3), ascending: start, end and index in ``all_genes``.
    """

    def __init__(self, transcripts: Sequence[Transcript], left_out: Regions) -> None:
        cds = [close_gaps(transcript.cds) for transcript in transcripts]
        flat = np.fromiter(chain.from_iterable(chain.from_iterable(cds)), np.int64)
        exons = flat.reshape(-1, 2)
        sizes = np.array([len(intervals) for intervals in cds], np.int64)
        ends = np.cumsum(sizes)
        starts = ends - sizes
        within = np.ones(max(0, len(exons) - 1), np.bool_)  # an exon and the next are of one chain
        within[ends[:-1] - 1] = False
        introns = np.column_stack([exons[:-1, 1], exons[1:, 0]])[within]
        self.all_exons, self.all_introns = _distinct(exons), _distinct(introns)
        self.exons = _outside(self.all_exons, left_out)
        self.introns = _outside(self.all_introns, left_out)
        dropped = overlap_regions(exons[starts, 0], exons[ends - 1, 1], left_out)
        self.chains: dict[bytes, int] = {}
        self.intron_chains: dict[bytes, int] = {}
        genes: dict[str, set[bytes]] = defaultdict(set)
        for index, transcript in enumerate(transcripts):
            of_chain = exons[starts[index] : ends[index]]
            key = of_chain.tobytes()
            genes[transcript.gene].add(key)
            if not dropped[index] and key not in self.chains:
                self.chains[key] = int(of_chain[0, 0])
                if len(of_chain) > 1:
                    self.intron_chains[of_chain.ravel()[1:-1].tobytes()] = int(of_chain[0, 1])
        self.all_genes = list(genes.values())
        self.all_chains = set().union(*self.all_genes)
        self.genes = [keys for keys in self.all_genes if keys <= self.chains.keys()]
        numbers = {gene: number for number, gene in enumerate(genes)}
        gene_of = np.array([numbers[transcript.gene] for transcript in transcripts], np.int64)
        exon, _ = find(_keys(exons), _keys(self.all_exons))
        exon, gene = _distinct(np.column_stack([exon, np.repeat(gene_of, sizes)])).T
        self.gene_exons = np.column_stack([self.all_exons[exon], gene])


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
    nothing = np.empty((0, 2), np.int64)
    truths, guesses = _by_strand(true), _by_strand(predicted)
    levels = {level: np.zeros((blocks.count, 4), np.int64) for level in LEVELS}
    fates = {feature: dict.fromkeys(ALL_FATES, 0) for feature in ("exon", "intron")}
    strands = {}
    for where in sorted(truths.keys() | guesses.keys()):
        chromosome = where[0]
        mask = regions.get(chromosome, nothing)
        truth = _StrandFeatures(truths.get(where, []), mask)
        guess = _StrandFeatures(guesses.get(where, []), mask)
        strands[where] = (truth, guess)
        _count_nucleotides(levels["nucleotide"], truth, guess, blocks, chromosome, mask)
        for level, starts in _first_bases(truth, guess).items():
            for column, positions in enumerate(starts):
                blocks.add_counts(levels[level][:, column], chromosome, positions)
        _add_fates(fates["exon"], truth.exons, truth.all_exons, guess.exons, guess.all_exons)
        _add_fates(
            fates["intron"], truth.introns, truth.all_introns, guess.introns, guess.all_introns
        )
    fates["gene"] = _gene_fates(strands.values())
    return StructureCounts(levels, fates, _strata(strands, weak_introns))


def _by_strand(transcripts: Iterable[Transcript]) -> dict[Strand, list[Transcript]]:
    """The coding ones."""
    grouped: dict[Strand, list[Transcript]] = defaultdict(list)
    for transcript in transcripts:
        if transcript.coding:
            grouped[transcript.chromosome, transcript.strand].append(transcript)
    return grouped


def _distinct(intervals: npt.NDArray[np.int64]) -> Intervals:
    keys = np.sort(_keys(intervals))
    keys = keys[np.append(keys[:1] == keys[:1], keys[1:] != keys[:-1])]
    return np.column_stack([keys >> 32, keys & 0xFFFFFFFF])


def _keys(intervals: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Each interval as one number, in the same order."""
    keys: npt.NDArray[np.int64] = intervals[:, 0] << 32 | intervals[:, 1]
    return keys


def _among(intervals: Intervals, others: Intervals) -> npt.NDArray[np.bool_]:
    """Whether each of ``intervals`` is one of ``others``."""
    return find(_keys(intervals), _keys(others))[1]


def _outside(intervals: Intervals, left_out: Regions) -> Intervals:
    return intervals[~overlap_regions(intervals[:, 0], intervals[:, 1], left_out)]


def _first_bases(
    truth: _StrandFeatures, guess: _StrandFeatures
) -> dict[str, tuple[npt.ArrayLike, ...]]:
    """Per level where the true, found, predicted and correct features of a strand begin."""
    found: dict[str, tuple[npt.ArrayLike, ...]] = {}
    for level, mine, theirs in (
        ("exon", truth.exons, guess.exons),
        ("intron", truth.introns, guess.introns),
    ):
        shared = mine[_among(mine, theirs)][:, 0]
        found[level] = (mine[:, 0], shared, theirs[:, 0], shared)
    for level, of_truth, of_guess in (
        ("intron_chain", truth.intron_chains, guess.intron_chains),
        ("transcript", truth.chains, guess.chains),
    ):
        exact = [of_truth[key] for key in of_truth.keys() & of_guess.keys()]
        found[level] = (list(of_truth.values()), exact, list(of_guess.values()), exact)
    starts = np.array([min(map(truth.chains.__getitem__, keys)) for keys in truth.genes], np.int64)
    found["gene"] = (starts, starts[_exact(truth.genes, guess)], *found["transcript"][2:])
    return found


def _exact(genes: Sequence[set[bytes]], others: _StrandFeatures) -> npt.NDArray[np.bool_]:
    """Whether any CDS chain of each of ``genes`` is one of ``others``."""
    return np.array([not keys.isdisjoint(others.all_chains) for keys in genes], np.bool_)


def _count_nucleotides(
    counts: Counts,
    truth: _StrandFeatures,
    guess: _StrandFeatures,
    blocks: Blocks,
    chromosome: str,
    left_out: Regions,
) -> None:
    """Add the coding bases of a strand to ``counts``, shape (blocks, 4)."""
    length = blocks.lengths[chromosome]
    edges = np.append(np.arange(0, length, blocks.size), length)
    first = int(blocks.of(chromosome, 0))
    here = counts[first : first + len(edges) - 1]
    unseen = _covered([left_out], edges)
    true = _covered([truth.all_exons, left_out], edges) - unseen
    predicted = _covered([guess.all_exons, left_out], edges) - unseen
    either = _covered([truth.all_exons, guess.all_exons, left_out], edges) - unseen
    both = true + predicted - either
    here += np.column_stack([true, both, predicted, both])


def _covered(parts: Sequence[Intervals], edges: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Bases of the union of ``parts`` between each two neighbours of ``edges``."""
    merged = merge_regions(np.concatenate(parts))
    if len(merged) == 0:
        return np.zeros(len(edges) - 1, np.int64)
    starts, ends = merged.T
    begun = np.searchsorted(starts, edges)  # regions that begin before each edge
    total = np.append(0, np.cumsum(ends - starts))[begun]
    total -= np.where(begun > 0, np.maximum(0, ends[begun - 1] - edges), 0)
    return np.diff(total)


def _add_fates(
    fates: dict[str, int],
    true: Intervals,
    all_true: Intervals,
    predicted: Intervals,
    all_predicted: Intervals,
) -> None:
    exact = _among(predicted, all_true)
    partial = find(predicted[:, 0], all_true[:, 0])[1]
    partial |= find(predicted[:, 1], np.sort(all_true[:, 1]))[1]
    touching = _overlapping(predicted, all_true)
    fates["missed"] += int((~_overlapping(true, all_predicted)).sum())
    fates["exact"] += int(exact.sum())
    fates["partial"] += int((partial & ~exact).sum())
    fates["overlapping"] += int((touching & ~partial).sum())
    fates["wrong"] += int((~touching).sum())


def _gene_fates(
    strands: Iterable[tuple[_StrandFeatures, _StrandFeatures]],
) -> dict[str, int]:
    true, predicted, wrong = [], [], 0
    for truth, guess in strands:
        true.append(_genes(truth, guess))
        predicted.append(_genes(guess, truth))
        wrong += _wrong_chains(truth, guess)
    return {**gene_fates(join_strands(true), join_strands(predicted)), "wrong": wrong}


def _genes(features: _StrandFeatures, others: _StrandFeatures) -> Genes:
    counted = [keys <= features.chains.keys() for keys in features.all_genes]
    return Genes(
        features.gene_exons, _exact(features.all_genes, others), np.array(counted, np.bool_)
    )


def _wrong_chains(truth: _StrandFeatures, guess: _StrandFeatures) -> int:
    """How many of the predicted CDS chains share no base with a true CDS."""
    exons = np.frombuffer(b"".join(guess.chains), np.int64).reshape(-1, 2)
    sizes = np.array([len(key) // BYTES_OF_EXON for key in guess.chains], np.int64)
    touching = np.repeat(np.arange(len(sizes)), sizes)[_overlapping(exons, truth.all_exons)]
    return len(sizes) - len(np.unique(touching))


def _overlapping(intervals: Intervals, others: Intervals) -> npt.NDArray[np.bool_]:
    """Whether each of ``intervals`` shares a base with any of ``others``."""
    return overlap_regions(intervals[:, 0], intervals[:, 1], merge_regions(others))


def _strata(
    strands: Mapping[Strand, tuple[_StrandFeatures, _StrandFeatures]],
    weak_introns: Mapping[Strand, set[Interval]] | None,
) -> dict[str, tuple[int, int]]:
    counts = dict.fromkeys(STRATA, (0, 0))
    if weak_introns is None:
        del counts["weak_splice_sites"]

    def add(stratum: str, found: npt.NDArray[np.bool_]) -> None:
        true, hit = counts[stratum]
        counts[stratum] = (true + len(found), hit + int(found.sum()))

    lengths = [truth.introns[:, 1] - truth.introns[:, 0] for truth, _ in strands.values()]
    all_lengths = np.concatenate([np.empty(0, np.int64), *lengths])
    long_intron = np.quantile(all_lengths, 1 - LONG_INTRON_SHARE) if len(all_lengths) else np.inf
    for (where, (truth, guess)), of_strand in zip(strands.items(), lengths, strict=True):
        exons, introns = truth.exons, truth.introns
        add("short_exons", _among(exons[exons[:, 1] - exons[:, 0] < SHORT_EXON], guess.exons))
        found = _among(introns, guess.introns)
        add("long_introns", found[of_strand > long_intron])
        if weak_introns is not None:
            weak = np.array(sorted(weak_introns.get(where, ())), np.int64).reshape(-1, 2)
            add("weak_splice_sites", found[_among(introns, weak)])
        exact = _exact(truth.genes, guess)
        # the most exons of a chain of each gene
        most = np.array([max(map(len, keys)) // BYTES_OF_EXON for keys in truth.genes], np.int64)
        add("single_exon_genes", exact[most == 1])
        add("many_exon_genes", exact[most >= MANY_EXONS])
    return counts
