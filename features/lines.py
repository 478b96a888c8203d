"""Lines of plain or gzipped input files, with every way of being unreadable turned into ``InputFileError``."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from features.errors import InputFileError

__all__ = ["is_gzipped", "open_binary", "read_lines"]

GZIP_MAGIC = b"\x1f\x8b"


def is_gzipped(path: str | Path) -> bool:
    """Whether the file begins as gzip does, whatever its name; ``InputFileError`` if it cannot be opened."""
    with _open(Path(path)) as raw:
        return raw.read(2) == GZIP_MAGIC


@contextmanager
def open_binary(path: str | Path) -> Iterator[BinaryIO]:
    """Open ``path`` for reading bytes, unpacking gzip by content rather than by name.

    Raises ``InputFileError`` for a missing or unreadable file and, while the block reads, for damaged or truncated
    gzip.
    """
    path = Path(path)
    packed = is_gzipped(path)
    with _open(path) as raw:
        if not packed:
            yield raw
            return
        try:
            with gzip.open(raw) as unpacked:
                yield cast(BinaryIO, unpacked)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InputFileError(
                path, f"truncated or damaged gzip ({error})", "Fetch or compress the file again."
            ) from None


def read_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield (1-based number, text without its line end) of each line of a UTF-8 file, gzipped or not.

    Raises ``InputFileError``, with the line where it is known, for files that are missing, damaged or not text.
    """
    with open_binary(path) as stream:
        for number, line in enumerate(stream, 1):
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError:
                text = "\0"
            if "\0" in text:
                raise InputFileError(
                    path, "not a text file", "Give a plain or gzipped UTF-8 text file.", number
                )
            if number == 1:
                text = text.removeprefix("\ufeff")  # the mark that spreadsheets put before UTF-8
            yield number, text.rstrip("\r\n")


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise InputFileError(path, "no such file", "Check the path.") from None
    except OSError as error:
        raise InputFileError(
            path, f"cannot be opened ({error.strerror})", "Check that it is a readable file."
        ) from None
