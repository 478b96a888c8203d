"""Columns that tell what a scorer and the decoder think of the surroundings of a site; features of a second pass.

They come from a scorer's log odds and from the posterior probabilities of ``Belief``: which exons and introns the site
lies between, how far the likely other sites are, how strong its rivals are.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt

from baselines.hmm.posterior import Belief
from baselines.hmm.topology import EDGE
from features.accelerate import kernel
from features.site_columns import BANDS, fill_neighbours
from features.sites import KINDS, SiteScores, boundaries

__all__ = ["CONTEXT_COLUMNS", "CONTEXT_GROUPS", "Context"]

SIDES = ("before", "after")
WINDOWS = (60, 240, 960, 3840)
LIKELY = 0.2
"""Posterior probability from which a site is a landmark of its neighbours."""
RIVAL_WINDOWS = (30, 300)
LEAST = -20.0
"""Natural-log probability that stands for anything smaller."""
FARTHEST = 1e6
"""Distance in bases that stands for anything farther."""

CONTEXT_GROUPS: dict[str, tuple[str, ...]] = {
    "first-log-odds": ("first_log_odds",),
    "beliefs": (
        "log_probability",
        *(
            f"{state}_{side}"
            for side in SIDES
            for state in (
                "coding_0",
                "coding_1",
                "coding_2",
                "intron",
                "other_coding",
                "other_intron",
            )
        ),
        *(
            f"{state}_{side}_{window}"
            for side in SIDES
            for window in WINDOWS
            for state in ("coding", "intron", "other_strand")
        ),
        *(f"likely_{kind}_{side}" for side in SIDES for kind in KINDS),
        *(f"rival_{window}" for window in RIVAL_WINDOWS),
    ),
    "first-neighbours": tuple(
        f"{kind}_{side}_{near}_{far}"
        for kind in KINDS
        for side in SIDES
        for near, far in pairwise(BANDS)
    ),
}
"""Names of the context columns by what they tell of, in the order of the matrix."""
CONTEXT_COLUMNS: tuple[str, ...] = tuple(chain.from_iterable(CONTEXT_GROUPS.values()))
"""Names of the context columns.

first_log_odds: the first pass's score. log_probability: of being used. coding, intron: probability of the state right
before and right after the site, coding by the frame in which a codon would start at the site (0), one (1) or two (2)
bases after it; other: of the other strand; with a window the mean over it. likely: bases to the nearest other site that
is probably used. rival: log probability of the best other site of the same kind within so many bases. kind bands: best
first log odds of a site of that kind at that distance, ``ABSENT`` if there is none.
"""


class Context:
    """What one strand believes, prepared for many questions; safe to ask from several threads.

    Parameters
    ----------
    belief : of the strand; positions are the strand's own.
    scores : of the strand, those that the belief comes from.
    parts : by site kind, further columns of the scored sites, shape (sites, columns); none if not given.
    """

    def __init__(
        self,
        belief: Belief,
        scores: SiteScores,
        parts: Mapping[str, npt.NDArray[np.float32]] | None = None,
    ) -> None:
        self.scores = scores
        self.parts = parts
        events = belief.events
        used = belief.probability.sum(axis=1)
        self.boundary = events.boundary
        self.states = _states(belief)
        self.sums = _integrals(events.boundary, self.states)
        # By site kind: boundaries of the strand's own events, their log probability, boundaries of the likely ones.
        self.own = {}
        for number, kind in enumerate(KINDS):
            chosen = (events.reverse == 0) & (events.kind == number)
            boundary, probability = events.boundary[chosen], used[chosen]
            likely = boundary[probability >= LIKELY].astype(np.float64)
            self.own[kind] = boundary, _logarithm(probability), likely

    def log_probability(
        self, kind: str, positions: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """Natural-log probability that the sites of ``kind`` at ``positions`` are used, at least ``LEAST``."""
        known, values, _ = self.own[kind]
        wanted = boundaries(kind, positions)
        if not len(known):
            return np.full(len(wanted), LEAST)
        place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        return np.where(known[place] == wanted, values[place], LEAST)

    def matrix(self, kind: str, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
        """Context of the scored sites of ``kind`` with the ascending indices ``chosen``.

        Shape (sites, len(CONTEXT_COLUMNS)), and the columns of ``parts`` behind.
        """
        positions = self.scores.positions[kind][chosen]
        matrix = np.empty((len(positions), len(CONTEXT_COLUMNS)), np.float32)
        at = boundaries(kind, positions)
        matrix[:, 0] = self.scores.log_odds[kind][chosen]
        matrix[:, 1] = self.log_probability(kind, positions)
        column = _fill_sides(self.boundary, self.states, at, matrix, 2)
        windows = np.array(WINDOWS)
        column = _fill_windows(self.boundary, self.sums, self.states, at, windows, matrix, column)
        for side in (-1, 1):
            for other in KINDS:
                matrix[:, column] = _distance(self.own[other][2], at, side)
                column += 1
        rivals, strength, _ = self.own[kind]
        for window in RIVAL_WINDOWS:
            _fill_rivals(rivals, strength, at, window, LEAST, matrix, column)
            column += 1
        for other in KINDS:
            column = fill_neighbours(
                positions,
                self.scores.positions[other],
                self.scores.log_odds[other],
                np.array(BANDS),
                matrix,
                column,
            )
        assert column == len(CONTEXT_COLUMNS)
        return matrix if self.parts is None else np.hstack([matrix, self.parts[kind][chosen]])


def _logarithm(probability: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.maximum(np.log(np.maximum(probability, 1e-30)), LEAST)


def _states(belief: Belief) -> npt.NDArray[np.float64]:
    """Probability of each state right after each event, shape (e, 6).

    Columns 0 to 2: coding on the own strand with codons that start at positions = 0, 1, 2 (mod 3); 3: own intron; 4 and
    5: coding and intron of the other strand. What begins adds to the state, what ends takes away.
    """
    events = belief.events
    change = np.zeros((len(events.boundary), 6))
    opens = events.opens == 1
    sign = np.where(opens, 1.0, -1.0)
    at_begin = (events.kind == EDGE) & ~opens & (events.boundary == 0)
    at_end = (events.kind == EDGE) & opens & (events.boundary > 0)
    exon = ~at_begin & ~at_end
    intron = (events.kind < 2) | at_begin | at_end
    own = events.reverse == 0
    rows = np.arange(len(events.boundary))
    for phase in range(3):
        moved = sign * belief.probability[:, phase]
        frame = np.where(own, (events.boundary - phase) % 3, 4)
        change[rows[exon], frame[exon]] += moved[exon]
        side = np.where(own, 3, 5)
        change[rows[intron], side[intron]] -= moved[intron]
    # What lies below is the noise of the sums, which depends on their order.
    return np.clip(np.round(np.cumsum(change, axis=0), 6), 0.0, 1.0)


def _integrals(
    boundary: npt.NDArray[np.int64], states: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Sums of coding, intron and the other strand's states from the first event to each event, shape (e, 3)."""
    grouped = np.column_stack([states[:, :3].sum(axis=1), states[:, 3], states[:, 4:].sum(axis=1)])
    sums = np.zeros_like(grouped)
    np.cumsum(grouped[:-1] * np.diff(boundary)[:, None], axis=0, out=sums[1:])
    return sums


