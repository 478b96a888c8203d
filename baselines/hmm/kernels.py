"""The kernel of the gene decoder: a generalised (semi-Markov) HMM over sparse events of both strands.

Exons and introns are scored by their whole length (Burge & Karlin 1997), so their length distributions need not be
geometric. ``reference.py`` holds the same recursion in plain Python.
"""

from __future__ import annotations

import numpy as np

from baselines.hmm.topology import ACCEPTOR, DONOR, EDGE, PHASE_OF_STATE, START, STOP
from features.accelerate import kernel

__all__ = ["NOTHING", "sweep"]

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
def joined(score, value, total):  # type: ignore[no-untyped-def]
    """The score of two alternatives: of the better one, or of both together (``total``)."""
    if not total or score == -np.inf:
        return max(score, value)
    high, low = max(score, value), min(score, value)
    return high + np.log1p(np.exp(low - high))


@kernel
def sweep(  # type: ignore[no-untyped-def]
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
    before,
    total,
    score,
    back,
    tail,
    tail_event,
):
    """Fill the last four; return (score, last event of the best path or NOTHING, its phase).

    Scores are those of the best path (Viterbi algorithm), or of all paths together (forward algorithm); the
    back-pointers then mean nothing.

    The events may be a part of a sequence's: without edges at its begin it begins between two genes, without edges at
    its end the best path is the best one that ends between two genes.

    Parameters
    ----------
    boundary ... forbidden : the arrays of ``Events``, ``site`` and ``content`` already weighted.
    exon_lengths : (5, m) log density of single, initial, internal and terminal exon lengths, -inf where impossible, and
        the log share of exons at least so long, for one that runs off the sequence.
    exon_rates : (5,) decay beyond the table.
    intron_lengths, intron_rate : (m,) and its decay.
    cut_introns, cut_rate : (m,) log share of introns at least so long, and its decay.
    edge : score of running off one end of the sequence.
    before : score of the path before the first event.
    total : bool, all paths together instead of the best one.
    score : (e, 3). At an opening, the best path that begins an exon here with so many bases of its first codon to the
        left (0 to 2); at a closing, the best path that ends an exon here with so many bases of a codon unfinished.
    back : (e, 3) int64. At a closing, 3 * opening event + its phase; at an opening, the closing event before it.
    tail, tail_event : (2, 6) introns longer than the window compete by strand and carried state: best score, made
        independent of the acceptor, and the closing event of its exon (int64).
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
    tail[:] = -np.inf
    tail_event[:] = NOTHING
    # the closing edge at the sequence's begin: an intron that runs in
    incoming = np.full(2, NOTHING)
    intergenic = before
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
                            back[e, phase] = j
                        score[e, phase] = joined(score[e, phase], value, total)
            else:
                while distant[s] < spliced[s] and b - boundary[splices[s, distant[s]]] >= window:
                    j = splices[s, distant[s]]
                    for phase in range(3):
                        state = carried[j, phase]
                        value = score[j, phase] - content[j, 3] + intron_rate * boundary[j]
                        if value > tail[s, state]:
                            tail_event[s, state] = j
                        tail[s, state] = joined(tail[s, state], value, total)
                    distant[s] += 1
                reached = (
                    content[e, 3] + intron_lengths[window - 1] - intron_rate * (b - window + 1)
                )
                for state in range(6):
                    if tail_event[s, state] != NOTHING and not (forbidden[e] >> state) & 1:
                        phase = PHASE_OF_STATE[s, state]
                        value = tail[s, state] + reached
                        if value > score[e, phase]:
                            back[e, phase] = tail_event[s, state]
                        score[e, phase] = joined(score[e, phase], value, total)
                for index in range(distant[s], spliced[s]):
                    j = splices[s, index]
                    segment = intron_lengths[b - boundary[j]]
                    if segment == -np.inf:
                        continue
                    segment += content[e, 3] - content[j, 3]
                    for phase in range(3):
                        if (forbidden[e] >> carried[j, phase]) & 1:
                            continue
                        value = score[j, phase] + segment
                        if value > score[e, phase]:
                            back[e, phase] = j
                        score[e, phase] = joined(score[e, phase], value, total)
                if incoming[s] != NOTHING:
                    value = edge + content[e, 3] - content[incoming[s], 3]
                    value += length_score(cut_introns, cut_rate, b)
                    for phase in range(3):
                        if value > score[e, phase]:
                            back[e, phase] = incoming[s]
                        score[e, phase] = joined(score[e, phase], value, total)
                for phase in range(3):
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
                            back[e, unfinished] = 3 * i + phase
                        score[e, unfinished] = joined(score[e, unfinished], value, total)
                for phase in range(3):
                    score[e, phase] += edge if k == EDGE else site[e]
                if ends_gene:
                    if score[e, 0] > intergenic:
                        intergenic_event = e
                    intergenic = joined(intergenic, score[e, 0], total)
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
            if kind[e] == EDGE:
                if score[e, phase] > best:
                    last, last_phase = e, phase
                best = joined(best, score[e, phase], total)
    return best, last, last_phase
