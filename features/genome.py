"""``Genome``: FASTA records as uint8 codes, read lazily by slice through pyfaidx."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt
from pyfaidx import Faidx

from features.errors import InputFileError, OutputError
from features.lines import is_gzipped, open_binary
from features.progress import track
from features.storage import atomic_file, atomic_text

__all__ = ["UNKNOWN", "Codes", "Genome", "cache_folder", "encode", "reverse_complement"]

Codes = npt.NDArray[np.uint8]
"""Bases as uint8: A0 C1 G2 T3, anything else 4."""
UNKNOWN = 4
"""Code of a base that is not known."""

_COMPLEMENT = np.array([3, 2, 1, 0, 4], np.uint8)
_CODE_OF_BYTE = bytes(
    {"A": 0, "C": 1, "G": 2, "T": 3}.get(chr(byte).upper(), 4) for byte in range(256)
)
_NUCLEOTIDES = b"ACGTURYKMSWBDHVNX.-acgturykmswbdhvnx"
"""IUPAC nucleotide codes, gap characters and the X of masking programs."""


def reverse_complement(codes: Codes) -> Codes:
    """The other strand's own 5'->3' sequence of ``codes``."""
    return _COMPLEMENT[codes[::-1]]


def encode(letters: str | bytes) -> Codes:
    """Codes of a string of bases; lower case counts as its base."""
    raw = letters.encode("ascii") if isinstance(letters, str) else letters
    return np.frombuffer(bytearray(raw).translate(_CODE_OF_BYTE), np.uint8)


def cache_folder() -> Path:
    """Where derived files go: ``$GENESTRUCT_CACHE``, else ``genestruct`` in the user's cache folder."""
    chosen = os.environ.get("GENESTRUCT_CACHE")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "genestruct"


