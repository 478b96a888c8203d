"""GTF lines, read by gtfparse, to ``Draft`` transcripts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from gtfparse import ParsingError, read_gtf

from features.annotation.draft import PART_KINDS, STRANDS, Draft, Part, parse_feature
from features.errors import InputFileError
from features.lines import open_binary, read_lines

__all__ = ["read_gtf_drafts"]

TRANSCRIPT_KINDS = ("transcript", "mRNA")
GENE_BIOTYPES = ("gene_biotype", "gene_type", "biotype")
TRANSCRIPT_BIOTYPES = ("transcript_biotype", "transcript_type")
COLUMNS = ("seqname", "feature", "start", "end", "score", "strand")
ATTRIBUTES = ("gene_id", "transcript_id", "tag", "partial", *TRANSCRIPT_BIOTYPES, *GENE_BIOTYPES)


def read_gtf_drafts(path: Path) -> list[Draft]:
    """Drafts of every transcript of a GTF file, plain or gzipped; gene and transcript lines may be missing.

    Lines of unknown strand are passed over.
    """
    table = _read_table(path)
    gene_biotypes: dict[str, str] = {}
    drafts: dict[tuple[str, str, str], Draft] = {}
    for row in _rows(table):
        chromosome, kind, start, end, score, strand, gene, transcript, tags, partial = row[:10]
        transcript_biotype, gene_biotype = row[10] or row[11], row[12] or row[13] or row[14]
        if gene and gene_biotype:
            gene_biotypes.setdefault(gene, gene_biotype)
        if kind == "gene" or strand not in STRANDS:
            continue
        owner = transcript or gene
        if not owner and kind in TRANSCRIPT_KINDS:
            continue  # AUGUSTUS writes bare names on gene and transcript lines
        if not owner:
            _explain(path, "a feature has neither transcript_id nor gene_id")
        key = (owner, chromosome, strand)
        draft = drafts.get(key)
        if draft is None:
            draft = drafts[key] = Draft(chromosome, strand, owner, gene or owner)
        part = Part(start - 1, end, _shortest(score))
        if kind in TRANSCRIPT_KINDS:
            draft.spans.append(part)
        else:
            getattr(draft, PART_KINDS[kind]).append(part)
        draft.biotype = draft.biotype or transcript_biotype
        draft.note_tags(tags)
        if kind == "CDS":
            draft.note_partial(partial)
    for draft in drafts.values():
        gene_biotype = gene_biotypes.get(draft.gene, "")
        draft.biotype = draft.biotype or gene_biotype
        draft.pseudogene = "pseudogene" in draft.biotype + gene_biotype
        if not draft.parts():
            draft.exons = [Part(*span[:2]) for span in draft.spans]
    return list(drafts.values())


def _read_table(path: Path) -> pd.DataFrame:
    try:
        with open_binary(path) as stream:
            table = read_gtf(
                stream,
                result_type="pandas",
                features={*PART_KINDS, *TRANSCRIPT_KINDS, "gene"},
                usecols=[*COLUMNS, *ATTRIBUTES],
            )
    except (ParsingError, UnicodeDecodeError, ValueError) as error:
        _explain(path, f"not readable as GTF ({error})")
    interval = (table["start"] >= 1) & (table["start"] <= table["end"])
    strand = table["strand"].isin([*STRANDS, "?"]) | table["strand"].isna()
    if not (interval & strand).all():
        _explain(path, "a feature is malformed")
    return table


def _rows(table: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Rows with the fixed columns first, then every attribute, empty where the file has none of it."""
    absent = [""] * len(table)
    columns = [
        table[name].tolist() if name in table.columns else absent
        for name in (*COLUMNS, *ATTRIBUTES)
    ]
    return zip(*columns, strict=True)


def _shortest(score: float) -> float | None:
    """The decimal number that was written, which gtfparse rounds to a 32-bit float."""
    return None if math.isnan(score) else float(str(np.float32(score)))


def _explain(path: Path, problem: str) -> NoReturn:
    """Raise the error of the first malformed line, or, if none is found, of the file."""
    for number, text in read_lines(path):
        if not text.startswith("#") and text.strip():
            columns, _ = parse_feature(path, number, text)
            if columns[7] not in (".", "") and not columns[7].isdecimal():
                raise InputFileError(
                    path, f"phase {columns[7]!r}", "Give 0, 1, 2 or, where unknown, '.'.", number
                )
            if (
                columns[2] in PART_KINDS
                and "transcript_id" not in columns[8]
                and "gene_id" not in columns[8]
            ):
                raise InputFileError(
                    path, "neither transcript_id nor gene_id", 'Give transcript_id "...".', number
                )
    raise InputFileError(path, problem, "Check the file against the GTF format.")
