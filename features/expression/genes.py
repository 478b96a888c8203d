"""The genes of a region from an annotation, and their columns in a table of expression, found by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.annotation import read_annotation
from features.errors import DatasetError, InputFileError
from features.expression.layout import STRANDS, Bins, Layout

__all__ = ["RegionGenes", "genes_of_region", "take_genes"]


class RegionGenes(NamedTuple):
    """Ids of the genes, ascending by place, and where they and the bins lie."""

    ids: tuple[str, ...]
    layout: Layout


def genes_of_region(annotation: str | Path, bins: Bins) -> RegionGenes:
    """The genes of a GFF3 or GTF file that begin within ``bins``, from the ends of their transcripts.

    A gene begins with the first base of its outermost transcript, on its own strand. Raises ``InputFileError`` where
    the file cannot be read or has no gene there.
    """
    spans: dict[str, tuple[int, int, str]] = {}
    names: dict[str, None] = {}
    for transcript in read_annotation(annotation):
        names[transcript.chromosome] = None
        if transcript.chromosome != bins.chromosome:
            continue
        start, end, _ = spans.get(transcript.gene, (transcript.start, transcript.end, ""))
        outermost = min(start, transcript.start), max(end, transcript.end)
        spans[transcript.gene] = (*outermost, transcript.strand)
    kept = {
        gene: span
        for gene, span in spans.items()
        if bins.start <= (span[0] if span[2] != "-" else span[1] - 1) < bins.end
    }
    if not kept:
        problem = f"no gene begins within {bins.chromosome}:{bins.start + 1}-{bins.end}"
        if not spans:
            problem = (
                f"nothing on chromosome {bins.chromosome!r}, only on {', '.join([*names][:5])}"
            )
        raise InputFileError(annotation, problem, "Name a region of the annotation's assembly.")
    in_order = sorted(kept, key=lambda gene: (*kept[gene], gene))
    starts, ends, strands = zip(*(kept[gene] for gene in in_order), strict=True)
    numbers = np.array([STRANDS.get(strand, 0) for strand in strands], np.int8)
    layout = Layout(bins, np.array(starts, np.int64), np.array(ends, np.int64), numbers)
    return RegionGenes(tuple(in_order), layout)


def take_genes(
    wanted: Sequence[str], found: Sequence[str], tpm: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Columns of ``tpm`` (samples, genes ``found``) in the order of ``wanted``, by name; NaN where there is none.

    Names are the same that differ only in the version behind their last dot (ENSG00000187634.13), as long as each has
    one match. ``DatasetError`` where none is found.
    """
    exact = {name: place for place, name in enumerate(found)}
    without: dict[str, list[int]] = {}
    for place, name in enumerate(found):
        without.setdefault(_plain(name), []).append(place)
    columns = np.full((len(tpm), len(wanted)), np.nan)
    plain = [_plain(name) for name in wanted]
    matched = 0
    for column, name in enumerate(wanted):
        places = [exact[name]] if name in exact else without.get(plain[column], [])
        if len(places) == 1 and (name in exact or plain.count(plain[column]) == 1):
            columns[:, column] = tpm[:, places[0]]
            matched += 1
    if not matched:
        raise DatasetError(
            f"none of the {len(wanted)} genes of the annotation, such as {wanted[0]!r}, is in the table of expression, "
            f"which has such as {found[0]!r}. Give both the same kind of gene id."
        )
    return columns


def _plain(name: str) -> str:
    stem, dot, version = name.rpartition(".")
    return stem if dot and version.isdecimal() else name