def _distance(
    there: npt.NDArray[np.float64], at: npt.NDArray[np.int64], side: int
) -> npt.NDArray[np.float64]:
    """Bases from each of ``at`` to the nearest of ``there`` strictly on one side, at most ``FARTHEST``."""
    padded = np.concatenate([[-np.inf], there, [np.inf]])
    place = np.searchsorted(there, at, "left" if side < 0 else "right")
    distance: npt.NDArray[np.float64] = -side * (at - padded[place + (side > 0)])
    return np.minimum(distance, FARTHEST)


# Kernels: e = events, s = sites, c = columns of the matrix.


@kernel
def _last_event(boundary, position, inclusive):  # type: ignore[no-untyped-def]
    """Index of the last event before ``position`` (or at it), -1 if there is none."""
    low, high = 0, len(boundary)
    while low < high:
        middle = (low + high) // 2
        if boundary[middle] < position or (inclusive and boundary[middle] == position):
            low = middle + 1
        else:
            high = middle
    return low - 1


@kernel
def _fill_sides(boundary, states, at, matrix, column):  # type: ignore[no-untyped-def]
    # boundary: (e,), states: (e, 6), at: (s,), matrix: (s, c)
    for i in range(len(at)):
        for side in range(2):
            e = _last_event(boundary, at[i], side == 1)
            first = column + 6 * side
            for k in range(6):
                matrix[i, first + k] = 0.0
            if e >= 0:
                for k in range(3):
                    matrix[i, first + k] = states[e, (at[i] + k) % 3]
                for k in range(3, 6):
                    matrix[i, first + k] = states[e, k]
    return column + 12


@kernel
def _fill_windows(boundary, sums, states, at, windows, matrix, column):  # type: ignore[no-untyped-def]
    # boundary: (e,), sums: (e, 3), states: (e, 6), at: (s,), windows: (w,), matrix: (s, c)
    length = boundary[-1]
    limits = np.empty(2, np.int64)
    reached = np.empty((2, 3))
    for i in range(len(at)):
        place = column
        for side in range(2):
            for window in windows:
                limits[0] = max(0, at[i] - window) if side == 0 else at[i]
                limits[1] = at[i] if side == 0 else min(length, at[i] + window)
                for end in range(2):
                    e = _last_event(boundary, limits[end], True)
                    beyond = limits[end] - boundary[e]
                    reached[end, 0] = sums[e, 0] + beyond * (
                        states[e, 0] + states[e, 1] + states[e, 2]
                    )
                    reached[end, 1] = sums[e, 1] + beyond * states[e, 3]
                    reached[end, 2] = sums[e, 2] + beyond * (states[e, 4] + states[e, 5])
                size = max(1, limits[1] - limits[0])
                for k in range(3):
                    matrix[i, place + k] = (reached[1, k] - reached[0, k]) / size
                place += 3
    return column + 6 * len(windows)


@kernel
def _fill_rivals(boundary, rivals, at, window, least, matrix, column):  # type: ignore[no-untyped-def]
    # boundary and rivals: (r,), ascending; at: (s,), ascending; matrix: (s, c)
    first = 0
    for i in range(len(at)):
        while first < len(boundary) and boundary[first] < at[i] - window:
            first += 1
        best = least
        r = first
        while r < len(boundary) and boundary[r] <= at[i] + window:
            if boundary[r] != at[i]:
                best = max(best, rivals[r])
            r += 1
        matrix[i, column] = best
