"""GFF3 lines to ``Draft`` transcripts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from features.annotation.draft import PART_KINDS, STRANDS, Draft, Part, parse_feature
from features.errors import InputFileError
from features.lines import read_lines
from features.progress import track

__all__ = ["read_gff3_drafts"]

LOCUS_KINDS = re.compile(r"(gene|RNA|transcript|transcript_variant|gene_segment)$", re.IGNORECASE)
"""Feature types that are genes or transcripts: mRNA, lnc_RNA, pseudogene, ncRNA_gene, C_gene_segment, ..."""

PREFIXES = ("gene:", "transcript:")
"""What Ensembl and WormBase put before the identifiers of GFF3 lines."""

Key = tuple[str, str, str]
"""(id as written, chromosome, strand)."""


class _Locus(NamedTuple):
    """A gene or transcript line."""

    kind: str
    parent: str
    gene: str
    biotype: str
    pseudogene: bool
    tags: str


def read_gff3_drafts(path: Path) -> list[Draft]:
    """Drafts of every transcript of a GFF3 file, plain or gzipped, whatever the order of its lines.

    A feature with exon, CDS or UTR children is a transcript, also where it is a gene; a transcript line without
    children is one exon. Lines of unknown strand are passed over.
    """
    loci: dict[str, _Locus] = {}
    spans: dict[Key, list[Part]] = {}
    drafts: dict[Key, Draft] = {}
    for number, text in track(read_lines(path), f"Reading {path.name}", unit="lines"):
        if text.startswith(("#", ">")) or not text:
            if text.startswith((">", "##FASTA")):
                break
            continue
        columns, interval = parse_feature(path, number, text)
        chromosome, _, kind, _, _, _, strand, _, attributes = columns
        chromosome = _decode(chromosome)
        if kind in PART_KINDS:
            if strand in STRANDS:
                for owner in _owners(path, number, attributes):
                    key = (owner, chromosome, strand)
                    draft = drafts.get(key)
                    if draft is None:
                        draft = drafts[key] = Draft(chromosome, strand, owner)
                    getattr(draft, PART_KINDS[kind]).append(interval)
                    if kind == "CDS":
                        _note_completeness(draft, attributes)
        elif LOCUS_KINDS.search(kind):
            identifier = _attribute(attributes, "ID")
            if identifier:
                loci.setdefault(identifier, _parse_locus(kind, attributes))
                spans.setdefault((identifier, chromosome, strand), []).append(interval)
    _add_childless(loci, spans, drafts)
    return _resolve(loci, spans, drafts)


def _decode(text: str) -> str:
    return unquote(text) if "%" in text else text


def _raw_attribute(attributes: str, key: str) -> str:
    """Value of ``key``, still percent-encoded; empty where it is absent."""
    sought = key + "="
    at = attributes.find(sought)
    while at > 0 and attributes[at - 1] not in "; ":
        at = attributes.find(sought, at + 1)
    if at < 0:
        return ""
    return attributes[at + len(sought) :].partition(";")[0].strip()


def _attribute(attributes: str, key: str) -> str:
    return _decode(_raw_attribute(attributes, key))


def _first_attribute(attributes: str, keys: tuple[str, ...]) -> str:
    return next((value for key in keys if (value := _attribute(attributes, key))), "")


def _owners(path: Path, number: int, attributes: str) -> list[str]:
    """Transcripts that a part belongs to. A CDS that stands alone, as bacterial gene finders write it, is its own."""
    parents = _raw_attribute(attributes, "Parent")
    if parents:
        return [_decode(parent) for parent in parents.split(",")]
    owner = _first_attribute(attributes, ("transcript_id", "ID"))
    if not owner:
        raise InputFileError(
            path,
            "neither Parent nor ID among the attributes",
            "Give GFF3 attributes such as Parent=transcript1.",
            number,
        )
    return [owner]


def _note_completeness(draft: Draft, attributes: str) -> None:
    if "partial=" in attributes:
        low = _attribute(attributes, "start_range").startswith(".")
        high = _attribute(attributes, "end_range").endswith(".")
        draft.low_open |= low
        draft.high_open |= high
        if not (low or high):
            draft.note_partial(_attribute(attributes, "partial"))
    if "_NF" in attributes:
        draft.note_tags(_attribute(attributes, "tag"))


def _parse_locus(kind: str, attributes: str) -> _Locus:
    if kind.endswith("gene"):
        biotype = _first_attribute(attributes, ("gene_biotype", "gene_type", "biotype"))
    else:
        biotype = _first_attribute(attributes, ("transcript_biotype", "transcript_type", "biotype"))
    return _Locus(
        kind,
        _decode(_raw_attribute(attributes, "Parent").partition(",")[0]),
        _first_attribute(attributes, ("gene_id", "geneID")),
        biotype,
        "pseudogen" in kind + biotype or _attribute(attributes, "pseudo") == "true",
        _attribute(attributes, "tag"),
    )


def _add_childless(
    loci: dict[str, _Locus], spans: dict[Key, list[Part]], drafts: dict[Key, Draft]
) -> None:
    """Transcript lines with neither parts nor sub-transcripts count as one exon each."""
    parents = {locus.parent for locus in loci.values()} | {owner for owner, _, _ in drafts}
    for (identifier, chromosome, strand), places in spans.items():
        gene = loci[identifier].kind.endswith("gene")
        if not gene and identifier not in parents and strand in STRANDS:
            drafts[identifier, chromosome, strand] = Draft(
                chromosome, strand, identifier, exons=[Part(*place[:2]) for place in places]
            )


def _resolve(
    loci: dict[str, _Locus], spans: dict[Key, list[Part]], drafts: dict[Key, Draft]
) -> list[Draft]:
    """Give each draft its gene, biotype and extents, and drop a gene's own parts where its transcripts repeat them."""
    top_of = {owner: _top(loci, owner) for owner, _, _ in drafts}
    with_transcripts = {top for owner, top in top_of.items() if owner != top}
    with_coding = {
        top_of[owner]
        for (owner, _, _), draft in drafts.items()
        if draft.cds and owner != top_of[owner]
    }
    kept = []
    for key, draft in drafts.items():
        owner, top = draft.id, top_of[draft.id]
        if owner in (with_coding if draft.cds else with_transcripts):
            continue
        locus, gene = loci.get(owner), loci.get(top)
        draft.spans = spans.get(key, [])
        draft.id = _strip_prefix(owner)
        draft.gene = _strip_prefix((gene.gene if gene and owner == top else "") or top)
        draft.pseudogene = any(found.pseudogene for found in (locus, gene) if found)
        draft.biotype = _biotype(locus, gene)
        if locus:
            draft.note_tags(locus.tags)
        kept.append(draft)
    return kept


def _top(loci: dict[str, _Locus], identifier: str) -> str:
    """The gene of a transcript: its topmost ancestor, even one whose own line is missing."""
    seen = {identifier}
    while identifier in loci and (parent := loci[identifier].parent) and parent not in seen:
        identifier = parent
        seen.add(identifier)
    return identifier


def _biotype(locus: _Locus | None, gene: _Locus | None) -> str:
    if locus is None:
        return ""
    if locus.biotype:
        return locus.biotype
    if locus.kind.endswith(("gene", "transcript")):
        return gene.biotype if gene else ""
    return locus.kind


def _strip_prefix(identifier: str) -> str:
    for prefix in PREFIXES:
        if identifier.startswith(prefix):
            return identifier[len(prefix) :]
    return identifier
