"""``ExpressionManifest``: files, groups and bins of an expression set as its TOML file states them."""

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

__all__ = [
    "ExpressionManifest",
    "expression_set_names",
    "parse_expression_manifest",
    "read_expression_manifest",
]

ROLES = ("accessibility", "expression", "genes")
_FOLDER = files("features.expression") / "manifests"


@dataclass(frozen=True, slots=True)
class ExpressionManifest:
    """What is known of an expression set before any of its files is opened.

    Attributes
    ----------
    name, title, source : for lists and leaderboards.
    chromosome, bin_size : of the bins, which begin with the chromosome's first base.
    groups : what the names of a group's samples begin with; the first group is trained on, the second tested.
    files : by role: accessibility, expression, genes, and ``published GROUP`` where the matrices that were published
        are there too.
    """

    name: str
    title: str
    source: str
    chromosome: str
    bin_size: int
    groups: Mapping[str, str]
    files: Mapping[str, ManifestFile]


def expression_set_names() -> list[str]:
    """Names of all expression sets that have a manifest, sorted."""
    return manifest_names(_FOLDER)


def read_expression_manifest(name: str) -> ExpressionManifest:
    """The manifest of set ``name``; ``DatasetError`` with the known names where there is none."""
    text = read_manifest_text(_FOLDER, name, "expression set")
    return parse_expression_manifest(text, name, f"{name}.toml")


def parse_expression_manifest(text: str, name: str, path: str | Path) -> ExpressionManifest:
    """Parse the TOML ``text`` of set ``name``; ``path`` is named in an ``InputFileError``."""
    table = parse_toml(text, path)
    entries = table.get("files", {})
    found = {}
    for role in ROLES:
        if role not in entries:
            raise InputFileError(path, f"no [files.{role}]", "Say where it lies.")
        found[role] = parse_file(entries[role], role, path)
    groups = table.get("groups", {})
    if not groups:
        raise InputFileError(
            path, "no groups", "Say what the names of a group's samples begin with."
        )
    for group, entry in table.get("published", {}).items():
        if group not in groups:
            raise InputFileError(path, f"[published] has no group {group!r}", "Name a group.")
        found[f"published {group}"] = parse_file(entry, group, path)
    size = table.get("bin_size")
    if not isinstance(size, int) or size < 1:
        raise InputFileError(path, "no bin_size", "Add the bases of a bin.")
    return ExpressionManifest(
        name=name,
        title=parse_text(table, "title", path),
        source=parse_text(table, "source", path),
        chromosome=parse_text(table, "chromosome", path),
        bin_size=size,
        groups=groups,
        files=found,
    )
