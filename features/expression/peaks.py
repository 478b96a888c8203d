"""Peaks of open chromatin: BED files to bins."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.errors import DatasetError, InputFileError
from features.expression.layout import Bins, find_chromosome
from features.lines import read_lines

__all__ = ["COUNT_BY", "Peaks", "read_peaks"]

COUNT_BY = ("overlap", "midpoint")
COMMENTS = ("#", "track", "browser")
BED_REMEDY = "Give BED: name, start and end, parted by tabs, 0-based and half-open."


class Peaks(NamedTuple):
    """Which bins hold a peak, uint8 0 or 1 of shape (bins,), and the chromosome as the file names it."""

    open: npt.NDArray[np.uint8]
    chromosome: str


def read_peaks(path: str | Path, bins: Bins, count_by: str = "overlap") -> Peaks:
    """The bins that hold a peak, from the first three columns of a BED file.

    Parameters
    ----------
    path : BED or narrowPeak file, plain or gzipped, 0-based half-open.
    bins : of one chromosome, which may have another name in the file that ``find_chromosome`` takes for the same;
        peaks outside are passed over.
    count_by : ``overlap``: a peak counts in every bin that it shares a base with; ``midpoint``: in the bin of its
        middle base, (start + end) // 2.

    Raises
    ------
    InputFileError : with the line, a line that is no peak, a start that is not before its end, a file without any peak
        on the chromosome of the bins.
    DatasetError : another ``count_by``.
    """
    if count_by not in COUNT_BY:
        raise DatasetError(f"peaks are counted by {' or '.join(COUNT_BY)}, not {count_by!r}.")
    path = Path(path)
    lines: dict[str, int] = {}
    spans: dict[str, list[tuple[int, int]]] = {}
    for number, text in read_lines(path):
        if not text.strip() or text.startswith(COMMENTS):
            continue
        name, start, end = _parse(path, text, number)
        lines.setdefault(name, number)
        if find_chromosome(bins.chromosome, [name]) is not None:
            spans.setdefault(name, []).append((start, end))
    if not lines:
        raise InputFileError(path, "no peaks", "Give a BED file with at least one peak.")
    chromosome = find_chromosome(bins.chromosome, spans)
    if chromosome is None:
        other, first = next(iter(lines.items()))
        raise InputFileError(
            path,
            f"no peak on chromosome {bins.chromosome!r}; the first one is on {other!r}",
            "Name the region's chromosome as the peaks do, and check the assembly.",
            first,
        )
    edges = np.zeros(bins.count + 1, np.int64)
    for start, end in spans[chromosome]:
        if count_by == "midpoint":
            start = (start + end) // 2
            end = start + 1
        low, high = max(start, bins.start), min(end, bins.end)
        if low < high:
            edges[(low - bins.start) // bins.size] += 1
            edges[(high - 1 - bins.start) // bins.size + 1] -= 1
    return Peaks((np.cumsum(edges[:-1]) > 0).astype(np.uint8), chromosome)


def _parse(path: Path, text: str, line: int) -> tuple[str, int, int]:
    cells = text.split("\t") if "\t" in text else text.split()
    try:
        name, start, end = cells[0], int(cells[1]), int(cells[2])
    except (IndexError, ValueError):
        raise InputFileError(path, "not a name, a start and an end", BED_REMEDY, line) from None
    if not 0 <= start < end:
        raise InputFileError(path, f"{start}-{end} is no peak: 0 <= start < end", BED_REMEDY, line)
    return name, start, end
