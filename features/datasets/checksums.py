"""SHA-256 checksums of data files: computed once per version of a file, remembered in the cache folder."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from features.errors import DatasetError, OutputError
from features.genome import cache_folder
from features.storage import atomic_text, write_json

__all__ = ["record_checksum", "recorded_checksum", "sha256", "verify"]

RECORD = "SHA256SUMS"


def sha256(path: Path) -> str:
    """Checksum of a file in hex, read again only if size or time of change differ from what the cache remembers."""
    status = path.stat()
    version = [status.st_size, status.st_mtime_ns]
    memory = cache_folder() / "checksums.json"
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    entry = known.get(str(path.resolve()))
    if entry is not None and entry[:2] == version:
        return str(entry[2])
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    # A read-only cache costs the next run a second reading, not this one its data.
    with suppress(OutputError):
        write_json(memory, {**known, str(path.resolve()): [*version, digest]})
    return digest


def verify(path: Path, expected: str) -> None:
    """``DatasetError`` where the file's checksum is not ``expected``."""
    found = sha256(path)
    if found != expected:
        raise DatasetError(
            f"{path}: its SHA-256 is {found}, where {expected} was expected. "
            "The file is damaged or another version: copy or fetch it again."
        )


def recorded_checksum(path: Path) -> str | None:
    """Checksum that ``SHA256SUMS`` beside ``path`` records for it, if any."""
    try:
        lines = (path.parent / RECORD).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    for line in lines:
        digest, _, name = line.partition("  ")
        if name == path.name:
            return digest
    return None


def record_checksum(path: Path) -> None:
    """Add the checksum of ``path`` to ``SHA256SUMS`` beside it."""
    record = path.parent / RECORD
    lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    kept = [line for line in lines if line.partition("  ")[2] != path.name]
    with atomic_text(record) as file:
        text = "\n".join([*kept, f"{sha256(path)}  {path.name}"]) + "\n"
        file.write(text)
