"""``SequenceManifest``: files, classes, groups, splits and subsets of a sequence set as its TOML file states them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from features.datasets.manifest import (
    ManifestFile,
    manifest_names,
    parse_file,
    parse_text,
    parse_toml,
    read_manifest_text,
)
from features.errors import InputFileError
from features.sequence_sets.reads import ReadModel

__all__ = [
    "SequenceManifest",
    "Source",
    "SplitRule",
    "SubsetRule",
    "parse_sequence_manifest",
    "read_sequence_manifest",
    "sequence_set_names",
]

FORMS = ("fasta", "table", "plain", "promoters", "other")
SPLIT_RULES = ("stated", "grouped", "random")
SUBSET_RULES = ("alone", "challenge", "length-matched")
_FOLDER = files("features.sequence_sets") / "manifests"
Part = TypeVar("Part", "Source", "SplitRule", "SubsetRule", ReadModel)


@dataclass(frozen=True, slots=True)
class Source:
    """How a file is read.

    Attributes
    ----------
    form : fasta; table (tab- or comma-separated, with a header); plain (a sequence per line); promoters (BED of
        transcription start sites, cut out of a genome); other (no sequences: a genome, coding structures).
    pattern : regular expression on FASTA headers, or on the ids of a table; its named groups are fields.
    columns : of a table, the column that holds each field.
    fields : what is true of all sequences of the file: ``label``, ``set``.
    only : what must be true of a sequence, by field; others are left out.
    genome : of promoters, the file role of the genome.
    before, after, background : of promoters, the bases upstream and downstream of the start site, and the windows
        without one that are drawn between two neighbours.

    The fields that count: ``label``; ``id``; what the manifest names as group, ranks and splits.
    """

    form: str = "fasta"
    pattern: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)
    genome: str = "genome"
    before: int = 500
    after: int = 500
    background: int = 2


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How sequences get their roles.

    Attributes
    ----------
    rule : stated (by a field), grouped (folds of whole groups), random (folds, or one fold where ``folds`` is 0).
    field : of a stated split, the field with train, validation (valid, dev), test, or drop.
    word, leaks : of a stated split, the bases of a word that no sequence of test may share with one of training or
        validation, 0 for any; sequences that do are taken out of ``leaks``, train or test.
    folds, seed : of the others.
    test, validation : shares of a random fold; ``validation`` is of what test leaves.
    """

    rule: str
    field: str = "set"
    word: int = 0
    leaks: str = "train"
    folds: int = 0
    seed: int = 0
    test: float = 0.15
    validation: float = 0.1


@dataclass(frozen=True, slots=True)
class SubsetRule:
    """Which sequences are reported apart.

    Attributes
    ----------
    rule : alone (no other sequence is the same), length-matched, challenge (``features.sequence_sets.subsets``).
    structure, bases : of challenge, the file role of the coding structures and the length that divides.
    """

    rule: str
    structure: str = ""
    bases: int = 0


@dataclass(frozen=True, slots=True)
class SequenceManifest:
    """What is known of a sequence set before any of its files is opened.

    Attributes
    ----------
    name, title, source : for lists and leaderboards.
    files, sources : by role of the file, where it is and how it is read.
    splits : rules by name, the headline first.
    positive : the positive of two classes.
    classes : written label -> class; empty where labels are classes already.
    ranks : fields that are taxa of the label, from the broadest down; the label itself is the genus.
    group : field by that sequences belong together; '' for none.
    join_copies : whether sequences that are identical on either strand belong together, too.
    words : bases of shared words by that they do, too: the first at which no group is of more than a fifth of all
        sequences, or else the last. Empty for none.
    known_only : whether sequences with letters other than A, C, G, T are left out.
    subsets : rules by name.
    reads : how reads are simulated, where the sequences themselves are not used.
    """

    name: str
    title: str
    source: str
    files: Mapping[str, ManifestFile]
    sources: Mapping[str, Source]
    splits: Mapping[str, SplitRule]
    positive: str = ""
    classes: Mapping[str, str] = field(default_factory=dict)
    ranks: tuple[str, ...] = ()
    group: str = ""
    join_copies: bool = True
    words: tuple[int, ...] = ()
    known_only: bool = False
    subsets: Mapping[str, SubsetRule] = field(default_factory=dict)
    reads: ReadModel | None = None


def sequence_set_names() -> list[str]:
    """Names of all sequence sets that have a manifest, sorted."""
    return manifest_names(_FOLDER)


def read_sequence_manifest(name: str) -> SequenceManifest:
    """The manifest of set ``name``; ``DatasetError`` with the known names where there is none."""
    text = read_manifest_text(_FOLDER, name, "sequence set")
    return parse_sequence_manifest(text, name, f"{name}.toml")


def parse_sequence_manifest(text: str, name: str, path: str | Path) -> SequenceManifest:
    """Parse the TOML ``text`` of set ``name``; ``path`` is named in an ``InputFileError``."""
    table = parse_toml(text, path)
    entries, sources = {}, {}
    for role, entry in table.get("files", {}).items():
        where = {key: entry.pop(key) for key in ("path", "sha256", "url") if key in entry}
        entries[role] = parse_file(where, role, path)
        if entries[role].path.removesuffix(".gz").endswith((".tsv", ".csv")):
            entry.setdefault("form", "table")
        sources[role] = _parse(Source, entry, f"files.{role}", path)
        _one_of(FORMS, sources[role].form, f"files.{role}", path)
    if not entries:
        raise InputFileError(path, "no [files.NAME]", "Say where the sequences come from.")
    splits = {
        split: _parse(SplitRule, rule, f"splits.{split}", path)
        for split, rule in table.get("splits", {}).items()
    }
    if not splits:
        raise InputFileError(path, "no [splits.NAME]", "Say how the set is split.")
    for split, split_rule in splits.items():
        _one_of(SPLIT_RULES, split_rule.rule, f"splits.{split}", path)
    subsets = {
        subset: _parse(SubsetRule, rule, f"subsets.{subset}", path)
        for subset, rule in table.get("subsets", {}).items()
    }
    for subset, subset_rule in subsets.items():
        _one_of(SUBSET_RULES, subset_rule.rule, f"subsets.{subset}", path)
    return SequenceManifest(
        name=name,
        title=parse_text(table, "title", path),
        source=parse_text(table, "source", path),
        files=entries,
        sources=sources,
        splits=splits,
        positive=table.get("positive", ""),
        classes=table.get("classes", {}),
        ranks=tuple(table.get("ranks", ())),
        group=table.get("group", ""),
        join_copies=table.get("join_copies", True),
        words=(table["word"],) if "word" in table else (),
        known_only=table.get("known_only", False),
        subsets=subsets,
        reads=_parse(ReadModel, table["reads"], "reads", path) if "reads" in table else None,
    )


def _parse(kind: type[Part], table: Mapping[str, Any], where: str, path: str | Path) -> Part:
    try:
        return kind(**table)
    except TypeError as error:
        raise InputFileError(
            path,
            f"[{where}] has a wrong or a missing key ({error})",
            f"It may have {', '.join(kind.__dataclass_fields__)}.",
        ) from None


def _one_of(known: tuple[str, ...], found: str, where: str, path: str | Path) -> None:
    if found not in known:
        raise InputFileError(
            path, f"[{where}] is of no known kind: {found!r}", f"Known: {', '.join(known)}."
        )
