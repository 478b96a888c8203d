"""The prepared matrices of an expression set, and those that were published, as their files hold them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.errors import InputFileError
from features.expression.tables import parse_tpm
from features.lines import read_lines
from features.tables import read_cells

__all__ = ["GeneTable", "read_accessibility", "read_gene_table", "read_published"]

GENE_COLUMNS = ("gene_id_version", "start", "end", "quantified_in_tsv")

GeneTable = dict[str, tuple[int, int, bool]]
"""By gene id: start and end, 0-based half-open, and whether any sample quantified it."""


def read_accessibility(path: Path) -> dict[str, npt.NDArray[np.uint8]]:
    """By sample its 0s and 1s, uint8 of shape (bins,), from lines of a name, a tab and a string of 0 and 1.

    ``InputFileError``, with the line, for another form, other lengths, a sample that is there twice.
    """
    found: dict[str, npt.NDArray[np.uint8]] = {}
    length = 0
    for number, text in read_lines(path):
        name, _, bits = text.partition("\t")
        if not bits or bits.strip("01"):
            raise InputFileError(
                path, "not a name, a tab, and 0s and 1s", "Give one line for each sample.", number
            )
        length = length or len(bits)
        if len(bits) != length or name in found:
            problem = f"{len(bits)} bins where the first sample has {length}"
            if name in found:
                problem = f"sample {name!r} is there twice"
            raise InputFileError(path, problem, "Give every sample one line of all bins.", number)
        found[name] = np.frombuffer(bits.encode(), np.uint8) - ord("0")
    if not found:
        raise InputFileError(path, "an empty file", "Give one line for each sample.")
    return found


def read_gene_table(path: Path) -> GeneTable:
    """Genes by id, from a table with the columns gene_id_version, start, end (from 1) and quantified_in_tsv.

    ``InputFileError``, with the line, for a missing column, a gene that is there twice, coordinates that are none.
    """
    rows = read_cells(path)
    first, header = next(rows)
    for column in GENE_COLUMNS:
        if column not in header:
            raise InputFileError(
                path, f"no column {column!r}", f"It needs {', '.join(GENE_COLUMNS)}.", first
            )
    places = [header.index(column) for column in GENE_COLUMNS]
    found: GeneTable = {}
    for number, cells in rows:
        name, start, end, quantified = (cells[place] for place in places)
        if not (start.isdecimal() and end.isdecimal() and 1 <= int(start) <= int(end)):
            raise InputFileError(
                path, f"{start}-{end} is no place", "Count bases from 1, the start first.", number
            )
        if name in found:
            raise InputFileError(path, f"gene {name!r} is there twice", "Give it once.", number)
        found[name] = int(start) - 1, int(end), quantified == "1"
    return found


def read_published(path: Path) -> npt.NDArray[np.float64]:
    """TPM of a comma-separated matrix without names, float64 of shape (rows, columns).

    ``InputFileError``, with the line, as of ``read_cells`` and ``parse_tpm``.
    """
    return np.array(
        [[parse_tpm(path, cell, number) for cell in cells] for number, cells in read_cells(path)]
    )
