"""The decoder's events: every scored site of both strands, in forward order, with what a path needs to know there.

A path is a chain of segments between events: intergenic, exon, intron, exon, ..., intergenic. Read from left to right
on the forward strand, an exon is opened by a start or acceptor and closed by a donor or stop on the forward strand, and
opened by a stop or donor and closed by an acceptor or start on the reverse strand. Edge events let a gene run off
either sequence end.

A codon that an intron splits must not become a stop codon. What a path carries over the intron is therefore one of six
states per strand: no split; one base before the intron, harmless or dangerous; two bases, harmless or dangerous
(``carried_state``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.accelerate import kernel
from features.genome import Codes, reverse_complement
from features.sites import CONTENT_COLUMNS, KINDS, SiteScores, boundaries

__all__ = ["ACCEPTOR", "DONOR", "EDGE", "START", "STOP", "Events", "build_events", "mirror_events"]

DONOR, ACCEPTOR, START, STOP, EDGE = range(5)

PHASE_OF_STATE = np.array([[0, 1, 1, 2, 2, 2], [0, 1, 1, 1, 2, 2]], np.int8)
"""Bases of the split codon left of the intron, per strand (forward, reverse) and carried state."""


class Events(NamedTuple):
    """Arrays over events, ascending by boundary; at one boundary openings come before closings.

    Attributes
    ----------
    boundary : int64 (e,), forward boundary between two bases, 0 to the sequence's length.
    kind : int8 (e,), DONOR, ACCEPTOR, START, STOP or EDGE.
    reverse : int8 (e,), 1 on the reverse strand.
    opens : int8 (e,), 1 where an exon begins to the right of the boundary.
    log_odds : float64 (e,), the scorer's; 0 at an edge.
    content : float64 (e, 4), content sums of the event's strand such that the later minus the earlier event is the
        score of the bases between them; column ``c`` < 3 has its codons at forward positions = c (mod 3), column 3 is
        intron.
    last_stop : int64 (e, 3), leftmost base of the last stop codon of the event's strand that ends at or before the
        boundary, per position modulo 3; a closing stop codon itself does not count. -1 if there is none in the range.
    carried : int8 (e, 3), at a closing splice site or edge the state carried over an intron, per bases of the split
        codon.
    forbidden : uint8 (e,), at an opening splice site a bit per carried state that would complete a stop codon.
    """

    boundary: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int8]
    reverse: npt.NDArray[np.int8]
    opens: npt.NDArray[np.int8]
    log_odds: npt.NDArray[np.float64]
    content: npt.NDArray[np.float64]
    last_stop: npt.NDArray[np.int64]
    carried: npt.NDArray[np.int8]
    forbidden: npt.NDArray[np.uint8]


def build_events(
    forward: SiteScores,
    reverse: SiteScores,
    sequence: Codes,
    lowest_log_odds: Mapping[str, float],
    after: int = 0,
    until: int | None = None,
) -> Events:
    """Merge the sites of both strands that score at least ``lowest_log_odds`` of their kind, and add the edges.

    Only those with a boundary above ``after``, where that is not the sequence's begin, and up to ``until``; no edge is
    added where the range ends within the sequence.
    """
    length = len(sequence)
    until = length if until is None else until
    lowest = after + 1 if after else 0
    columns: dict[str, list[npt.NDArray[np.generic]]] = {
        name: [] for name in ("boundary", "kind", "reverse", "opens", "log_odds", "content")
    }

    def add(boundary, kind, on_reverse, opens, log_odds, content) -> None:  # type: ignore[no-untyped-def]
        count = len(boundary)
        columns["boundary"].append(boundary)
        columns["kind"].append(np.full(count, kind, np.int8))
        columns["reverse"].append(np.full(count, on_reverse, np.int8))
        columns["opens"].append(np.full(count, opens, np.int8))
        columns["log_odds"].append(log_odds.astype(np.float64))
        columns["content"].append(content)

    for on_reverse, scores in enumerate((forward, reverse)):
        if scores.length != length:
            raise ValueError(f"scores of {scores.length} bases for a sequence of {length}")
        for kind, name in enumerate(KINDS):
            chosen = scores.log_odds[name] >= lowest_log_odds[name]
            boundary = boundaries(name, scores.positions[name][chosen])
            content = scores.content[name][chosen]
            log_odds = scores.log_odds[name][chosen]
            opens = (kind in (ACCEPTOR, START)) != bool(on_reverse)
            if on_reverse:
                boundary, content = length - boundary, _mirror(content, length)
            within = (boundary >= lowest) & (boundary <= until)
            add(boundary[within], kind, on_reverse, opens, log_odds[within], content[within])
        ends = np.zeros((2, len(CONTENT_COLUMNS)))
        ends[1] = scores.content_total
        if on_reverse:
            ends = _mirror(ends[::-1], length)
        for edge, at_edge in ((0, ends[:1]), (length, ends[1:])):
            if lowest <= edge <= until:
                for opens in (True, False):
                    add(np.array([edge]), EDGE, on_reverse, opens, np.zeros(1), at_edge)

    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    return _in_order(joined, sequence, after)[0]


def mirror_events(
    events: Events, sequence: Codes, until: int | None = None
) -> tuple[Events, npt.NDArray[np.intp]]:
    """The events as the reverse complement of ``sequence`` has them, and which of ``events`` each of them is.

    ``until`` is what ``build_events`` was given.
    """
    length = len(sequence)
    columns: dict[str, npt.NDArray[np.generic]] = {
        "boundary": length - events.boundary,
        "kind": events.kind,
        "reverse": 1 - events.reverse,
        "opens": 1 - events.opens,
        "log_odds": events.log_odds,
        "content": _mirror(events.content, length),
    }
    return _in_order(columns, reverse_complement(sequence), length - (until or length))


def _in_order(
    joined: Mapping[str, npt.NDArray[np.generic]], sequence: Codes, after: int
) -> tuple[Events, npt.NDArray[np.intp]]:
    """Sort the columns of some events and add what the sequence says of them; also the order they were brought into."""
    order = np.lexsort((joined["kind"], joined["reverse"], 1 - joined["opens"], joined["boundary"]))
    sorted_columns = {name: np.ascontiguousarray(values[order]) for name, values in joined.items()}
    count = len(order)
    last_stop = np.empty((count, 3), np.int64)
    carried = np.zeros((count, 3), np.int8)
    forbidden = np.zeros(count, np.uint8)
    _find_last_stops(
        sequence,
        after,
        sorted_columns["boundary"],
        sorted_columns["kind"],
        sorted_columns["reverse"],
        last_stop,
    )
    _mark_splits(
        sequence,
        sorted_columns["boundary"],
        sorted_columns["kind"],
        sorted_columns["reverse"],
        sorted_columns["opens"],
        carried,
        forbidden,
    )
    events = Events(**sorted_columns, last_stop=last_stop, carried=carried, forbidden=forbidden)
    return events, order


def _mirror(content: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float64]:
    """Content sums of the reverse strand in forward order: negated, frames renamed to forward positions modulo 3.

    A codon whose leftmost forward base is ``q`` starts at reverse position ``length - 3 - q``.
    """
    frames = [(length - q) % 3 for q in range(3)]
    return -content[:, [*frames, 3]]


@kernel
def carried_state(codes, boundary, bases, reverse):  # type: ignore[no-untyped-def]
    """State a path carries over an intron that begins at ``boundary`` after ``bases`` (0 to 2) bases of a codon."""
    if bases == 0:
        return 0
    if boundary < bases:
        return 3 if bases == 2 and not reverse else (4 if bases == 2 else 1)
    last = codes[boundary - 1]
    if not reverse:
        if bases == 1:
            return 2 if last == 3 else 1
        if codes[boundary - 2] == 3 and last == 0:
            return 4
        return 5 if codes[boundary - 2] == 3 and last == 2 else 3
    # The reverse strand's bases are complements, and the codon's third base lies leftmost.
    if bases == 1:
        third = 3 - last if last < 4 else 4
        return 2 if third == 0 else (3 if third == 2 else 1)
    third = 3 - codes[boundary - 2] if codes[boundary - 2] < 4 else 4
    second = 3 - last if last < 4 else 4
    dangerous = (second == 0 and (third == 0 or third == 2)) or (second == 2 and third == 0)
    return 5 if dangerous else 4


@kernel
def forbidden_states(codes, boundary, reverse):  # type: ignore[no-untyped-def]
    """Bit set of the carried states that complete a stop codon with the bases right of ``boundary``."""
    bits = 0
    n = len(codes)
    if boundary >= n:
        return 0
    first = codes[boundary]
    second = codes[boundary + 1] if boundary + 1 < n else 4
    if not reverse:
        # state 2: T before; state 4: TA before; state 5: TG before
        if (first == 0 and (second == 0 or second == 2)) or (first == 2 and second == 0):
            bits |= 1 << 2
        if first == 0 or first == 2:
            bits |= 1 << 4
        if first == 0:
            bits |= 1 << 5
        return bits
    # state 2: third base A; state 3: third base G; state 5: second and third base AA, AG or GA
    near = 3 - first if first < 4 else 4
    far = 3 - second if second < 4 else 4
    if far == 3 and (near == 0 or near == 2):
        bits |= 1 << 2
    if far == 3 and near == 0:
        bits |= 1 << 3
    if near == 3:
        bits |= 1 << 5
    return bits


@kernel
def _mark_splits(codes, boundary, kind, reverse, opens, carried, forbidden):  # type: ignore[no-untyped-def]
    # codes: (n,), carried: (e, 3), everything else: (e,)
    for e in range(len(boundary)):
        if kind[e] == EDGE:
            # The bases beyond an edge are unknown: any number of them, never dangerous.
            carried[e, 1] = 1
            carried[e, 2] = 4 if reverse[e] else 3
        elif kind[e] == DONOR or kind[e] == ACCEPTOR:
            if opens[e]:
                forbidden[e] = forbidden_states(codes, boundary[e], reverse[e] == 1)
            else:
                for bases in range(3):
                    carried[e, bases] = carried_state(codes, boundary[e], bases, reverse[e] == 1)


@kernel
def _find_last_stops(codes, first, boundary, kind, reverse, last_stop):  # type: ignore[no-untyped-def]
    # codes: (n,), first: base to begin at, last_stop: (e, 3), everything else: (e,)
    latest = np.full((2, 3), -1, np.int64)
    previous = np.full((2, 3), -1, np.int64)
    p = first
    for e in range(len(boundary)):
        while p + 3 <= boundary[e]:
            first, second, third = codes[p], codes[p + 1], codes[p + 2]
            if first == 3 and (
                (second == 0 and (third == 0 or third == 2)) or (second == 2 and third == 0)
            ):
                previous[0, p % 3] = latest[0, p % 3]
                latest[0, p % 3] = p
            if third == 0 and (
                (second == 3 and (first == 3 or first == 1)) or (second == 1 and first == 3)
            ):
                latest[1, p % 3] = p
            p += 1
        for c in range(3):
            last_stop[e, c] = latest[reverse[e], c]
        own = boundary[e] - 3
        if kind[e] == STOP and reverse[e] == 0 and latest[0, own % 3] == own:
            last_stop[e, own % 3] = previous[0, own % 3]
