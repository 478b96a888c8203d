"""Files and folders that appear whole or not at all, and the ``model.json`` card of a saved model."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Container, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from features.errors import InputFileError, ModelError, OutputError

__all__ = [
    "CARD",
    "atomic_file",
    "atomic_folder",
    "atomic_text",
    "check_model_folder",
    "check_output_file",
    "check_output_folder",
    "check_picture",
    "extend_card",
    "find_leftovers",
    "read_arrays",
    "read_card",
    "recover",
    "write_arrays",
    "write_card",
    "write_json",
]

CARD = "model.json"
RANDOM = "[a-z0-9_]{8}"
"""What ``tempfile`` puts into a name."""
COMPRESSED = (".7z", ".bgz", ".bz2", ".gzip", ".lz4", ".tgz", ".xz", ".z", ".zip", ".zst")
"""Compressions that an output does not have, whatever its name says."""
STANDARD_STREAMS = (1, 2)
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
RECORDED_PACKAGES = (
    "genestruct",
    "numpy",
    "numba",
    "scikit-learn",
    "xgboost-cpu",
    "hmmlearn",
    "torch",
)


@contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Yield a scratch path beside ``path``; it takes the name ``path`` only if the block succeeds.

    A link stays and what it leads to is replaced. ``OutputError`` where nothing can be written there, or the block runs
    out of room.
    """
    path = Path(path)
    _check_no_stream(path)
    target = _follow(path)
    with _output_errors(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=target.parent, prefix=f".{target.name}.", suffix=target.suffix
        )
        os.close(handle)
    scratch = Path(name)
    try:
        with _output_errors(path, NO_ROOM):
            yield scratch
        with _output_errors(path):
            scratch.chmod(0o644)
            scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)


