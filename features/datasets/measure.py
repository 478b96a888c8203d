"""Measures the figures of the genome simulator on an annotated genome (``python -m features.datasets.measure``)."""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from features.command_line import add_common_options, command_parser, run_command
from features.datasets.dataset import Dataset
from features.datasets.gene_model import (
    ACCEPTOR_BASES,
    CHAIN_ORDER,
    DONOR_BASES,
    SPLICE_CONTEXT,
    START_BASES,
)
from features.datasets.options import add_dataset_options, dataset_from_options
from features.genome import Codes, reverse_complement
from features.labelled import LabelledChromosome
from features.storage import atomic_text, check_output_file
from features.transcripts import Interval, cds_codes, gaps, longest_isoforms

__all__ = ["main", "measure"]

QUANTILES = 41
LONGEST_SHARE = 0.98
"""Lengths above this quantile are left out: a small genome has no room for a 20-kb intron."""
MOST_EXONS = 20
NON_CODING_SHARE = 0.08
REVERSE_SHARE = 0.5
BASES = "ACGT"


class _Tally:
    """Counts over all chromosomes, from which the figures follow."""

    def __init__(self) -> None:
        self.lengths: dict[str, list[int]] = defaultdict(list)
        self.sequences: dict[str, list[Codes]] = defaultdict(list)
        self.donors: list[Codes] = []
        self.acceptors: list[Codes] = []
        self.starts: list[Codes] = []
        self.codons: Counter[str] = Counter()
        self.stops: Counter[str] = Counter()
        self.exon_counts: Counter[int] = Counter()
        self.genes = self.isoform_genes = self.leaders = self.split_leaders = 0

    def add(self, chromosome: LabelledChromosome) -> None:
        isoforms: dict[str, set[tuple[Interval, ...]]] = defaultdict(set)
        for transcript in chromosome.transcripts:
            if transcript.coding:
                isoforms[transcript.gene].add(transcript.cds)
        self.genes += len(isoforms)
        self.isoform_genes += sum(len(chains) > 1 for chains in isoforms.values())
        genes = longest_isoforms(chromosome.transcripts)
        for left, right in pairwise(genes):
            if right.start > left.end:
                self.lengths["intergenic"].append(right.start - left.end)
                self.sequences["intergenic"].append(chromosome.sequence[left.end : right.start])
        length = len(chromosome.sequence)
        reverse = reverse_complement(chromosome.sequence)
        for gene in genes:
            if gene.start_complete and gene.end_complete and gene.cds_length % 3 == 0:
                forward = gene.strand == "+"
                self._add_gene(
                    chromosome.sequence if forward else reverse,
                    gene.exons if forward else _mirror(gene.exons, length),
                    gene.cds if forward else _mirror(gene.cds, length),
                )
                self._add_codons(cds_codes(gene, chromosome.sequence))

    def _add_gene(
        self, strand: Codes, exons: tuple[Interval, ...], cds: tuple[Interval, ...]
    ) -> None:
        sizes = [end - start for start, end in cds]
        self.exon_counts[min(len(sizes), MOST_EXONS)] += 1
        if len(sizes) == 1:
            self.lengths["single_exon"] += sizes
        else:
            self.lengths["first_exon"].append(sizes[0])
            self.lengths["internal_exon"] += sizes[1:-1]
            self.lengths["last_exon"].append(sizes[-1])
        before, after = SPLICE_CONTEXT
        for start, end in gaps(cds):
            bounds = strand[start : start + 2].tolist(), strand[end - 2 : end].tolist()
            if bounds[0] not in ([2, 3], [2, 1]) or bounds[1] != [0, 2]:
                continue
            self.lengths["intron"].append(end - start)
            self.sequences["intron"].append(strand[start + DONOR_BASES : end - ACCEPTOR_BASES])
            self.donors.append(strand[start - before : start + DONOR_BASES])
            self.acceptors.append(strand[end - ACCEPTOR_BASES - 1 : end + after])
        coding_start, coding_end = cds[0][0], cds[-1][1]
        self.starts.append(strand[coding_start - START_BASES - 1 : coding_start])
        leader = [(start, min(end, coding_start)) for start, end in exons if start < coding_start]
        trailer = [(max(start, coding_end), end) for start, end in exons if end > coding_end]
        for kind, parts in (("utr_5", leader), ("utr_3", trailer)):
            if parts:
                self.lengths[kind].append(sum(end - start for start, end in parts))
                self.sequences[kind] += [strand[start:end] for start, end in parts]
        self.leaders += bool(leader)
        self.split_leaders += len(leader) > 1

    def _add_codons(self, cds: Codes) -> None:
        if (cds > 3).any():
            return
        letters = "".join(BASES[code] for code in cds)
        codons = [letters[start : start + 3] for start in range(0, len(letters), 3)]
        if not {"TAA", "TAG", "TGA"} & set(codons[:-1]):
            self.codons.update(codons[1:-1])
            self.stops[codons[-1]] += 1

    def figures(self, source: str) -> dict[str, Any]:
        before, _ = SPLICE_CONTEXT
        donors, acceptors, starts = map(_stack, (self.donors, self.acceptors, self.starts))
        stops = {codon: self.stops[codon] for codon in ("TAA", "TAG", "TGA")}
        return {
            "source": source,
            "non_coding_share": NON_CODING_SHARE,
            "reverse_share": REVERSE_SHARE,
            "second_isoform_share": round(self.isoform_genes / self.genes, 4),
            "utr_5_intron_share": round(self.split_leaders / self.leaders, 4),
            "exon_counts": [self.exon_counts[count] for count in range(1, MOST_EXONS + 1)],
            "lengths": {kind: _quantiles(values) for kind, values in sorted(self.lengths.items())},
            "codons": dict(sorted(self.codons.items())),
            "stops": stops,
            "donor_exon": _frequencies(donors[:, :before]),
            "donor_intron": _transitions(donors[:, before - 1 :]),
            "acceptor_intron": _transitions(acceptors[:, : ACCEPTOR_BASES + 1]),
            "acceptor_exon": _frequencies(acceptors[:, ACCEPTOR_BASES + 1 :]),
            "start_upstream": _transitions(starts),
            "chains": {kind: _chain(parts) for kind, parts in sorted(self.sequences.items())},
        }


