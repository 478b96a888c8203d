"""``ProteinManifest``: files and splits of a protein set as its TOML file states them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from features.datasets.manifest import (
    ManifestFile,
    manifest_names,
    parse_file,
    parse_text,
    parse_toml,
    read_manifest_text,
)
from features.errors import InputFileError
from features.proteins.splits import RULES, SplitRule

__all__ = [
    "ProteinManifest",
    "parse_protein_manifest",
    "protein_set_names",
    "read_protein_manifest",
]

_FOLDER = files("features.proteins") / "manifests"


@dataclass(frozen=True, slots=True)
class ProteinManifest:
    """What is known of a protein set before any of its files is opened.

    Attributes
    ----------
    name, title, source : for lists and leaderboards.
    files : by role, one for each genome.
    splits : rules by name, the headline first.
    stops : whether stop codons may stand inside its proteins.
    """

    name: str
    title: str
    source: str
    files: Mapping[str, ManifestFile]
    splits: Mapping[str, SplitRule]
    stops: bool = False


def protein_set_names() -> list[str]:
    """Names of all protein sets that have a manifest, sorted."""
    return manifest_names(_FOLDER)


def read_protein_manifest(name: str) -> ProteinManifest:
    """The manifest of set ``name``; ``DatasetError`` with the known names where there is none."""
    text = read_manifest_text(_FOLDER, name, "protein set")
    return parse_protein_manifest(text, name, f"{name}.toml")


def parse_protein_manifest(text: str, name: str, path: str | Path) -> ProteinManifest:
    """Parse the TOML ``text`` of set ``name``; ``path`` is named in an ``InputFileError``."""
    table = parse_toml(text, path)
    entries = {
        role: parse_file(entry, role, path) for role, entry in table.get("files", {}).items()
    }
    if not entries:
        raise InputFileError(path, "no [files.NAME]", "Say where the proteins come from.")
    splits = {}
    for split, stated in table.get("splits", {}).items():
        try:
            splits[split] = SplitRule(**stated)
        except TypeError as error:
            raise InputFileError(
                path,
                f"[splits.{split}] has a wrong or a missing key ({error})",
                f"It may have {', '.join(SplitRule.__dataclass_fields__)}.",
            ) from None
        if splits[split].rule not in RULES:
            raise InputFileError(
                path,
                f"[splits.{split}] is of no known kind: {splits[split].rule!r}",
                f"Known: {', '.join(RULES)}.",
            )
    if not splits:
        raise InputFileError(path, "no [splits.NAME]", "Say how the set is split.")
    return ProteinManifest(
        name=name,
        title=parse_text(table, "title", path),
        source=parse_text(table, "source", path),
        files=entries,
        splits=splits,
        stops=table.get("stops", False),
    )
