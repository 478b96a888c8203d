"""Where a chromosome can be cut: the gene end that the best path passes, whatever lies to the right of the events."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from baselines.hmm.kernels import NOTHING
from baselines.hmm.lengths import Lengths
from baselines.hmm.path import Solution, Weights, weigh, weighted_tables
from baselines.hmm.topology import ACCEPTOR, DONOR, EDGE, PHASE_OF_STATE, START, STOP, Events

__all__ = ["settled_gene_end"]


def settled_gene_end(events: Events, solution: Solution, lengths: Lengths, weights: Weights) -> int:
    """Last gene end on every path that can still become the best one, ``NOTHING`` if they share none.

    ``events`` end within the sequence. Every path that goes on from them extends one of a few live ones; their gene
    ends form a tree, whose youngest common ancestor is asked for.
    """
    ends = {solution.last}
    for event, phase in _live(events, solution, lengths, weights):
        if solution.score[event, phase] > -np.inf:
            ends.add(_gene_end_before(events, solution, event, phase))
    while len(ends) > 1 and NOTHING not in ends:
        youngest = max(ends)
        ends.remove(youngest)
        ends.add(_gene_end_before(events, solution, youngest, 0))
    return NOTHING if NOTHING in ends else ends.pop()


def _live(
    events: Events, solution: Solution, lengths: Lengths, weights: Weights
) -> Iterator[tuple[int, int]]:
    """(event, phase) of the paths within a gene that can go on beyond ``events``, and of some that cannot."""
    splice = (events.kind == DONOR) | (events.kind == ACCEPTOR)
    for strand in (0, 1):
        own = events.reverse == strand
        if not own.any():
            continue
        opens = own & (events.opens == 1)
        # Exons that are still open: no frame's last stop codon cuts them all off.
        nearest = events.last_stop[np.flatnonzero(own)[-1]].min()
        for event in np.flatnonzero(opens & (events.boundary + 6 > nearest)):
            yield from ((int(event), phase) for phase in range(3))
        # Introns that are still in the kernel's window, and the best ones beyond it.
        acceptors = events.boundary[opens & splice]
        reach = acceptors[-1] - len(lengths.introns.table) if len(acceptors) else -1
        for event in np.flatnonzero(own & splice & (events.opens == 0) & (events.boundary > reach)):
            yield from ((int(event), phase) for phase in range(3))
        for state, event in enumerate(solution.tail_event[strand]):
            if event != NOTHING:
                yield int(event), int(PHASE_OF_STATE[strand, state])
        edges = np.flatnonzero(own & (events.kind == EDGE) & (events.opens == 0))
        for event in edges:
            if not _is_beaten(int(event), strand, events, solution, lengths, weights):
                yield int(event), 0


def _is_beaten(
    edge: int, strand: int, events: Events, solution: Solution, lengths: Lengths, weights: Weights
) -> bool:
    """Whether an intron that runs in at ``edge`` is worse than one of the same state that begins later, for good."""
    tables = weighted_tables(lengths, weights)
    window = len(tables.cut_introns)
    if (
        events.boundary[-1] < window
        or window != len(tables.intron_lengths)
        or tables.cut_rate != tables.intron_rate
    ):
        return False
    content = weigh(events, weights).content[edge, 3]
    incoming = weights.edge - content + tables.cut_introns[-1]
    rivals = solution.tail[strand, events.carried[edge]] + tables.intron_lengths[-1]
    return bool((rivals > incoming).all())


def _gene_end_before(events: Events, solution: Solution, event: int, phase: int) -> int:
    """The end of the gene before the one that ``event`` lies in or ends, or ``NOTHING``."""
    while event != NOTHING:
        before = int(solution.back[event, phase])
        if events.opens[event]:
            if events.kind[event] in (START, STOP):
                return before
            event = before
        elif before == NOTHING:
            break
        else:
            event, phase = divmod(before, 3)
    return NOTHING
