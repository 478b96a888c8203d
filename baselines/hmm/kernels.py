"""The Viterbi kernel of the gene decoder: a generalised (semi-Markov) HMM over sparse events of both strands.

Exons and introns are scored by their whole length (Burge & Karlin 1997), so their length distributions need not be
geometric. ``reference.py`` holds the same recursion in plain Python.
"""

from __future__ import annotations

import numpy as np

from baselines.hmm.topology import ACCEPTOR, DONOR, EDGE, PHASE_OF_STATE, START, STOP
from features.accelerate import kernel

__all__ = ["NOTHING", "viterbi"]

NOTHING = -1
"""Back-pointer of a path's first event."""
SINGLE, INITIAL, INTERNAL, TERMINAL, CUT = range(5)


@kernel
def exon_type(opening, closing):  # type: ignore[no-untyped-def]
    """Row of the exon-length table, on either strand; CUT for an exon that runs off the sequence."""
    if opening == EDGE or closing == EDGE:
        return CUT
    begins = opening == START or closing == START
    ends = opening == STOP or closing == STOP
    if begins:
        return SINGLE if ends else INITIAL
    return TERMINAL if ends else INTERNAL


@kernel
def length_score(table, rate, length):  # type: ignore[no-untyped-def]
    """Log density of ``length``: tabulated, then exponential with ``rate`` per base."""
    if length < len(table):
        return table[length]
    return table[len(table) - 1] - rate * (length - len(table) + 1)


