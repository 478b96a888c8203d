"""Chromosome names: whether an annotation and a genome use the same ones, and tables that map one to the other."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from features.errors import InputFileError
from features.genome import Genome
from features.lines import read_lines

__all__ = [
    "describe_left_out",
    "match_chromosomes",
    "read_chromosome_names",
    "suggest_chromosome_names",
]

MITOCHONDRION = {"m", "mt", "mito", "mtdna", "mitochondrion", "mitochondrion_genome"}
SHOWN = 5


def read_chromosome_names(path: str | Path) -> dict[str, str]:
    """Read a tab-separated table of name in the annotation and name in the genome; lines with ``#`` are comments."""
    names: dict[str, str] = {}
    for number, text in read_lines(path):
        if not text.strip() or text.startswith("#"):
            continue
        columns = text.split("\t")
        if len(columns) != 2 or not all(columns):
            raise InputFileError(
                path,
                "not two columns",
                "Give the annotation's name, a tab and the genome's name.",
                number,
            )
        if names.setdefault(columns[0], columns[1]) != columns[1]:
            raise InputFileError(
                path, f"{columns[0]!r} is mapped twice", "Keep one of the two lines.", number
            )
    return names


def suggest_chromosome_names(
    annotation_names: Iterable[str], genome_names: Iterable[str]
) -> dict[str, str]:
    """Annotation name to genome name where they differ by "chr", case, version or the mitochondrion's many names."""
    of_plain: dict[str, list[str]] = {}
    for name in genome_names:
        of_plain.setdefault(_plain(name), []).append(name)
    return {
        name: found[0]
        for name in annotation_names
        if len(found := of_plain.get(_plain(name), [])) == 1
    }


def match_chromosomes(
    path: Path, annotation_names: Collection[str], genome: Genome, mapping: Mapping[str, str]
) -> dict[str, str]:
    """Genome name of each annotation name that the genome holds, ``mapping`` applied.

    Raises ``InputFileError`` if the two share less than half of the annotation's names and less than half of the
    genome's.
    """
    matched = {
        name: there for name in annotation_names if (there := mapping.get(name, name)) in genome
    }
    shared = len(set(matched.values()))
    if matched and (2 * len(matched) >= len(annotation_names) or 2 * shared >= len(genome.names)):
        return matched
    unmatched = [name for name in annotation_names if name not in matched]
    suggestion = suggest_chromosome_names(unmatched, genome.names)
    remedy = "Map the names with --chromosome-names (a table of annotation name, tab, genome name)"
    if suggestion:
        remedy += ", here: " + _show(f"{here} -> {there}" for here, there in suggestion.items())
    raise InputFileError(
        path,
        f"of {len(annotation_names)} sequence names only {len(matched)} are in {genome.path}: the annotation has "
        f"{_show(annotation_names)}; the genome has {_show(genome.names)}",
        remedy + ".",
    )


def describe_left_out(path: str | Path, left_out: Mapping[str, int], kept: int) -> str:
    """One line on the transcripts that ``read_annotation`` left out of ``path`` and the sequences they lie on.

    Parameters
    ----------
    left_out : transcripts left out per sequence name.
    kept : transcripts that were not.
    """
    count = sum(left_out.values())
    return (
        f"{path}: {count:,} of {count + kept:,} transcripts left out, on {len(left_out):,} "
        f"sequence{'s' * (len(left_out) > 1)} that the genome lacks: {_show(left_out)}"
    )


def _plain(name: str) -> str:
    plain = re.sub(r"^chr(omosome)?_?", "", name.lower())
    plain = re.sub(r"\.\d+$", "", plain)
    return "mt" if plain in MITOCHONDRION else plain


def _show(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:SHOWN]) + (", ..." if len(listed) > SHOWN else "")