def measure(dataset: Dataset) -> dict[str, Any]:
    """Figures for ``GeneModel``, from the training chromosomes of ``dataset``."""
    tally = _Tally()
    for name in dataset.split.train:
        tally.add(dataset.chromosome(name))
    return tally.figures(f"{dataset.title}: {', '.join(dataset.split.train)}")


def _mirror(intervals: tuple[Interval, ...], length: int) -> tuple[Interval, ...]:
    return tuple((length - end, length - start) for start, end in intervals[::-1])


def _quantiles(values: Sequence[int]) -> list[int]:
    shares = np.linspace(0, LONGEST_SHARE, QUANTILES)
    return [round(value) for value in np.quantile(values, shares).tolist()]


def _stack(windows: Sequence[Codes]) -> npt.NDArray[np.int64]:
    """Windows of one length without unknown bases, shape (windows, bases)."""
    width = max(map(len, windows))
    stacked = np.stack([window for window in windows if len(window) == width])
    return stacked[(stacked < 4).all(axis=1)].astype(np.int64)


def _frequencies(windows: npt.NDArray[np.int64]) -> list[list[float]]:
    """Share of each base at each position, shape (positions, 4)."""
    return [_shares(np.bincount(column, minlength=4)) for column in windows.T]


def _transitions(windows: npt.NDArray[np.int64]) -> list[list[list[float]]]:
    """Share of each base after each base, shape (bases - 1, 4, 4); after one never seen, the position's shares."""
    positions = []
    for previous, current in zip(windows.T[:-1], windows.T[1:], strict=True):
        counts = np.bincount(4 * previous + current, minlength=16).reshape(4, 4)
        counts[counts.sum(axis=1) == 0] = counts.sum(axis=0)
        positions.append([_shares(row) for row in counts])
    return positions


def _chain(sequences: Sequence[Codes]) -> list[list[float]]:
    """Share of each base after each CHAIN_ORDER bases, shape (4 ** CHAIN_ORDER, 4)."""
    counts = np.ones(4 ** (CHAIN_ORDER + 1), np.int64)
    for sequence in sequences:
        if len(sequence) <= CHAIN_ORDER:
            continue
        windows = np.lib.stride_tricks.sliding_window_view(sequence, CHAIN_ORDER + 1)
        known = windows[(windows < 4).all(axis=1)].astype(np.int64)
        index = known @ (4 ** np.arange(CHAIN_ORDER, -1, -1))
        counts += np.bincount(index, minlength=len(counts))
    return [_shares(row) for row in counts.reshape(-1, 4)]


def _shares(counts: npt.NDArray[np.int64]) -> list[float]:
    return [round(share, 4) for share in (counts / counts.sum()).tolist()]


def main(argv: Sequence[str] | None = None) -> int:
    """Command line of ``python -m features.datasets.measure``."""
    return run_command(_run, argv)


def _run(argv: Sequence[str] | None) -> None:
    parser = command_parser(
        "python -m features.datasets.measure",
        "Measure the figures of the genome simulator on a dataset's training chromosomes.",
        "--dataset worm --output simulator.json",
    )
    add_dataset_options(parser)
    parser.add_argument("--output", required=True, metavar="JSON", help="file to write")
    add_common_options(parser)
    arguments = parser.parse_args(argv)
    check_output_file(arguments.output)
    figures = measure(dataset_from_options(arguments))
    entries = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in figures.items())
    with atomic_text(arguments.output) as file:
        file.write("{\n" + ",\n".join(entries) + "\n}\n")


if __name__ == "__main__":
    sys.exit(main())
