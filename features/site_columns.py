"""The named columns of a candidate site's feature matrix, and the kernels that fill them.

Each kernel fills its group of columns from ``column`` on and returns the column after them.
"""

from __future__ import annotations

from itertools import chain, pairwise

import numpy as np

from features.accelerate import kernel
from features.sites import KINDS

__all__ = [
    "ABSENT",
    "BANDS",
    "BASES",
    "COLUMNS",
    "COLUMN_GROUPS",
    "COMPOSITION_WINDOWS",
    "CONTENT_WINDOWS",
    "count_composition",
    "fill_bases",
    "fill_composition",
    "fill_content",
    "fill_frames",
    "fill_neighbours",
]

BASES = 32
CONTENT_WINDOWS = (24, 48, 96, 192, 384)
COMPOSITION_WINDOWS = (50, 200, 1000)
BANDS = (0, 60, 200, 600, 2000)
"""Edges of the distance bands in which neighbouring sites are sought."""
ABSENT = -20.0
"""Natural-log odds that stand for a band without any site."""

COLUMN_GROUPS: dict[str, tuple[str, ...]] = {
    "pwm": ("pwm",),
    "bases": tuple(f"base_{offset:+d}" for offset in range(-BASES, BASES)),
    "content": tuple(
        f"{content}_{side}_{window}"
        for side in ("before", "after")
        for window in CONTENT_WINDOWS
        for content in ("frame_0", "frame_1", "frame_2", "intron", "antisense")
    ),
    "frames": tuple(
        f"{quantity}_{side}_frame_{frame}"
        for side in ("before", "after")
        for quantity in ("open", "best_coding")
        for frame in range(3)
    ),
    "neighbours": tuple(
        f"{kind}_{side}_{near}_{far}"
        for kind in KINDS
        for side in ("before", "after")
        for near, far in pairwise(BANDS)
    ),
    "end-signals": tuple(
        f"end_signal_{side}_{near}_{far}"
        for side in ("before", "after")
        for near, far in pairwise(BANDS)
    ),
    "composition": tuple(
        f"{quantity}_{side}_{window}"
        for side in ("before", "after")
        for window in COMPOSITION_WINDOWS
        for quantity in ("gc", "cpg", "pyrimidine")
    ),
}
"""Names of the matrix columns by what they tell of, in the order of the matrix."""
COLUMNS: tuple[str, ...] = tuple(chain.from_iterable(COLUMN_GROUPS.values()))
"""Names of the matrix columns.

pwm: log odds of the site's own PWM. base: code 0 to 3 at an offset from the site, 4 if unknown. frame, intron,
antisense: content score summed over a window; frame 0 is the frame in which a codon starts at the site, antisense the
best frame of the other strand. open: bases to the nearest in-frame stop codon, at most the flank of a view.
best_coding: highest coding score of a stop-free stretch that touches the site. kind bands: best PWM log odds of a
landmark of that kind at that distance, ``ABSENT`` if there is none. end_signal: the same of words that stand before
transcript ends (``features.end_signals``). gc, cpg, pyrimidine: shares of a window.
"""


# Kernels: s = sites, c = columns of the matrix, n = bases of the view.


@kernel
def fill_bases(codes, positions, bases, matrix, column):  # type: ignore[no-untyped-def]
    # codes: (n,), positions: (s,), matrix: (s, c)
    for i in range(len(positions)):
        first = positions[i] - bases
        if first >= 0 and first + 2 * bases <= len(codes):
            for j in range(2 * bases):
                matrix[i, column + j] = codes[first + j]
        else:
            for j in range(2 * bases):
                inside = 0 <= first + j < len(codes)
                matrix[i, column + j] = codes[first + j] if inside else 4
    return column + 2 * bases


