"""``Transcript``s to GFF3, GTF and BED12 files, which appear whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from features.storage import atomic_text
from features.transcripts import Interval, Transcript

__all__ = ["write_bed", "write_gff3", "write_gtf"]

SOURCE = "genestruct"
GFF3_SAFE = " !$'()*+-./:<?@[]^_`{|}~\""


def write_gff3(
    transcripts: Iterable[Transcript], path: str | Path, lengths: Mapping[str, int] | None = None
) -> None:
    """Write gene, mRNA (or transcript, without a CDS), exon and CDS lines, genes in order of position.

    The score column of a transcript and its CDS lines holds ``score`` and ``cds_scores`` to six significant digits.
    ``lengths`` adds the sequence-region lines and sets the order of the chromosomes, alphabetical without it. An
    open end of a CDS is told as NCBI does, by partial and start_range or end_range of the lines that end there: gene,
    mRNA and the outermost exon and CDS.
    """
    lines = ["##gff-version 3"]
    lines += [
        f"##sequence-region {_escape(name)} 1 {length}" for name, length in (lengths or {}).items()
    ]
    for (chromosome, strand, gene), members in _by_gene(transcripts, lengths):
        start = min(transcript.start for transcript in members)
        end = max(transcript.end for transcript in members)
        place = (_escape(chromosome), strand)
        attributes = f"ID=gene:{_escape(gene)}{_open_ends((start, end), members)}"
        lines.append(_line(place, "gene", (start, end), None, ".", attributes))
        for transcript in members:
            lines += _gff3_lines(transcript, place)
    _write(path, lines)


def write_gtf(
    transcripts: Iterable[Transcript], path: str | Path, lengths: Mapping[str, int] | None = None
) -> None:
    """Write transcript, exon, CDS, start_codon and stop_codon lines; CDS lines leave the stop codon out.

    That is what GTF 2.2 asks for. Order and scores are those of ``write_gff3``. An incomplete CDS has the tag
    cds_start_NF or cds_end_NF. Raises ``ValueError`` for an identifier with a quote, tab or line end, which the
    format cannot hold.
    """
    lines: list[str] = []
    for _, members in _by_gene(transcripts, lengths):
        for transcript in members:
            lines += _gtf_lines(transcript)
    _write(path, lines)


def write_bed(
    transcripts: Iterable[Transcript], path: str | Path, lengths: Mapping[str, int] | None = None
) -> None:
    """Write BED12, one line per transcript: blocks are exons, the thick part is the CDS, the name is its id.

    The score is 1000 times the transcript's, where that is a probability, else 0.
    """
    lines = []
    for _, members in _by_gene(transcripts, lengths):
        for transcript in members:
            thick = (
                (transcript.cds[0][0], transcript.cds[-1][1])
                if transcript.cds
                else (transcript.start, transcript.start)
            )
            sizes = ",".join(str(end - start) for start, end in transcript.exons)
            starts = ",".join(str(start - transcript.start) for start, _ in transcript.exons)
            score = transcript.score or 0.0
            columns = (
                transcript.chromosome,
                transcript.start,
                transcript.end,
                transcript.id,
                round(1000 * score) if 0 <= score <= 1 else 0,
                transcript.strand,
                *thick,
                0,
                len(transcript.exons),
                sizes,
                starts,
            )
            lines.append("\t".join(map(str, columns)))
    _write(path, lines)


def _by_gene(
    transcripts: Iterable[Transcript], lengths: Mapping[str, int] | None
) -> Iterator[tuple[tuple[str, str, str], list[Transcript]]]:
    """((chromosome, strand, gene), its transcripts), in order of the genes' first bases."""
    rank = {name: index for index, name in enumerate(lengths or {})}

    def key(transcript: Transcript) -> tuple[str, str, str]:
        return (transcript.chromosome, transcript.strand, transcript.gene)

    genes = [
        (gene, sorted(members, key=lambda t: (t.start, t.end, t.id)))
        for gene, members in groupby(sorted(transcripts, key=key), key)
    ]
    genes.sort(
        key=lambda gene: (rank.get(gene[0][0], len(rank)), gene[0][0], gene[1][0].start, gene[0])
    )
    yield from genes


def _gff3_lines(transcript: Transcript, place: tuple[str, str]) -> Iterator[str]:
    name = _escape(transcript.id)
    kind = "mRNA" if transcript.coding else "transcript"
    attributes = f"ID=transcript:{name};Parent=gene:{_escape(transcript.gene)}"
    whole = (transcript.start, transcript.end)
    attributes += f";biotype={_escape(transcript.biotype)}{_open_ends(whole, [transcript])}"
    yield _line(place, kind, whole, transcript.score, ".", attributes)
    for exon in transcript.exons:
        attributes = f"Parent=transcript:{name}{_open_ends(exon, [transcript])}"
        yield _line(place, "exon", exon, None, ".", attributes)
    for interval, score, phase in zip(
        transcript.cds, _cds_scores(transcript), transcript.phases, strict=True
    ):
        attributes = f"ID=cds:{name};Parent=transcript:{name}{_open_ends(interval, [transcript])}"
        yield _line(place, "CDS", interval, score, str(phase), attributes)


