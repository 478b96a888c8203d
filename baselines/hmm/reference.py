"""The decoder's recursion in plain Python: slow, obvious, equal to the kernel (the tests see to that)."""

from __future__ import annotations

from math import inf

import numpy as np

from baselines.hmm.kernels import exon_type
from baselines.hmm.lengths import LengthModel, Lengths
from baselines.hmm.path import Segment, Weights, weigh
from baselines.hmm.topology import EDGE, START, STOP, Events
from features.genome import Codes

__all__ = ["reference_path"]

STOP_CODONS = ("TAA", "TAG", "TGA")
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def reference_path(
    events: Events, lengths: Lengths, weights: Weights, sequence: Codes, total: bool = False
) -> tuple[float, list[Segment]]:
    """Score and exons of the best path, comparing every pair of events and reading every codon from the sequence.

    With ``total`` the score is that of all paths together, and the exons mean nothing.
    """
    weighted = weigh(events, weights)
    text = "".join("ACGTN"[code] for code in sequence)
    nodes = range(len(events.boundary))
    best: dict[tuple[int, int], float] = {}
    back: dict[tuple[int, int], tuple[int, int] | None] = {}

    def offer(node: tuple[int, int], score: float, origin: tuple[int, int] | None) -> None:
        before = best.get(node, -inf)
        if score > before:
            back[node] = origin
        best[node] = float(np.logaddexp(before, score)) if total else max(before, score)

    for e in nodes:
        boundary, kind = int(events.boundary[e]), int(events.kind[e])
        gene_border = kind in (START, STOP)
        at_begin = kind == EDGE and boundary == 0
        own = weights.edge if kind == EDGE else float(weighted.log_odds[e])
        if at_begin:
            for phase in range(3):
                offer((e, phase), weights.edge, None)
        elif events.opens[e] and gene_border:
            offer((e, 0), own, None)
            for j in range(e):
                if not events.opens[j] and int(events.kind[j]) in (START, STOP) and (j, 0) in best:
                    offer((e, 0), best[j, 0] + own, (j, 0))
        elif events.opens[e]:
            for j in range(e):
                if events.opens[j] or events.reverse[j] != events.reverse[e]:
                    continue
                if int(events.kind[j]) in (START, STOP):
                    continue
                for phase in range(3):
                    if (j, phase) not in best or not intron_keeps_frame(text, events, j, e, phase):
                        continue
                    edges = (kind, int(events.kind[j])).count(EDGE)
                    if edges == 2:
                        continue
                    model = lengths.cut_introns if edges else lengths.introns
                    gained = own + weighted.content[e, 3] - weighted.content[j, 3]
                    gained += weights.intron_length * density(
                        model, boundary - int(events.boundary[j])
                    )
                    offer((e, phase), best[j, phase] + gained, (j, phase))
        else:
            for i in range(e):
                if not events.opens[i] or events.reverse[i] != events.reverse[e]:
                    continue
                size = boundary - int(events.boundary[i])
                if size == 0:
                    continue
                for phase in range(3):
                    unfinished = (phase + size) % 3
                    if (i, phase) not in best or (gene_border and unfinished):
                        continue
                    if not exon_is_open(text, events, i, e, phase):
                        continue
                    frame = (int(events.boundary[i]) - phase) % 3
                    gained = own + weighted.content[e, frame] - weighted.content[i, frame]
                    which = int(exon_type.py_func(int(events.kind[i]), kind))
                    gained += weights.exon_length * density(lengths.exons[which], size)
                    offer((e, unfinished), best[i, phase] + gained, (i, phase))

    last: tuple[int, int] | None = None
    top = 0.0
    for e in nodes:
        kind, boundary = int(events.kind[e]), int(events.boundary[e])
        ends_gene = not events.opens[e] and kind in (START, STOP)
        if ends_gene or (kind == EDGE and boundary == len(text)):
            for phase in range(3):
                reached = best.get((e, phase), -inf)
                if reached > top:
                    last = (e, phase)
                top = float(np.logaddexp(top, reached)) if total else max(top, reached)
    path = []
    while last is not None:
        origin = back[last]
        if origin is not None and not events.opens[last[0]]:
            path.append(Segment(origin[0], last[0], origin[1], last[1]))
        last = origin
    return top, path[::-1]


def density(model: LengthModel, length: int) -> float:
    """Log density of one length."""
    if length < len(model.table):
        return float(model.table[length])
    return float(model.table[-1]) - model.rate * (length - len(model.table) + 1)


def exon_is_open(text: str, events: Events, opening: int, closing: int, phase: int) -> bool:
    """No complete codon of the exon, its final stop codon apart, is a stop codon."""
    reverse = bool(events.reverse[opening])
    begin, end = int(events.boundary[opening]), int(events.boundary[closing])
    if events.kind[opening] == STOP:
        begin += 3
    if events.kind[closing] == STOP:
        end -= 3
    codons = [text[p : p + 3] for p in range(begin + -phase % 3, end - 2, 3)]
    return not any(read(codon, reverse) in STOP_CODONS for codon in codons)


def intron_keeps_frame(text: str, events: Events, closing: int, opening: int, phase: int) -> bool:
    """The codon that the intron splits after ``phase`` bases (in forward order) is no stop codon."""
    if phase == 0 or EDGE in (int(events.kind[closing]), int(events.kind[opening])):
        return True
    left, right = int(events.boundary[closing]), int(events.boundary[opening])
    codon = text[max(0, left - phase) : left] + text[right : right + 3 - phase]
    return read(codon, bool(events.reverse[closing])) not in STOP_CODONS


def read(codon: str, reverse: bool) -> str:
    """``codon`` as its own strand reads it."""
    return codon[::-1].translate(COMPLEMENT) if reverse else codon
