"""Tab- or comma-separated tables, plain or gzipped, as cells."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from features.errors import InputFileError
from features.lines import read_lines

__all__ = ["read_cells"]


def read_cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (1-based line, cells) of a tab- or comma-separated table, header first, blank lines left out.

    ``InputFileError`` for an empty file and rows of another length than the header.
    """
    width, delimiter = 0, ","
    for number, text in read_lines(path):
        if not text.strip():
            continue
        if not width:
            delimiter = "\t" if "\t" in text else ","
        cells = [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter))]
        width = width or len(cells)
        if len(cells) != width:
            raise InputFileError(
                path,
                f"{len(cells)} cells where the header has {width}",
                "Give every row as many cells as the header.",
                number,
            )
        yield number, cells
    if not width:
        raise InputFileError(path, "an empty file", "Give a table with a header line.")
