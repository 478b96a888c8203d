"""Tables of expression: TPM of samples and genes, whichever of the two its rows are, and the list of genes."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.errors import InputFileError
from features.tables import read_cells

__all__ = ["NOT_QUANTIFIED", "TpmTable", "parse_tpm", "read_tpm"]

NOT_QUANTIFIED = ("NA", "NaN", "nan")
"""What a cell says where a gene was not quantified in a sample; an empty cell is an error."""


class TpmTable(NamedTuple):
    """Expression as a file holds it.

    Attributes
    ----------
    samples, genes : names, unique, in the order of the file.
    tpm : float64 of shape (samples, genes), NaN where a gene was not quantified.
    """

    samples: tuple[str, ...]
    genes: tuple[str, ...]
    tpm: npt.NDArray[np.float64]


def read_tpm(path: str | Path, samples: Sequence[str]) -> TpmTable:
    """Read a tab- or comma-separated table with a header and a first column of names, plain or gzipped.

    The rows are samples where the first column holds names of ``samples``, and genes where the header does. Other
    columns of a table of genes, such as a description, and rows of other samples are passed over.

    Raises ``InputFileError``, with the line, for a table that names none or not all of ``samples``, that names a sample
    or a gene twice, for rows of another length, and for cells that are empty, negative or no number.
    """
    path = Path(path)
    rows = read_cells(path)
    first, header = next(rows, (1, []))
    wanted = set(samples)
    if wanted & set(header[1:]):
        return _genes_by_samples(path, first, header, rows, samples)
    _check_unique(path, header[1:], "gene", first)
    found: dict[str, npt.NDArray[np.float64]] = {}
    for number, cells in rows:
        if cells[0] in found:
            _twice(path, "sample", cells[0], number)
        if cells[0] in wanted:
            found[cells[0]] = _numbers(path, cells[1:], number)
    _check_samples(path, samples, found, header[1:])
    return TpmTable(tuple(samples), tuple(header[1:]), np.stack([found[name] for name in samples]))


def _genes_by_samples(
    path: Path,
    first: int,
    header: list[str],
    rows: Iterator[tuple[int, list[str]]],
    samples: Sequence[str],
) -> TpmTable:
    _check_unique(path, [name for name in header[1:] if name in samples], "sample", first)
    _check_samples(path, samples, header[1:], header[1:])
    places = [header.index(name, 1) for name in samples]
    found: dict[str, npt.NDArray[np.float64]] = {}
    for number, cells in rows:
        if cells[0] in found:
            _twice(path, "gene", cells[0], number)
        found[cells[0]] = _numbers(path, [cells[place] for place in places], number)
    if not found:
        raise InputFileError(path, "a header and no genes", "Give a row for each gene.", first)
    return TpmTable(tuple(samples), tuple(found), np.stack(list(found.values()), axis=1))


def _numbers(path: Path, cells: Sequence[str], line: int) -> npt.NDArray[np.float64]:
    return np.array([parse_tpm(path, cell, line) for cell in cells], np.float64)


def parse_tpm(path: Path, cell: str, line: int) -> float:
    """The TPM of a cell, NaN where it says that it was not quantified; ``InputFileError`` for any other text."""
    if cell in NOT_QUANTIFIED:
        return math.nan
    try:
        value = float(cell)
    except ValueError:
        value = math.inf
    if not cell:
        raise InputFileError(
            path, "an empty cell", "Write the TPM, or NA where a gene was not quantified.", line
        )
    if not math.isfinite(value):
        raise InputFileError(
            path,
            f"{cell!r} is no TPM",
            "Write a number of 0 or more, or NA where a gene was not quantified.",
            line,
        )
    if value < 0:
        raise InputFileError(
            path,
            f"a negative TPM, {cell}",
            "TPM are 0 or more: give them as they are, without logarithms or differences.",
            line,
        )
    return value


def _check_samples(
    path: Path,
    samples: Sequence[str],
    found: Container[str],
    genes: Sequence[str],
) -> None:
    missing = [name for name in samples if name not in found]
    if not missing:
        return
    if len(missing) == len(samples):
        some = ", ".join(repr(name) for name in genes[:3])
        problem = f"names none of the {len(samples)} samples, such as {missing[0]!r}; its header has {some}"
    else:
        problem = f"no sample {missing[0]!r}"
    raise InputFileError(
        path, problem, "Name the samples as their peaks are; a sample without expression has NA.", 1
    )


def _check_unique(path: Path, names: Sequence[str], what: str, line: int) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            _twice(path, what, name, line)
        seen.add(name)


def _twice(path: Path, what: str, name: str, line: int) -> None:
    raise InputFileError(path, f"{what} {name!r} is there twice", f"Give each {what} once.", line)