@contextmanager
def atomic_text(path: str | Path) -> Iterator[TextIO]:
    """Yield a UTF-8 text file that appears as ``atomic_file`` does, gzipped where its name ends with .gz.

    The same text gives the same bytes. ``OutputError`` as of ``atomic_file``.
    """
    with atomic_file(path) as scratch, scratch.open("wb") as raw, ExitStack() as stack:
        binary: Any = raw
        if Path(path).suffix.lower() == ".gz":
            binary = stack.enter_context(gzip.GzipFile("", "wb", 6, raw, mtime=0))
        yield stack.enter_context(io.TextIOWrapper(binary, encoding="utf-8", newline="\n"))


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield a scratch folder beside ``path``; it replaces ``path`` only if the block succeeds.

    A link stays and what it leads to is replaced. ``OutputError`` where nothing can be written there, or the block runs
    out of room.
    """
    path = _follow(path)
    with _output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        with _output_errors(path, NO_ROOM):
            yield scratch
        with _output_errors(path):
            scratch.chmod(0o755)
            if path.exists():
                old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.old."))
                path.replace(old)
                scratch.replace(path)
                shutil.rmtree(old)
            else:
                scratch.replace(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def find_leftovers(path: str | Path) -> list[Path]:
    """What an ``atomic_file`` or ``atomic_folder`` of ``path`` that was killed has left beside it."""
    path = _follow(path)
    name = re.compile(
        rf"\.{re.escape(path.name)}\.(old\.)?{RANDOM}({re.escape(path.suffix)})?", re.ASCII
    )
    if not path.parent.is_dir():
        return []
    return sorted(each for each in path.parent.iterdir() if name.fullmatch(each.name))


def recover(path: str | Path) -> None:
    """Undo a kill amid ``atomic_file`` or ``atomic_folder``: ``path`` is as it was before or after, nothing is beside.

    A folder that had made way for its successor, which never came, is put back.
    """
    path = _follow(path)
    leftovers = find_leftovers(path)
    old = [each for each in leftovers if each.name.startswith(f".{path.name}.old.")]
    for each in sorted(old, key=lambda each: each.stat().st_mtime, reverse=True):
        if not path.exists() and any(each.iterdir()):
            each.replace(path)
    for each in leftovers:
        if each.is_dir():
            shutil.rmtree(each)
        else:
            each.unlink(missing_ok=True)


@contextmanager
def _output_errors(path: Path, numbers: Container[int | None] | None = None) -> Iterator[None]:
    """Turn an ``OSError``, of one of ``numbers`` if given, into the ``OutputError`` of ``path``."""
    try:
        yield
    except OSError as error:
        if numbers is not None and error.errno not in numbers:
            raise
        raise OutputError(path, error.strerror or str(error)) from None


def _follow(path: str | Path) -> Path:
    """What a link leads to; any other path as it is."""
    return Path(os.path.realpath(path) if os.path.islink(path) else path)


def _check_no_stream(path: Path) -> None:
    """``OutputError`` where ``path`` is a pipe, a terminal, another device or open as standard output or error.

    No file may replace those.
    """
    if not os.path.exists(path) or os.path.isdir(path):
        return
    if not os.path.isfile(path):
        raise OutputError(path, "it is a pipe or a device", "Give the name of a file.")
    for stream in STANDARD_STREAMS:
        with suppress(OSError):
            if os.path.samestat(os.stat(path), os.fstat(stream)):
                raise OutputError(
                    path, "standard output or error goes there", "Give the name of another file."
                )


def check_output_file(path: str | Path, *inputs: str | Path) -> None:
    """``OutputError`` where ``path`` is a folder, one of ``inputs`` or in a model of them, or cannot be made.

    So too where its own name, not that of what a link leads to, promises a compression other than gzip. Nothing is left
    behind. A user's path that leads nowhere is taken for a slip; no folder is made for it.
    """
    path = Path(path)
    if path.is_dir():
        raise OutputError(path, "it is a folder")
    for source in map(Path, inputs):
        if path.exists() and source.exists() and path.samefile(source):
            raise OutputError(path, f"it is the input {source}", "Give --output another name.")
        if (source / CARD).exists() and path.resolve().is_relative_to(source.resolve()):
            raise OutputError(
                path, f"it lies in the model {source}", "Give --output another place."
            )
    if path.suffix.lower() in COMPRESSED:
        raise OutputError(
            path, "it would not be compressed", "Give a name that ends with .gz, or with none such."
        )
    _check_no_stream(path)
    _check_place(path, _follow(path).absolute().parent)


def check_picture(picture: Path, *inputs: str | Path) -> Path:
    """Path of the table beside ``picture``, .tsv; ``InputFileError`` where this is no .svg.

    ``OutputError`` where one of the two cannot be written, is one of ``inputs`` or lies in a model.
    """
    if picture.suffix.lower() != ".svg":
        raise InputFileError(picture, "not a picture format", "Give a name that ends with .svg.")
    table = picture.with_suffix(".tsv")
    for path in (picture, table):
        check_output_file(path, *inputs)
    return table


def check_output_folder(path: str | Path) -> None:
    """``OutputError`` where no folder can be made at ``path``; one parent folder may be missing."""
    path = Path(path)
    _check_no_stream(path)
    parent = _follow(path).absolute().parent
    _check_place(path, parent if parent.exists() else parent.parent)


def check_model_folder(folder: str | Path, *kinds: str) -> None:
    """``ModelError`` where a model written to ``folder`` would replace anything but an earlier one of ``kinds``.

    ``OutputError`` where no folder can be made there.
    """
    folder = Path(folder)
    check_output_folder(folder)
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        read_card(folder, *kinds)
    except ModelError:
        raise ModelError(
            f"{folder}: exists and is no earlier model of the same kind. Give --output a new folder."
        ) from None


def _check_place(path: Path, folder: Path) -> None:
    """``OutputError`` of ``path`` where nothing can be made in ``folder``."""
    if not folder.exists():
        raise OutputError(path, f"there is no folder {folder}: make it, or correct the path")
    with _output_errors(path), tempfile.TemporaryFile(dir=folder):
        pass


def write_json(path: str | Path, value: Any) -> None:
    """Write ``value`` as indented JSON with sorted keys, atomically."""
    with atomic_text(path) as file:
        file.write(json.dumps(value, indent=2, sort_keys=True) + "\n")


def write_card(folder: Path, kind: str, content: dict[str, Any]) -> None:
    """Write the ``model.json`` of a saved model of ``kind``, with the versions of the packages that made it."""
    versions = {}
    for package in RECORDED_PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    write_json(folder / CARD, {"kind": kind, "versions": versions, **content})


def extend_card(folder: Path, content: dict[str, Any]) -> None:
    """Add ``content`` to the ``model.json`` that a model has written into ``folder``."""
    path = folder / CARD
    write_json(path, {**json.loads(path.read_text(encoding="utf-8")), **content})


def read_card(folder: str | Path, *kinds: str) -> dict[str, Any]:
    """Read ``model.json`` of a saved model; ``ModelError`` where it is missing, damaged or of none of ``kinds``."""
    path = Path(folder) / CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise ModelError(
            f"{folder}: no {CARD} here. Give the folder that a train command wrote."
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ModelError(
            f"{path}: not readable as JSON ({error}). Train the model again."
        ) from None
    found = card.get("kind") if isinstance(card, dict) else None
    if found not in kinds:
        expected = " or ".join(map(repr, kinds))
        raise ModelError(
            f"{path}: a model of kind {found!r}, where {expected} was expected. Give the folder of such a model."
        )
    return dict(card)


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write named arrays as an NPZ file, atomically; the same arrays give the same bytes."""
    with atomic_file(path) as scratch, scratch.open("wb") as handle:
        named: dict[str, Any] = dict(sorted(arrays.items()))
        np.savez(handle, **named)


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read an NPZ file without executing code; ``ModelError`` where it is missing or damaged."""
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise ModelError(
            f"{path}: missing. The model folder is incomplete; train it again."
        ) from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: damaged ({error}). Train the model again.") from None
