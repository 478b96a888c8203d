"""The genes of a region from an annotation, and their columns in a table of expression, found by name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.annotation import read_annotation
from features.errors import DatasetError, InputFileError
from features.expression.layout import STRANDS, Bins, Layout, find_chromosome

__all__ = ["MatchedGenes", "RegionGenes", "genes_of_region", "take_genes", "without_version"]

ENSEMBL_ID = re.compile(r"(ENS[A-Z]*[GTP]\d{11})\.\d+")
"""An Ensembl id with its version. In other names, as Y74C9A.3, a number behind a dot is a part of the name."""


class RegionGenes(NamedTuple):
    """Ids of the genes, ascending by place; where they and the bins lie; what the annotation calls the chromosome."""

    ids: tuple[str, ...]
    layout: Layout
    chromosome: str


class MatchedGenes(NamedTuple):
    """Expression in the order of the wanted genes, and how their names were found.

    Attributes
    ----------
    tpm : float64 of shape (samples, genes), NaN where a gene was not found.
    exact, by_version, missing : numbers of genes found by the same name, found by an Ensembl id of another version or
        none, and not found.
    """

    tpm: npt.NDArray[np.float64]
    exact: int
    by_version: int
    missing: int


def genes_of_region(annotation: str | Path, bins: Bins) -> RegionGenes:
    """The genes of a GFF3 or GTF file that begin within ``bins``, from the ends of their transcripts.

    A gene begins with the first base of its outermost transcript, on its own strand. The chromosome may have another
    name there that ``find_chromosome`` takes for the same. Raises ``InputFileError`` where the file cannot be read or
    has no gene there.
    """
    transcripts = list(read_annotation(annotation))
    names = dict.fromkeys(transcript.chromosome for transcript in transcripts)
    chromosome = find_chromosome(bins.chromosome, names)
    spans: dict[str, tuple[int, int, str]] = {}
    for transcript in transcripts:
        if transcript.chromosome != chromosome:
            continue
        start, end, _ = spans.get(transcript.gene, (transcript.start, transcript.end, ""))
        outermost = min(start, transcript.start), max(end, transcript.end)
        spans[transcript.gene] = (*outermost, transcript.strand)
    kept = {
        gene: span
        for gene, span in spans.items()
        if bins.start <= (span[0] if span[2] != "-" else span[1] - 1) < bins.end
    }
    if chromosome is None or not kept:
        problem = f"no gene begins within {bins.chromosome}:{bins.start + 1}-{bins.end}"
        if chromosome is None:
            problem = (
                f"nothing on chromosome {bins.chromosome!r}, only on {', '.join([*names][:5])}"
            )
        raise InputFileError(annotation, problem, "Name a region of the annotation's assembly.")
    in_order = sorted(kept, key=lambda gene: (*kept[gene], gene))
    starts, ends, strands = zip(*(kept[gene] for gene in in_order), strict=True)
    numbers = np.array([STRANDS.get(strand, 0) for strand in strands], np.int8)
    layout = Layout(bins, np.array(starts, np.int64), np.array(ends, np.int64), numbers)
    return RegionGenes(tuple(in_order), layout, chromosome)


def take_genes(
    wanted: Sequence[str], found: Sequence[str], tpm: npt.NDArray[np.float64]
) -> MatchedGenes:
    """Columns of ``tpm`` (samples, genes ``found``) in the order of ``wanted``, by name.

    Ensembl ids are the same that differ only in their version (ENSG00000187634.13), as long as each has one match; all
    other names have to be equal. ``DatasetError`` where none is found.
    """
    exact = {name: place for place, name in enumerate(found)}
    unversioned: dict[str, list[int]] = {}
    for place, name in enumerate(found):
        unversioned.setdefault(without_version(name), []).append(place)
    columns = np.full((len(tpm), len(wanted)), np.nan)
    asked = Counter(map(without_version, wanted))
    equal = by_version = 0
    for column, name in enumerate(wanted):
        stem = without_version(name)
        alike = unversioned.get(stem, [])
        if name in exact:
            columns[:, column] = tpm[:, exact[name]]
            equal += 1
        elif len(alike) == 1 and asked[stem] == 1:
            columns[:, column] = tpm[:, alike[0]]
            by_version += 1
    if not equal + by_version:
        raise DatasetError(
            f"none of the {len(wanted)} genes of the annotation, such as {wanted[0]!r}, is in the table of expression, "
            f"which has such as {found[0]!r}. Give both the same kind of gene id."
        )
    return MatchedGenes(columns, equal, by_version, len(wanted) - equal - by_version)


def without_version(name: str) -> str:
    """An Ensembl id without its version, any other name as it is."""
    versioned = ENSEMBL_ID.fullmatch(name)
    return versioned[1] if versioned else name
