"""``read_annotation``: a GFF3 or GTF file to the ``Transcript``s of a genome."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from features.annotation.assembly import assemble, extend_to_stops, judge_ends
from features.annotation.draft import Draft, find_line, split_copies
from features.annotation.gff3 import read_gff3_drafts
from features.annotation.gtf import read_gtf_drafts
from features.annotation.names import match_chromosomes
from features.errors import InputFileError
from features.genome import Genome
from features.lines import read_lines
from features.progress import track
from features.transcripts import Transcript

__all__ = ["read_annotation"]

GTF_ATTRIBUTES = re.compile(r"\b(gene_id|transcript_id)\s+\S")
GFF3_ATTRIBUTES = re.compile(r"^\s*\w+=")
LINES_TO_JUDGE_BY = 1000


def read_annotation(
    path: str | Path,
    genome: Genome | None = None,
    chromosome_names: Mapping[str, str] | None = None,
    *,
    allow_empty: bool = False,
    left_out: dict[str, int] | None = None,
) -> list[Transcript]:
    """Read every transcript of a GFF3 or GTF file, plain or gzipped, coding or not.

    Each CDS holds its stop codon, also where the file leaves it out: by the file's stop_codon features, or, where it
    has none and the CDSs of most transcripts are followed by a stop codon of ``genome``, by those. A CDS end is
    incomplete where the file says so (partial, start_range and end_range, cds_start_NF and cds_end_NF) or ``genome``
    has no start or stop codon there. Phases are never taken from the file. Transcripts of unknown strand and, with
    ``genome``, of sequences it does not hold are left out; a transcript on two chromosomes or strands becomes one on
    each.

    Parameters
    ----------
    path : the file; GTF or GFF3 is told by its attributes, else by its name.
    genome : the sequences it describes, for checks of names and coordinates and the search for start and stop codons.
    chromosome_names : name in the genome of each name in the annotation that differs.
    allow_empty : take a file without any feature, or of comments only, for no transcripts rather than an error.
    left_out : is filled with the transcripts left out per sequence name that ``genome`` does not hold.

    Returns
    -------
    list of Transcript, ascending by start within each chromosome, chromosomes in the genome's order (the file's
    without one).

    Raises
    ------
    InputFileError : missing, damaged, malformed or empty file; names that do not match; coordinates past a
        sequence's end; a CDS outside its exons.
    """
    path = Path(path)
    if allow_empty and next(_features(path), None) is None:
        return []
    drafts = read_gtf_drafts(path) if _is_gtf(path) else read_gff3_drafts(path)
    drafts = [copy for draft in drafts for copy in split_copies(draft)]
    if not drafts:
        raise InputFileError(
            path,
            "no exon or CDS features with a strand",
            "Give a gene annotation with exon or CDS lines.",
        )
    stops_marked = any(draft.stops for draft in drafts)
    by_chromosome: dict[str, list[Draft]] = {}
    for draft in drafts:
        by_chromosome.setdefault(draft.chromosome, []).append(draft)
    mapping = chromosome_names or {}
    if genome is None:
        assembled = [
            replace(assemble(path, draft, stops_marked), chromosome=mapping.get(name, name))
            for name, here in by_chromosome.items()
            for draft in here
        ]
        names = list(dict.fromkeys(transcript.chromosome for transcript in assembled))
        return _in_order(assembled, names)
    matched = match_chromosomes(path, by_chromosome, genome, mapping)
    if left_out is not None:
        unmatched = by_chromosome.keys() - matched.keys()
        left_out.update({name: len(by_chromosome[name]) for name in sorted(unmatched)})
    for name, there in matched.items():
        _check_bounds(path, by_chromosome[name], genome.length(there))
    return _in_order(
        _assemble_on_genome(path, by_chromosome, matched, genome, stops_marked), genome.names
    )


def _is_gtf(path: Path) -> bool:
    for text in islice(_features(path), LINES_TO_JUDGE_BY):
        attributes = text.rpartition("\t")[2]
        if GTF_ATTRIBUTES.search(attributes):
            return True
        if GFF3_ATTRIBUTES.search(attributes):
            return False
    return path.name.removesuffix(".gz").endswith(".gtf")


def _features(path: Path) -> Iterator[str]:
    """The lines that describe a feature: no blanks, no comments, no FASTA part."""
    for _, text in read_lines(path):
        if text.startswith((">", "##FASTA")):
            return
        if text.strip() and not text.startswith("#"):
            yield text


def _check_bounds(path: Path, drafts: Sequence[Draft], length: int) -> None:
    for draft in drafts:
        for part in (*draft.parts(), *draft.spans):
            if part.end > length:
                raise InputFileError(
                    path,
                    f"transcript {draft.id!r} reaches {part.end} but {draft.chromosome!r} has {length} bases",
                    "Give the assembly that the annotation was made for.",
                    find_line(path, draft.chromosome, part),
                )


def _assemble_on_genome(
    path: Path,
    by_chromosome: Mapping[str, Sequence[Draft]],
    matched: Mapping[str, str],
    genome: Genome,
    stops_marked: bool,
) -> list[Transcript]:
    pairs: dict[str, list[tuple[Transcript, bool]]] = {}
    balance = 0
    extended: dict[str, list[Transcript]] = {}
    for name, there in track(matched.items(), f"Reading {path.name}", unit="sequences"):
        here = []
        for draft in by_chromosome[name]:
            # The sequence, not the mere lack of a UTR, tells at which end a partial CDS is open.
            transcript = assemble(path, replace(draft, partial=False), stops_marked)
            here.append((replace(transcript, chromosome=there), draft.partial))
        pairs[name] = here
        if not stops_marked:
            surplus, extended[name] = extend_to_stops(
                [transcript for transcript, _ in here], genome.fetch(there)
            )
            balance += surplus
    judged = []
    for name, here in pairs.items():
        sequence = genome.fetch(matched[name])
        transcripts = extended[name] if balance > 0 else [transcript for transcript, _ in here]
        for transcript, (_, partial) in zip(transcripts, here, strict=True):
            judged.append(judge_ends(transcript, partial, sequence))
    return judged


def _in_order(transcripts: list[Transcript], chromosomes: Sequence[str]) -> list[Transcript]:
    rank = {name: index for index, name in enumerate(chromosomes)}
    return sorted(
        transcripts,
        key=lambda t: (rank[t.chromosome], t.start, t.end, t.strand, t.gene, t.id),
    )
