"""``Manifest``: a dataset's files, holdout and mask as its TOML file states them."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any

from features.datasets.holdout import ROLES, Holdout
from features.errors import DatasetError, InputFileError

__all__ = ["Manifest", "ManifestFile", "dataset_names", "parse_manifest", "read_manifest"]

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
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in _FOLDER.iterdir()
        if entry.name.endswith(".toml")
    )


def read_manifest(name: str) -> Manifest:
    """The manifest of dataset ``name``; ``DatasetError`` with the known names where there is none."""
    known = dataset_names()
    if name not in known:
        close = difflib.get_close_matches(name, known, 1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise DatasetError(f"no dataset {name!r}.{hint} Known: {', '.join(known)}.")
    return parse_manifest(
        (_FOLDER / f"{name}.toml").read_text(encoding="utf-8"), name, f"{name}.toml"
    )


def parse_manifest(text: str, name: str, path: str | Path) -> Manifest:
    """Parse the TOML ``text`` of dataset ``name``; ``path`` is named in an ``InputFileError``."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputFileError(path, f"not valid TOML ({error})", "Correct the manifest.") from None
    simulation = table.get("simulation", {})
    found = {role: _parse_file(table[role], role, path) for role in FILE_ROLES if role in table}
    if not simulation and not {"genome", "annotation"} <= found.keys():
        raise InputFileError(
            path,
            "neither a [simulation] nor both a [genome] and an [annotation]",
            "Say where the dataset comes from.",
        )
    holdout = table.get("holdout", {})
    return Manifest(
        name=name,
        title=_text(table, "title", path),
        source=_text(table, "source", path),
        files=found,
        holdout=Holdout(
            **{role: tuple(_names(holdout, role, path)) for role in ROLES},
            group=holdout.get("group"),
            names=holdout.get("names", {}),
        ),
        simulation=simulation.get("chromosomes", {}),
        seed=simulation.get("seed", 0),
    )


def _parse_file(table: Mapping[str, Any], role: str, path: str | Path) -> ManifestFile:
    place = _text(table, "path", path)
    if PurePosixPath(place).is_absolute() or ".." in PurePosixPath(place).parts:
        raise InputFileError(
            path,
            f"[{role}] path {place!r} leaves the data root",
            "Give a path below the data root.",
        )
    return ManifestFile(place, table.get("sha256"), table.get("url"))


def _text(table: Mapping[str, Any], key: str, path: str | Path) -> str:
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