@kernel
def viterbi(  # type: ignore[no-untyped-def]
    boundary,
    kind,
    reverse,
    opens,
    site,
    content,
    last_stop,
    carried,
    forbidden,
    exon_lengths,
    exon_rates,
    intron_lengths,
    intron_rate,
    cut_introns,
    cut_rate,
    edge,
    score,
    back,
):
    """Fill ``score`` and ``back``; return (best score, last event of the best path or NOTHING, its phase).

    Parameters
    ----------
    boundary ... forbidden : the arrays of ``Events``, ``site`` and ``content`` already weighted.
    exon_lengths : (5, m) log density of single, initial, internal and terminal exon lengths, -inf where impossible, and
        the log share of exons at least so long, for one that runs off the sequence.
    exon_rates : (5,) decay beyond the table.
    intron_lengths, intron_rate : (m,) and its decay.
    cut_introns, cut_rate : (m,) log share of introns at least so long, and its decay.
    edge : score of running off one end of the sequence.
    score : (e, 3). At an opening, the best path that begins an exon here with so many bases of its first codon to the
        left (0 to 2); at a closing, the best path that ends an exon here with so many bases of a codon unfinished.
    back : (e, 3) int64. At a closing, 3 * opening event + its phase; at an opening, the closing event before it.
    """
    events = len(boundary)
    length = boundary[events - 1]
    window = len(intron_lengths)
    score[:] = -np.inf
    back[:] = NOTHING
    # per strand: indices of the openings, of the splice closings, how many of each, and where the intron window begins
    openings = np.empty((2, events), np.int64)
    splices = np.empty((2, events), np.int64)
    opened = np.zeros(2, np.int64)
    spliced = np.zeros(2, np.int64)
    distant = np.zeros(2, np.int64)
    # introns longer than the window compete by state: best score, made independent of the acceptor, and its event
    tail = np.full((2, 6), -np.inf)
    tail_event = np.full((2, 6), -1, np.int64)
    # the closing edge at the sequence's begin: an intron that runs in
    incoming = np.zeros(2, np.int64)
    intergenic = 0.0
    intergenic_event = NOTHING

    for e in range(events):
        b, s, k = boundary[e], reverse[e], kind[e]
        if opens[e]:
            if k == EDGE and b == 0:
                score[e, :] = edge
            elif k == START or k == STOP:
                score[e, 0] = intergenic + site[e]
                back[e, 0] = intergenic_event
            elif k == EDGE:
                for index in range(spliced[s]):
                    j = splices[s, index]
                    segment = length_score(cut_introns, cut_rate, b - boundary[j])
                    segment += content[e, 3] - content[j, 3] + edge
                    for phase in range(3):
                        value = score[j, phase] + segment
                        if value > score[e, phase]:
                            score[e, phase] = value
                            back[e, phase] = j
            else:
                while distant[s] < spliced[s] and b - boundary[splices[s, distant[s]]] >= window:
                    j = splices[s, distant[s]]
                    for phase in range(3):
                        state = carried[j, phase]
                        value = score[j, phase] - content[j, 3] + intron_rate * boundary[j]
                        if value > tail[s, state]:
                            tail[s, state] = value
                            tail_event[s, state] = j
                    distant[s] += 1
                reached = (
                    content[e, 3] + intron_lengths[window - 1] - intron_rate * (b - window + 1)
                )
                for state in range(6):
                    if tail_event[s, state] >= 0 and not (forbidden[e] >> state) & 1:
                        phase = PHASE_OF_STATE[s, state]
                        value = tail[s, state] + reached
                        if value > score[e, phase]:
                            score[e, phase] = value
                            back[e, phase] = tail_event[s, state]
                for index in range(distant[s], spliced[s]):
                    j = splices[s, index]
                    segment = intron_lengths[b - boundary[j]]
                    if segment == -np.inf:
                        continue
                    segment += content[e, 3] - content[j, 3]
                    for phase in range(3):
                        value = score[j, phase] + segment
                        if value > score[e, phase] and not (forbidden[e] >> carried[j, phase]) & 1:
                            score[e, phase] = value
                            back[e, phase] = j
                value = edge + content[e, 3] - content[incoming[s], 3]
                value += length_score(cut_introns, cut_rate, b)
                for phase in range(3):
                    if value > score[e, phase]:
                        score[e, phase] = value
                        back[e, phase] = incoming[s]
                    score[e, phase] += site[e]
            openings[s, opened[s]] = e
            opened[s] += 1
        else:
            if k == EDGE and b == 0:
                score[e, :] = edge
            else:
                ends_gene = k == STOP or k == START
                nearest = min(last_stop[e, 0], last_stop[e, 1], last_stop[e, 2])
                if ends_gene:
                    nearest = last_stop[e, b % 3]
                for index in range(opened[s] - 1, -1, -1):
                    i = openings[s, index]
                    begin = boundary[i]
                    if begin + 6 <= nearest:
                        break
                    which = exon_type(kind[i], k)
                    size = b - begin
                    if size == 0:
                        continue
                    segment = length_score(exon_lengths[which], exon_rates[which], size)
                    if segment == -np.inf:
                        continue
                    for phase in range(3):
                        unfinished = (phase + size) % 3
                        if score[i, phase] == -np.inf or (ends_gene and unfinished > 0):
                            continue
                        codon = begin + (3 - phase) % 3
                        frame = codon % 3
                        if kind[i] == STOP:
                            codon += 3
                        if last_stop[e, frame] >= codon:
                            continue
                        value = score[i, phase] + segment + content[e, frame] - content[i, frame]
                        if value > score[e, unfinished]:
                            score[e, unfinished] = value
                            back[e, unfinished] = 3 * i + phase
                for phase in range(3):
                    score[e, phase] += edge if k == EDGE else site[e]
                if ends_gene and score[e, 0] > intergenic:
                    intergenic = score[e, 0]
                    intergenic_event = e
            if k == EDGE and b == 0:
                incoming[s] = e
            elif k == DONOR or k == ACCEPTOR:
                splices[s, spliced[s]] = e
                spliced[s] += 1

    best, last, last_phase = intergenic, intergenic_event, 0
    for e in range(events - 1, -1, -1):
        if boundary[e] < length:
            break
        # Sites may lie at the sequence's end, too, between the edges.
        for phase in range(3):
            if kind[e] == EDGE and score[e, phase] > best:
                best, last, last_phase = score[e, phase], e, phase
    return best, last, last_phase