def _open_ends(interval: Interval, transcripts: Iterable[Transcript]) -> str:
    """The attributes of a line over ``interval`` that ends where the CDS of one of ``transcripts`` is open."""
    low = high = False
    for transcript in transcripts:
        if not transcript.cds:
            continue
        complete = (transcript.start_complete, transcript.end_complete)
        low_complete, high_complete = complete if transcript.strand == "+" else complete[::-1]
        low |= not low_complete and transcript.cds[0][0] == interval[0]
        high |= not high_complete and transcript.cds[-1][1] == interval[1]
    told = ";partial=true" if low or high else ""
    if low:
        told += f";start_range=.,{interval[0] + 1}"
    if high:
        told += f";end_range={interval[1]},."
    return told


def _gtf_lines(transcript: Transcript) -> Iterator[str]:
    attributes = (
        f'gene_id "{_quotable(transcript.gene)}"; transcript_id "{_quotable(transcript.id)}"; '
        f'transcript_biotype "{_quotable(transcript.biotype)}";'
    )
    if not transcript.start_complete:
        attributes += ' tag "cds_start_NF";'
    if not transcript.end_complete:
        attributes += ' tag "cds_end_NF";'
    place = (_quotable(transcript.chromosome), transcript.strand)
    whole = (transcript.start, transcript.end)
    yield _line(place, "transcript", whole, transcript.score, ".", attributes)
    for exon in transcript.exons:
        yield _line(place, "exon", exon, None, ".", attributes)
    forward = transcript.strand == "+"
    start_codon = _edge(transcript.cds, 3, low=forward) if transcript.start_complete else ()
    stop_codon = _edge(transcript.cds, 3, low=not forward) if transcript.end_complete else ()
    for kind, codon in (("start_codon", start_codon), ("stop_codon", stop_codon)):
        for interval, score, phase in _pieces(transcript, codon):
            yield _line(place, kind, interval, score, str(phase), attributes)
    stop_length = sum(end - start for start, end in stop_codon)
    before_stop = _edge(transcript.cds, transcript.cds_length - stop_length, low=forward)
    for interval, score, phase in _pieces(transcript, before_stop):
        yield _line(place, "CDS", interval, score, str(phase), attributes)


def _edge(intervals: Iterable[Interval], count: int, low: bool) -> tuple[Interval, ...]:
    """The ``count`` lowest (or highest) bases of ascending ``intervals``."""
    if not low:
        mirrored = [(-end, -start) for start, end in reversed(tuple(intervals))]
        return tuple((-end, -start) for start, end in reversed(_edge(mirrored, count, low=True)))
    taken = []
    for start, end in intervals:
        if count > 0:
            taken.append((start, min(end, start + count)))
            count -= end - start
    return tuple(taken)


def _pieces(
    transcript: Transcript, parts: Iterable[Interval]
) -> Iterator[tuple[Interval, float | None, int]]:
    """(part, score, phase) of parts of the CDS, each inside one of its intervals."""
    whole = tuple(zip(transcript.cds, _cds_scores(transcript), transcript.phases, strict=True))
    for start, end in parts:
        for interval, score, phase in whole:
            if interval[0] <= start and end <= interval[1]:
                skipped = start - interval[0] if transcript.strand == "+" else interval[1] - end
                yield (start, end), score, (phase - skipped) % 3


def _cds_scores(transcript: Transcript) -> tuple[float | None, ...]:
    return transcript.cds_scores or (None,) * len(transcript.cds)


def _line(
    place: tuple[str, str],
    kind: str,
    interval: Interval,
    score: float | None,
    phase: str,
    attributes: str,
) -> str:
    chromosome, strand = place
    column = "." if score is None else f"{score:.6g}"
    start, end = interval[0] + 1, interval[1]
    return (
        f"{chromosome}\t{SOURCE}\t{kind}\t{start}\t{end}\t{column}\t{strand}\t{phase}\t{attributes}"
    )


def _escape(text: str) -> str:
    return quote(text, safe=GFF3_SAFE)


def _quotable(text: str) -> str:
    if any(character in text for character in '"\t\r\n'):
        raise ValueError(f"GTF cannot hold the identifier {text!r}")
    return text


def _write(path: str | Path, lines: Iterable[str]) -> None:
    with atomic_text(path) as file:
        file.write("".join(f"{line}\n" for line in lines))