@kernel
def fill_content(sums, antisense, positions, windows, matrix, column):  # type: ignore[no-untyped-def]
    # sums and antisense: (n + 1, 4), positions: (s,), windows: (w,), matrix: (s, c)
    n = len(sums) - 1
    for i in range(len(positions)):
        b = positions[i]
        at = column
        for side in range(2):
            for w in range(len(windows)):
                low = max(0, b - windows[w]) if side == 0 else b
                high = b if side == 0 else min(n, b + windows[w])
                for frame in range(3):
                    f = (b + frame) % 3
                    matrix[i, at + frame] = sums[high, f] - sums[low, f]
                matrix[i, at + 3] = sums[high, 3] - sums[low, 3]
                best = -np.inf
                for f in range(3):
                    best = max(best, antisense[n - low, f] - antisense[n - high, f])
                matrix[i, at + 4] = best
                at += 5
    return column + 10 * len(windows)


@kernel
def fill_frames(  # type: ignore[no-untyped-def]
    open_before, best_before, open_after, best_after, positions, longest, matrix, column
):
    # open and best: (n + 1, 3), positions: (s,), matrix: (s, c)
    for i in range(len(positions)):
        b = positions[i]
        for frame in range(3):
            f = (b + frame) % 3
            matrix[i, column + frame] = min(open_before[b, f], longest)
            matrix[i, column + 3 + frame] = best_before[b, f]
            matrix[i, column + 6 + frame] = min(open_after[b, f], longest)
            matrix[i, column + 9 + frame] = best_after[b, f]
    return column + 12


@kernel
def fill_neighbours(positions, others, scores, bands, matrix, column):  # type: ignore[no-untyped-def]
    # positions: (s,) ascending, others and scores: (m,) ascending by position, bands: (k + 1,), matrix: (s, c)
    k = len(bands) - 1
    best = np.empty((2 * k, len(positions)), np.float32)
    places = np.empty(len(others) + 1, np.int64)
    values = np.empty(len(others) + 1, np.float32)
    for band in range(k):
        # A site is bands[band] <= distance < bands[band + 1] away; the site itself, at distance 0, is none of its
        # neighbours.
        near, far = max(1, bands[band]), bands[band + 1]
        _find_best(positions, 1 - far, 1 - near, others, scores, places, values, best[band])
        _find_best(positions, near, far, others, scores, places, values, best[k + band])
    for i in range(len(positions)):
        for j in range(2 * k):
            matrix[i, column + j] = best[j, i]
    return column + 2 * k


@kernel
def _find_best(positions, low, high, others, scores, places, values, best):  # type: ignore[no-untyped-def]
    # Highest score of the others at low <= distance < high; the windows ascend, so a queue of falling scores suffices:
    # places and values hold it. positions and best: (s,), others and scores: (m,), places and values: (m + 1,)
    head = tail = entering = 0
    m = len(others)
    following = others[0] if m else np.int64(0)
    for i in range(len(positions)):
        p = positions[i]
        while entering < m and following < p + high:
            score = scores[entering]
            while tail > head and values[tail - 1] <= score:
                tail -= 1
            places[tail] = following
            values[tail] = score
            tail += 1
            entering += 1
            if entering < m:
                following = others[entering]
        while head < tail and places[head] < p + low:
            head += 1
        best[i] = values[head] if head < tail else ABSENT


@kernel
def fill_composition(counts, positions, windows, matrix, column):  # type: ignore[no-untyped-def]
    # counts: (n + 1, 3), positions: (s,), windows: (w,), matrix: (s, c)
    n = len(counts) - 1
    for i in range(len(positions)):
        b = positions[i]
        at = column
        for side in range(2):
            for w in range(len(windows)):
                low = max(0, b - windows[w]) if side == 0 else b
                high = b if side == 0 else min(n, b + windows[w])
                for quantity in range(3):
                    count = counts[high, quantity] - counts[low, quantity]
                    matrix[i, at + quantity] = count / max(1, high - low)
                at += 3
    return column + 6 * len(windows)


@kernel
def count_composition(codes, counts):  # type: ignore[no-untyped-def]
    # codes: (n,), counts: (n + 1, 3)
    for p in range(len(codes)):
        code = codes[p]
        cpg = code == 2 and p > 0 and codes[p - 1] == 1
        counts[p + 1, 0] = counts[p, 0] + (code == 1 or code == 2)
        counts[p + 1, 1] = counts[p, 1] + cpg
        counts[p + 1, 2] = counts[p, 2] + (code == 1 or code == 3)
