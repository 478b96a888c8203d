"""Named subsets of a set's sequences that are reported apart: alone, of matched length, and hard to tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.errors import InputFileError
from features.genome import Codes
from features.lines import read_lines
from features.open_frames import longest_frame
from features.sequence_sets.sequence_set import Indices

__all__ = [
    "alone",
    "challenge",
    "coding_lengths",
    "match_lengths",
]

LENGTH_BINS = 8
"""Bins of length per doubling."""


def alone(sequences: Sequence[Codes]) -> Indices:
    """Indices of the sequences that no other one equals, base for base."""
    seen: dict[bytes, list[int]] = {}
    for number, codes in enumerate(sequences):
        seen.setdefault(codes.tobytes(), []).append(number)
    return np.array(sorted(found[0] for found in seen.values() if len(found) == 1), np.int64)


def match_lengths(
    sequences: Sequence[Codes], labels: npt.NDArray[np.str_], among: Indices
) -> Indices:
    """Indices, of those ``among``, of as many sequences of every class in each bin of log2 length.

    A bin is an eighth of a doubling; of a class with more than the fewest in it, those that come first are taken.
    """
    lengths = np.array([len(sequences[i]) for i in among.tolist()])
    bins = np.floor(np.log2(lengths) * LENGTH_BINS).astype(np.int64)
    classes = np.unique(labels[among])
    kept: list[Indices] = [np.empty(0, np.int64)]
    for number in np.unique(bins):
        members = [among[(bins == number) & (labels[among] == name)] for name in classes]
        kept += [those[: min(map(len, members))] for those in members]
    return np.sort(np.concatenate(kept))


def challenge(
    sequences: Sequence[Codes],
    labels: npt.NDArray[np.str_],
    ids: Sequence[str],
    among: Indices,
    coding: str,
    lengths: dict[str, int],
    bases: int,
) -> Indices:
    """Indices, of those ``among``, of coding transcripts of short CDS and of others with a long open reading frame.

    Parameters
    ----------
    sequences, labels, ids : of all.
    coding : the class of coding transcripts; their CDS has at most ``bases`` bases, the stop codon with it. The longest
        open frame (``features.open_frames``) of the others has at least so many.
    lengths : CDS bases by id; a coding transcript that is absent is left out.
    """
    chosen = []
    for i in among.tolist():
        if labels[i] == coding:
            hard = lengths.get(ids[i], bases + 1) <= bases
        else:
            start, end = longest_frame(sequences[i])
            hard = end - start >= bases
        if hard:
            chosen.append(i)
    return np.array(chosen, np.int64)


def coding_lengths(path: str | Path) -> dict[str, int]:
    """CDS bases of each transcript of a BED12 file, by its name; ``InputFileError`` for a line that is no BED12."""
    found = {}
    for number, line in read_lines(path):
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        cells = line.split("\t")
        try:
            start, first, last = int(cells[1]), int(cells[6]), int(cells[7])
            sizes, offsets = (
                [int(cell) for cell in cells[column].split(",") if cell] for column in (10, 11)
            )
            blocks = [(start + o, start + o + s) for s, o in zip(sizes, offsets, strict=True)]
        except (IndexError, ValueError):
            raise InputFileError(
                path, "not BED12", "Give 12 tab-separated columns.", number
            ) from None
        found[cells[3]] = sum(max(0, min(end, last) - max(begin, first)) for begin, end in blocks)
    return found
