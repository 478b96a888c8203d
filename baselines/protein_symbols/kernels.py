"""Kernels over the inverted index: counting and filling it, sums by symbol, passive-aggressive passes.

Axes: flat = residues in a row; offsets = proteins + 1; owners = symbol of each protein; starts = words + 1; symbols and
weights = postings; importance = words; found = room for the words of the longest protein.
"""

from __future__ import annotations

import numpy as np

from features.accelerate import kernel
from features.proteins.words import fill_words

__all__ = ["count_postings", "fill_postings", "rank_proteins", "train_pass"]


@kernel
def _different(residues, groups, letters, k, bits, found):  # type: ignore[no-untyped-def]
    """The different words of a protein, ascending, at the front of ``found``; returns how many there are."""
    total = fill_words(residues, groups, letters, k, bits, found)
    found[:total].sort()
    count = 0
    for at in range(total):
        if at == 0 or found[at] != found[at - 1]:
            found[count] = found[at]
            count += 1
    return count


@kernel
def count_postings(  # type: ignore[no-untyped-def]
    flat, offsets, owners, groups, letters, k, bits, last, counts
):
    # flat: residues; offsets: proteins + 1; owners: proteins, ascending; last: words; counts: words + 1
    found = np.empty(max(1, np.max(np.diff(offsets))), np.int64)
    for at in range(len(owners)):
        total = fill_words(flat[offsets[at] : offsets[at + 1]], groups, letters, k, bits, found)
        for word in found[:total]:
            if last[word] != owners[at]:
                last[word] = owners[at]
                counts[word + 1] += 1


@kernel
def fill_postings(  # type: ignore[no-untyped-def]
    flat, offsets, owners, groups, letters, k, bits, last, latest, filled, symbols, proteins_with
):
    # last, latest: symbol and protein that held a word last; filled: end of its postings so far
    found = np.empty(max(1, np.max(np.diff(offsets))), np.int64)
    for at in range(len(owners)):
        total = fill_words(flat[offsets[at] : offsets[at + 1]], groups, letters, k, bits, found)
        for word in found[:total]:
            if last[word] != owners[at]:
                last[word] = owners[at]
                symbols[filled[word]] = owners[at]
                filled[word] += 1
            if latest[word] != at:
                latest[word] = at
                proteins_with[filled[word] - 1] += 1


@kernel
def rank_proteins(  # type: ignore[no-untyped-def]
    flat,
    offsets,
    groups,
    letters,
    k,
    bits,
    starts,
    symbols,
    weights,
    importance,
    count,
    hidden,
    result,
):
    # result: proteins x COLUMNS
    # touched: symbols that hold a word of the protein; latest: protein that touched each last
    sums = np.zeros(count)
    touched = np.empty(count, np.int32)
    latest = np.full(count, -1, np.int64)
    found = np.empty(max(1, np.max(np.diff(offsets))), np.int64)
    for at in range(len(hidden)):
        many = _different(flat[offsets[at] : offsets[at + 1]], groups, letters, k, bits, found)
        whole = 0.0
        holders = 0
        for word in found[:many]:
            own = importance[word]
            whole += own
            for place in range(starts[word], starts[word + 1]):
                symbol = symbols[place]
                if latest[symbol] != at:
                    latest[symbol] = at
                    touched[holders] = symbol
                    holders += 1
                sums[symbol] += own * weights[place] if len(weights) else own
        best = -1
        first = 0.0
        second = 0.0
        for symbol in touched[:holders]:
            reached = sums[symbol]
            sums[symbol] = 0.0
            if symbol == hidden[at] or reached <= second:
                continue
            if reached > first:
                second = first
                first = reached
                best = symbol
            else:
                second = reached
        result[at, 0] = best
        result[at, 1] = first
        result[at, 2] = second
        result[at, 3] = whole
        result[at, 4] = many


@kernel
def train_pass(  # type: ignore[no-untyped-def]
    flat,
    offsets,
    owners,
    groups,
    letters,
    k,
    bits,
    starts,
    symbols,
    weights,
    importance,
    count,
    order,
    aggressiveness,
):
    sums = np.zeros(count)
    found = np.empty(max(1, np.max(np.diff(offsets))), np.int64)
    changed = 0
    for at in order:
        many = _different(flat[offsets[at] : offsets[at + 1]], groups, letters, k, bits, found)
        square = 0.0
        for word in found[:many]:
            square += importance[word] ** 2
        if square == 0.0:
            continue
        scale = 1 / np.sqrt(square)
        for word in found[:many]:
            for place in range(starts[word], starts[word + 1]):
                sums[symbols[place]] += scale * importance[word] * weights[place]
        true = owners[at]
        right = sums[true]
        sums[true] = -np.inf
        rival = -1
        wrong = -np.inf
        for word in found[:many]:
            for place in range(starts[word], starts[word + 1]):
                symbol = symbols[place]
                if sums[symbol] > wrong:
                    wrong = sums[symbol]
                    rival = symbol
        for word in found[:many]:
            for place in range(starts[word], starts[word + 1]):
                sums[symbols[place]] = 0.0
        loss = 1 - right + max(wrong, 0.0)
        if loss <= 0:
            continue
        changed += 1
        step = min(aggressiveness, loss / (2 if rival >= 0 else 1))
        for word in found[:many]:
            by = step * scale * importance[word]
            for place in range(starts[word], starts[word + 1]):
                if symbols[place] == true:
                    weights[place] += by
                elif symbols[place] == rival and wrong > 0:
                    weights[place] -= by
    return changed