class Genome:
    """The records of a FASTA file, plain or gzipped.

    The file is checked and indexed once; the index and, where the file is gzipped or its lines are unevenly wrapped, an
    unwrapped copy lie in the cache, keyed by path, size and modification time. The file itself is never written.

    Parameters
    ----------
    path : FASTA file. The name of a record is the first word of its header.
    cache : folder for derived files; ``cache_folder()`` where None.

    Raises
    ------
    InputFileError : the file is missing, damaged, empty, not FASTA, not nucleotides, or has an empty or a duplicate
        record.
    """

    def __init__(self, path: str | Path, cache: str | Path | None = None) -> None:
        self.path = Path(path)
        fasta, index = _prepare(self.path, Path(cache) if cache is not None else cache_folder())
        self._reader = Faidx(str(fasta), indexname=str(index), as_raw=True, build_index=False)
        self._lengths: dict[str, int] = {
            name: record.rlen for name, record in self._reader.index.items()
        }
        self.names: tuple[str, ...] = tuple(self._lengths)
        self.total_length = sum(self._lengths.values())

    def __contains__(self, name: object) -> bool:
        return name in self._lengths

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the underlying file."""
        self._reader.close()

    def length(self, name: str) -> int:
        """Bases of record ``name``."""
        if name not in self._lengths:
            some = ", ".join(self.names[:5]) + (", ..." if len(self.names) > 5 else "")
            raise InputFileError(self.path, f"no sequence named {name!r}", f"It holds: {some}")
        return self._lengths[name]

    def fetch(self, name: str, start: int = 0, end: int | None = None) -> Codes:
        """Writable uint8 codes of forward bases ``start`` to ``end`` (0-based half-open) of ``name``.

        Raises ``ValueError`` unless 0 <= start <= end <= length.
        """
        return encode(self._letters(name, start, end))

    def soft_mask(self, name: str, start: int = 0, end: int | None = None) -> npt.NDArray[np.bool_]:
        """Whether each base of the slice is written in lower case, shape (end - start,)."""
        letters = self._letters(name, start, end)
        return np.frombuffer(letters.encode("ascii"), np.uint8) >= ord("a")

    def _letters(self, name: str, start: int, end: int | None) -> str:
        length = self.length(name)
        end = length if end is None else end
        if not 0 <= start <= end <= length:
            raise ValueError(f"{name}: slice {start}:{end} of a sequence of {length} bases")
        if start == end:
            return ""
        letters: str = self._reader.fetch(name, start + 1, end)
        return letters


@dataclass(slots=True)
class _Record:
    """A record as a .fai index describes it; not ``regular`` where pyfaidx could not seek in it."""

    name: str
    header_line: int
    offset: int
    length: int = 0
    line_bases: int = 0
    line_bytes: int = 0
    regular: bool = True
    last_line_seen: bool = False

    def add(self, line: bytes, text: bytes) -> None:
        """Account for one sequence line, given with and without its end."""
        bases = len(text)
        if not self.length:
            self.line_bases, self.line_bytes = bases, len(line)
        ending = line[bases:]
        # An index has no place for blank lines between a header and its sequence.
        self.regular &= bases > 0 or self.length > 0
        if bases:
            self.regular &= not self.last_line_seen and bases <= self.line_bases
        self.regular &= ending in (b"\n", b"\r\n", b"")
        if bases < self.line_bases or len(line) != self.line_bytes:
            self.last_line_seen = True
        self.length += bases

    def fai(self) -> str:
        return f"{self.name}\t{self.length}\t{self.offset}\t{self.line_bases}\t{self.line_bytes}\n"


def _prepare(path: Path, cache: Path) -> tuple[Path, Path]:
    """(FASTA to read from, its index), made if they are not there yet; the index appears last."""
    packed = is_gzipped(path)
    state = path.stat()
    key = hashlib.sha256(f"{path.resolve()}|{state.st_size}|{state.st_mtime_ns}".encode())
    stem = cache / "genomes" / key.hexdigest()[:24]
    index, copy, copy_index = (stem.with_suffix(end) for end in (".fai", ".fa", ".fa.fai"))
    if index.exists():
        return path, index
    if copy_index.exists() and copy.exists():
        return copy, copy_index
    try:
        if not packed:
            records = _scan(path, None)
            if all(record.regular for record in records):
                _write_index(index, records)
                return path, index
        with atomic_file(copy) as scratch, scratch.open("wb") as unwrapped:
            records = _scan(path, unwrapped)
        _write_index(copy_index, records)
    except OutputError as error:
        raise InputFileError(
            stem.parent,
            f"cannot write the index or unpacked copy of {path} ({error.problem})",
            "Set GENESTRUCT_CACHE to a writable folder with room.",
        ) from None
    return copy, copy_index


def _write_index(path: Path, records: list[_Record]) -> None:
    with atomic_text(path) as file:
        file.write("".join(record.fai() for record in records))


def _scan(path: Path, copy: BinaryIO | None) -> list[_Record]:
    """Check every line and list the records; with ``copy``, write each there on one line and describe that file."""
    records: dict[str, _Record] = {}
    record: _Record | None = None
    position = 0
    with open_binary(path) as stream:
        for number, line in enumerate(track(stream, f"Indexing {path.name}", unit="lines"), 1):
            position += len(line)
            if line.startswith(b">"):
                _finish(path, record, copy)
                record = _begin(path, line, number, position)
                first = records.setdefault(record.name, record)
                if first is not record:
                    raise InputFileError(
                        path,
                        f"sequence {record.name!r} is already at line {first.header_line}",
                        "Give every sequence a name of its own.",
                        number,
                    )
                if copy is not None:
                    copy.write(b">" + record.name.encode() + b"\n")
                    record.offset = copy.tell()
                continue
            text = line.rstrip()
            if record is None:
                if not text:
                    continue
                raise InputFileError(
                    path, "not FASTA: text before the first '>'", "Give a FASTA file.", number
                )
            foreign = text.translate(None, _NUCLEOTIDES)
            if foreign:
                raise InputFileError(
                    path,
                    f"{foreign[:1].decode('latin-1')!r} in sequence {record.name!r} is no nucleotide code",
                    "Give DNA, not protein, in IUPAC letters.",
                    number,
                )
            record.add(line, text)
            if copy is not None:
                copy.write(text)
    _finish(path, record, copy)
    if record is None:
        raise InputFileError(path, "an empty file", "Give a FASTA file with at least one record.")
    return list(records.values())


def _begin(path: Path, line: bytes, number: int, position: int) -> _Record:
    try:
        words = line[1:].decode("utf-8").split()
    except UnicodeDecodeError:
        words = []
    if not words:
        raise InputFileError(path, "a header without a name", "Write a name after '>'.", number)
    return _Record(words[0], number, position)


def _finish(path: Path, record: _Record | None, copy: BinaryIO | None) -> None:
    """Check a record that has been read to its end, and end its line in ``copy``."""
    if record is None:
        return
    if not record.length:
        raise InputFileError(
            path,
            f"sequence {record.name!r} has no bases",
            "Remove the record or complete it.",
            record.header_line,
        )
    if copy is not None:
        copy.write(b"\n")
        record.line_bases, record.line_bytes = record.length, record.length + 1
