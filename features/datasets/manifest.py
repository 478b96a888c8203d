"""``Manifest``: a dataset's files, holdout and mask as its TOML file states them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from features.datasets.holdout import ROLES, Holdout
from features.errors import DatasetError, InputFileError
from features.suggestions import close_match

__all__ = [
    "FileManifest",
    "Manifest",
    "ManifestFile",
    "dataset_names",
    "manifest_names",
    "parse_file",
    "parse_manifest",
    "parse_text",
    "parse_toml",
    "read_manifest",
    "read_manifest_text",
]

FILE_ROLES = ("genome", "annotation", "mask")
_FOLDER = files("features.datasets") / "manifests"


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file of a dataset.

    Attributes
    ----------
    path : where it lies below a data root, with forward slashes.
    sha256 : checksum in hex; ``None`` for an upstream file, whose checksum is recorded when it is first fetched.
    url : where it can be fetched, if anywhere.
    """

    path: str
    sha256: str | None = None
    url: str | None = None


class FileManifest(Protocol):
    """What finding and fetching files needs to know of any kind of manifest."""

    @property
    def name(self) -> str: ...

    @property
    def files(self) -> Mapping[str, ManifestFile]: ...


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is known of a dataset before any of its files is opened.

    Attributes
    ----------
    name, title, source : for lists and leaderboards.
    files : by role: genome, annotation and, where there is one, mask; empty for a simulated dataset.
    holdout : chromosomes per role.
    simulation : bases per chromosome of a simulated dataset, else empty.
    seed : seed of a simulated dataset.
    """

    name: str
    title: str
    source: str
    files: Mapping[str, ManifestFile]
    holdout: Holdout
    simulation: Mapping[str, int]
    seed: int

    @property
    def simulated(self) -> bool:
        return bool(self.simulation)


def dataset_names() -> list[str]:
    """Names of all datasets that have a manifest, sorted."""
    return manifest_names(_FOLDER)


def manifest_names(folder: Traversable) -> list[str]:
    """Names of the manifests in ``folder``, sorted."""
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    )


def read_manifest(name: str) -> Manifest:
    """The manifest of dataset ``name``; ``DatasetError`` with the known names where there is none."""
    return parse_manifest(read_manifest_text(_FOLDER, name, "dataset"), name, f"{name}.toml")


def read_manifest_text(folder: Traversable, name: str, kind: str) -> str:
    """Text of manifest ``name`` of ``folder``; ``DatasetError`` with the known names where there is none."""
    known = manifest_names(folder)
    if name not in known:
        hint = close_match(name, known)
        raise DatasetError(f"no {kind} {name!r}.{hint} Known: {', '.join(known)}.")
    return (folder / f"{name}.toml").read_text(encoding="utf-8")


def parse_manifest(text: str, name: str, path: str | Path) -> Manifest:
    """Parse the TOML ``text`` of dataset ``name``; ``path`` is named in an ``InputFileError``."""
    table = parse_toml(text, path)
    simulation = table.get("simulation", {})
    found = {role: parse_file(table[role], role, path) for role in FILE_ROLES if role in table}
    if not simulation and not {"genome", "annotation"} <= found.keys():
        raise InputFileError(
            path,
            "neither a [simulation] nor both a [genome] and an [annotation]",
            "Say where the dataset comes from.",
        )
    holdout = table.get("holdout", {})
    return Manifest(
        name=name,
        title=parse_text(table, "title", path),
        source=parse_text(table, "source", path),
        files=found,
        holdout=Holdout(
            **{role: tuple(_names(holdout, role, path)) for role in ROLES},
            group=holdout.get("group"),
            names=holdout.get("names", {}),
        ),
        simulation=simulation.get("chromosomes", {}),
        seed=simulation.get("seed", 0),
    )


def parse_toml(text: str, path: str | Path) -> dict[str, Any]:
    """The tables of a manifest; ``InputFileError`` where ``text`` is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputFileError(path, f"not valid TOML ({error})", "Correct the manifest.") from None


def parse_file(table: Mapping[str, Any], role: str, path: str | Path) -> ManifestFile:
    """The file that the manifest ``path`` describes in the table of ``role``; ``InputFileError`` for a bad place."""
    place = parse_text(table, "path", path)
    if PurePosixPath(place).is_absolute() or ".." in PurePosixPath(place).parts:
        raise InputFileError(
            path,
            f"[{role}] path {place!r} leaves the data root",
            "Give a path below the data root.",
        )
    return ManifestFile(place, table.get("sha256"), table.get("url"))


def parse_text(table: Mapping[str, Any], key: str, path: str | Path) -> str:
    """The text that ``table`` of manifest ``path`` has under ``key``; ``InputFileError`` without one."""
    value = table.get(key)
    if not isinstance(value, str) or not value:
        raise InputFileError(path, f"no {key}", f'Add {key} = "...".')
    return value


def _names(holdout: Mapping[str, Any], role: str, path: str | Path) -> list[str]:
    names = holdout.get(role)
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise InputFileError(
            path, f"[holdout] has no list of {role} chromosomes", f'Add {role} = ["..."].'
        )
    return names
