"""``GeneModel``: draws single genes, sequence and structure, from measured frequencies and lengths."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from features.accelerate import kernel
from features.genome import Codes, encode
from features.transcripts import Interval, translate

__all__ = [
    "ACCEPTOR_BASES",
    "CHAIN_ORDER",
    "DONOR_BASES",
    "SPLICE_CONTEXT",
    "START_BASES",
    "GeneModel",
    "SimulatedGene",
    "read_figures",
]

CHAIN_ORDER = 3
DONOR_BASES = 8
"""Bases of an intron's 5' end that the donor matrix describes."""
ACCEPTOR_BASES = 20
"""Bases of an intron's 3' end that the acceptor matrix describes."""
SPLICE_CONTEXT = (3, 2)
"""Exon bases before a donor and from an acceptor on that take part in choosing where an intron goes."""
START_BASES = 10
"""Bases before the start codon that the start matrix describes."""
MINIMUM_EXON = 6
MINIMUM_INTRON = 40
CUT_REACH = 30
"""How far an intron may move from its drawn place in the CDS to meet fitting exon bases."""

Table = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SimulatedGene:
    """A gene on its own strand: codes, and (exons, CDS) per isoform in 5'->3' order, 0-based half-open."""

    codes: Codes
    isoforms: tuple[tuple[tuple[Interval, ...], tuple[Interval, ...]], ...]


class GeneModel:
    """Measured figures and one random stream that draws sequence and genes from them.

    Parameters
    ----------
    figures : content of ``simulator.json``.
    generator : source of randomness; only its uniform doubles are used.
    """

    def __init__(self, figures: Mapping[str, Any], generator: np.random.Generator) -> None:
        self._uniform = generator.random
        self._figures = figures
        self._quantiles = {
            name: np.array(values, float) for name, values in figures["lengths"].items()
        }
        # (contexts, 4) per kind of sequence: cumulative probability of each base after the last CHAIN_ORDER.
        self._chains = {
            name: _cumulative(np.array(rows)) for name, rows in figures["chains"].items()
        }
        # (positions, 4, 4): cumulative probability of each base after the previous one.
        self._donor = _cumulative(np.array(figures["donor_intron"]))
        self._acceptor = _cumulative(np.array(figures["acceptor_intron"]))
        self._start = _cumulative(np.array(figures["start_upstream"]))
        # (positions, 4): log odds of the exon bases around an intron.
        self._exon_ends = np.log(np.array(figures["donor_exon"]) / 0.25)
        self._exon_starts = np.log(np.array(figures["acceptor_exon"]) / 0.25)
        self._codons = _codes_of(figures["codons"])  # (codons, 3)
        self._codon_usage = _cumulative(np.array(list(figures["codons"].values())))
        self._stops = _codes_of(figures["stops"])
        self._stop_usage = _cumulative(np.array(list(figures["stops"].values())))
        self._exon_counts = _cumulative(np.array(figures["exon_counts"]))

    def chance(self, name: str) -> bool:
        """True with the probability that the figures state under ``name``."""
        return bool(self._uniform() < self._figures[name])

    def length(self, name: str, least: int = 1) -> int:
        """A length drawn from the measured quantiles of ``name``, at least ``least``."""
        quantiles = self._quantiles[name]
        place = self._uniform() * (len(quantiles) - 1)
        return max(least, round(float(np.interp(place, np.arange(len(quantiles)), quantiles))))

    def sequence(self, kind: str, length: int) -> Codes:
        """``length`` bases of non-coding sequence of a kind: intergenic, intron, utr_5, utr_3."""
        uniforms = self._uniform(length + 1)
        context = int(uniforms[0] * 4**CHAIN_ORDER)
        return np.asarray(_walk_chain(self._chains[kind], uniforms[1:], context))

    def intron(self) -> Codes:
        """An intron from its GT or GC to its AG."""
        length = self.length("intron", MINIMUM_INTRON)
        donor = _walk_sites(self._donor, self._uniform(DONOR_BASES), 0)
        body = self.sequence("intron", length - DONOR_BASES - ACCEPTOR_BASES)
        acceptor = _walk_sites(self._acceptor, self._uniform(ACCEPTOR_BASES), int(body[-1]))
        return np.concatenate([donor, body, acceptor])

    def coding_gene(self) -> SimulatedGene:
        """A gene with a complete open reading frame, UTRs and, for some, a second isoform that skips an exon."""
        lengths = self._exon_lengths(1 + self._draw(self._exon_counts))
        cds = self._coding_sequence(max(sum(lengths) // 3, 2 * len(lengths) + 1, 20))
        cuts = self._cuts(cds, lengths)
        leader = self._leader()
        pieces: list[Codes] = []
        exons: list[Interval] = []
        if len(leader) > 2 * MINIMUM_EXON + START_BASES and self.chance("utr_5_intron_share"):
            middle = len(leader) // 2
            pieces += [leader[:middle], self.intron(), leader[middle:]]
            exons.append((0, middle))
        else:
            pieces.append(leader)
        begin = sum(map(len, pieces))
        first_exon = begin - len(pieces[-1])
        parts: list[Interval] = []
        for left, right in zip([0, *cuts], [*cuts, len(cds)], strict=True):
            if parts:
                pieces.append(self.intron())
                begin += len(pieces[-1])
            pieces.append(cds[left:right])
            parts.append((begin, begin + right - left))
            begin += right - left
        trailer = self.sequence("utr_3", self.length("utr_3", MINIMUM_EXON))
        pieces.append(trailer)
        coding_exons = list(parts)
        coding_exons[0] = (first_exon, coding_exons[0][1])
        coding_exons[-1] = (coding_exons[-1][0], begin + len(trailer))
        codes = np.concatenate(pieces)
        isoforms = [((*exons, *coding_exons), tuple(parts))]
        if self.chance("second_isoform_share"):
            isoforms += _skip_an_exon(codes, *isoforms[0])
        return SimulatedGene(codes, tuple(isoforms))

    def non_coding_gene(self) -> SimulatedGene:
        """A gene of one to three exons without a CDS, its sequence like UTR."""
        pieces: list[Codes] = []
        for index in range(1 + int(self._uniform() * 3)):
            if index:
                pieces.append(self.intron())
            pieces.append(self.sequence("utr_3", self.length("internal_exon", 5 * MINIMUM_EXON)))
        bounds = np.cumsum([0, *map(len, pieces)]).tolist()
        exons = tuple(zip(bounds[0::2], bounds[1::2], strict=True))
        return SimulatedGene(np.concatenate(pieces), ((exons, ()),))

    def _exon_lengths(self, count: int) -> list[int]:
        names = ["first_exon", *["internal_exon"] * (count - 2), "last_exon"]
        if count == 1:
            names = ["single_exon"]
        return [self.length(name, MINIMUM_EXON) for name in names]

    def _coding_sequence(self, codons: int) -> Codes:
        inner = np.searchsorted(self._codon_usage, self._uniform(codons - 2), side="right")
        stop = self._stops[self._draw(self._stop_usage)]
        return np.concatenate([encode("ATG"), self._codons[inner].ravel(), stop])

    def _cuts(self, cds: Codes, lengths: list[int]) -> list[int]:
        """Where introns part the CDS: near the ends of the drawn exons, where the bases suit splice sites."""
        cuts: list[int] = []
        place = 0
        for index, length in enumerate(lengths[:-1], 1):
            place += length
            least = (cuts[-1] if cuts else 0) + MINIMUM_EXON
            most = len(cds) - MINIMUM_EXON * (len(lengths) - index)
            first = min(max(place - CUT_REACH, least), most)
            last = max(first, min(place + CUT_REACH, most))
            options = np.arange(first, last + 1)
            weights = np.exp(self._cut_scores(cds, options))
            cuts.append(int(options[self._draw(_cumulative(weights))]))
        return cuts

    def _cut_scores(self, cds: Codes, options: npt.NDArray[np.int64]) -> Table:
        before, after = SPLICE_CONTEXT
        scores = np.zeros(len(options))
        for offset in range(before):
            scores += self._exon_ends[offset, cds[options - before + offset]]
        for offset in range(after):
            scores += self._exon_starts[offset, cds[options + offset]]
        return scores

    def _leader(self) -> Codes:
        length = self.length("utr_5", START_BASES + MINIMUM_EXON)
        distant = self.sequence("utr_5", length - START_BASES)
        near = _walk_sites(self._start, self._uniform(START_BASES), int(distant[-1]))
        return np.concatenate([distant, near])

    def _draw(self, cumulative: Table) -> int:
        return int(np.searchsorted(cumulative, self._uniform(), side="right"))


def read_figures() -> dict[str, Any]:
    """The measured figures that come with the package."""
    text = (files("features.datasets") / "simulator.json").read_text(encoding="utf-8")
    figures: dict[str, Any] = json.loads(text)
    return figures


def _skip_an_exon(
    codes: Codes, exons: tuple[Interval, ...], cds: tuple[Interval, ...]
) -> list[tuple[tuple[Interval, ...], tuple[Interval, ...]]]:
    """The first isoform without one inner exon whose loss keeps the frame open, or none."""
    for skipped in cds[1:-1]:
        if (skipped[1] - skipped[0]) % 3:
            continue
        kept = tuple(part for part in cds if part != skipped)
        protein = translate(np.concatenate([codes[start:end] for start, end in kept]))
        if "*" not in protein[:-1]:
            return [(tuple(exon for exon in exons if exon != skipped), kept)]
    return []


def _cumulative(weights: Table) -> Table:
    """Cumulative probabilities along the last axis, the last one above any uniform double."""
    sums = np.cumsum(weights, axis=-1, dtype=np.float64)
    sums /= sums[..., -1:]
    sums[..., -1] = 1.0
    return sums


def _codes_of(words: Mapping[str, float]) -> Codes:
    return np.stack([encode(word) for word in words])


@kernel
def _walk_chain(cumulative, uniforms, context):  # type: ignore[no-untyped-def]
    contexts = cumulative.shape[0]
    codes = np.empty(len(uniforms), np.uint8)
    for position in range(len(uniforms)):
        base = 0
        while uniforms[position] >= cumulative[context, base]:
            base += 1
        codes[position] = base
        context = (4 * context + base) % contexts
    return codes


@kernel
def _walk_sites(cumulative, uniforms, previous):  # type: ignore[no-untyped-def]
    codes = np.empty(len(uniforms), np.uint8)
    for position in range(len(uniforms)):
        base = 0
        while uniforms[position] >= cumulative[position, previous, base]:
            base += 1
        codes[position] = base
        previous = base
    return codes
