"""Records of labelled sequences in files: FASTA, tables with a header, and plain lines, each with its fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from features.errors import InputFileError
from features.genome import Codes, encode
from features.lines import read_lines
from features.tables import read_cells

__all__ = [
    "Record",
    "fasta_texts",
    "read_fasta",
    "read_plain",
    "read_table",
    "table_columns",
    "table_rows",
]

NUCLEOTIDES = b"ACGTURYKMSWBDHVNacgturykmswbdhvn"
"""IUPAC letters; U counts as T."""
AMINO_ACIDS = b"EFILPQXZOJefilpqxzoj*"
"""Letters of proteins that are no nucleotide."""
_U_AS_T = bytes.maketrans(b"Uu", b"Tt")


@dataclass(frozen=True, slots=True)
class Record:
    """One sequence as a file holds it.

    Attributes
    ----------
    codes : uint8 codes; U counts as T.
    known : whether it is written in A, C, G, T and U alone.
    fields : what else is said of it, by name.
    path, line : where, for errors.
    """

    codes: Codes
    known: bool
    fields: Mapping[str, str]
    path: Path
    line: int


def read_fasta(path: str | Path, pattern: str | None = None) -> Iterator[Record]:
    """Yield the records of a FASTA file, plain or gzipped.

    Parameters
    ----------
    path : the file.
    pattern : regular expression that is searched in the header; its named groups are the fields. The field ``id`` is
        the first word of the header where no group has that name.

    Raises
    ------
    InputFileError : no FASTA, a header without a name or that does not fit, an empty record, foreign letters.
    """
    path = Path(path)
    for header, line, letters in fasta_texts(path, _check):
        yield _fasta_record(path, header, line, letters, pattern)


def fasta_texts(
    path: Path, check: Callable[[Path, str, int], bytes]
) -> Iterator[tuple[str, int, bytes]]:
    """Yield (header without '>', its line number, letters) of the records of a FASTA file, plain or gzipped.

    Parameters
    ----------
    check : (file, line of letters, line number) -> those letters, or an error.

    Raises ``InputFileError`` for text before the first header, a header without a name, an empty file.
    """
    header, begun = "", 0
    pieces: list[bytes] = []
    for number, text in read_lines(path):
        line = text.strip()
        if line.startswith(">"):
            if begun:
                yield header, begun, b"".join(pieces)
            header, begun, pieces = line[1:].strip(), number, []
            if not header:
                raise InputFileError(
                    path, "a header without a name", "Write a name after '>'.", number
                )
        elif line and not begun:
            raise InputFileError(
                path, "not FASTA: text before the first '>'", "Give a FASTA file.", number
            )
        elif line:
            pieces.append(check(path, line, number))
    if not begun:
        raise InputFileError(path, "an empty file", "Give a FASTA file with at least one record.")
    yield header, begun, b"".join(pieces)


def read_table(
    path: str | Path, columns: Mapping[str, str], pattern: str | None = None
) -> Iterator[Record]:
    """Yield the rows of a tab- or comma-separated table with a header line, plain or gzipped.

    Parameters
    ----------
    path : the file.
    columns : name of the column that holds each field; the one of ``sequence`` is read as bases.
    pattern : regular expression that is searched in the field ``id``; its named groups are further fields.

    Raises
    ------
    InputFileError : an empty file, a missing column, a row of another length, an empty cell, foreign letters.
    """
    path = Path(path)
    for number, fields in table_rows(path, columns):
        letters = fields.pop("sequence")
        if pattern is not None:
            fields |= _named(path, fields.get("id", ""), pattern, number)
        yield _record(path, letters and _check(path, letters, number), fields, number)


def table_rows(path: Path, columns: Mapping[str, str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, cell of each field) of a table with a header line, plain or gzipped.

    ``columns`` says which column holds a field. Raises ``InputFileError`` for an empty file, a missing column, a row of
    another length than the header.
    """
    rows = read_cells(path)
    first, names = next(rows)
    for column in columns.values():
        if names.count(column) > 1:
            raise InputFileError(
                path, f"two columns {column!r} in the header", "Keep or rename one.", first
            )
        if column not in names:
            raise InputFileError(
                path,
                f"no column {column!r} in the header",
                f"Name its columns; it has {', '.join(names)}.",
                first,
            )
    places = {name: names.index(column) for name, column in columns.items()}
    for number, cells in rows:
        yield number, {name: cells[place] for name, place in places.items()}


def read_plain(path: str | Path) -> Iterator[Record]:
    """Yield the sequences of a file that holds one per line and nothing else; their ids are their line numbers."""
    path = Path(path)
    for number, text in read_lines(path):
        if line := text.strip():
            yield _record(path, _check(path, line, number), {"id": str(number)}, number)


def table_columns(path: str | Path) -> list[str]:
    """Names in the header line of a table; ``InputFileError`` where the file is empty."""
    return next(read_cells(Path(path)))[1]


def _fasta_record(
    path: Path, header: str, line: int, letters: bytes, pattern: str | None
) -> Record:
    fields = {"id": header.split()[0]}
    if pattern is not None:
        fields |= _named(path, header, pattern, line)
    return _record(path, letters, fields, line)


def _named(path: Path, text: str, pattern: str, line: int) -> dict[str, str]:
    """The named groups of ``pattern`` in ``text``; ``InputFileError`` where it does not fit."""
    match = re.search(pattern, text)
    if match is None:
        raise InputFileError(
            path,
            f"{text[:60]!r} does not have the expected form",
            f"It should fit the regular expression {pattern!r}.",
            line,
        )
    return {name: value for name, value in match.groupdict().items() if value is not None}


def _record(path: Path, letters: bytes | str, fields: dict[str, str], line: int) -> Record:
    if not letters:
        name = fields.get("id")
        raise InputFileError(
            path,
            f"sequence {name!r} has no bases" if name else "a sequence without bases",
            "Remove it or complete it.",
            line,
        )
    raw = letters if isinstance(letters, bytes) else letters.encode()
    codes = encode(raw.translate(_U_AS_T))
    return Record(codes, bool((codes < 4).all()), fields, path, line)


def _check(path: Path, line: str, number: int) -> bytes:
    """The letters of a line; ``InputFileError`` where one is no nucleotide."""
    raw = line.encode("utf-8")
    foreign = raw.translate(None, NUCLEOTIDES)
    if not foreign:
        return raw
    letter = foreign.decode("utf-8")[0]
    if letter.encode() in AMINO_ACIDS:
        raise InputFileError(
            path,
            f"{letter!r} is an amino acid, no nucleotide: this looks like protein",
            "Give DNA or RNA.",
            number,
        )
    raise InputFileError(
        path, f"{letter!r} is no nucleotide", "Write bases in IUPAC letters, without gaps.", number
    )
