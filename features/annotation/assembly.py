"""``Draft``s to checked ``Transcript``s: merged intervals, the stop codon inside the CDS, completeness of its ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from features.annotation.draft import Draft, Part, find_line
from features.errors import InputFileError
from features.genome import Codes, encode
from features.transcripts import Interval, Transcript, cds_codes, translate

__all__ = ["assemble", "extend_to_stops", "judge_ends"]

START_CODON = encode("ATG")


def assemble(path: Path, draft: Draft, stops_marked: bool) -> Transcript:
    """The transcript of ``draft``, named as in its file, with its stop codon made part of the CDS.

    Parts that overlap or touch become one. Without exons, CDS and UTRs take their place. ``stops_marked`` says that
    the file has stop_codon features, so that a CDS without one is open at its end. A pseudogene has no CDS.

    Raises ``InputFileError`` for a CDS that lies outside the exons.
    """
    exons = _merge([*draft.exons, *draft.stops] if draft.exons else draft.parts())
    cds = _merge([*draft.cds, *draft.stops]) if draft.cds and not draft.pseudogene else []
    for part in cds:
        if not any(exon.start <= part.start and part.end <= exon.end for exon in exons):
            raise InputFileError(
                path,
                f"CDS {part.start + 1}-{part.end} of transcript {draft.id!r} lies outside its exons",
                "Correct the exons, or remove them to have the CDS taken as exons.",
                find_line(path, draft.chromosome, part),
            )
    scores = [part.score for part in cds]
    return Transcript(
        chromosome=draft.chromosome,
        strand=draft.strand,
        gene=draft.gene,
        id=draft.id,
        exons=_intervals(exons),
        cds=_intervals(cds),
        biotype=_biotype(draft, bool(cds)),
        start_complete=not (cds and _is_open(draft, exons, cds, at_start=True)),
        end_complete=not (
            cds
            and (_is_open(draft, exons, cds, at_start=False) or (stops_marked and not draft.stops))
        ),
        score=draft.score,
        cds_scores=tuple(score for score in scores if score is not None)
        if None not in scores
        else (),
    )


def extend_to_stops(
    transcripts: Sequence[Transcript], sequence: Codes
) -> tuple[int, list[Transcript]]:
    """How a chromosome's transcripts would look if their CDSs left the stop codon out.

    Returns the balance (CDSs followed by a stop codon less CDSs that end with one; above 0 where stop codons are
    left out) and the transcripts with each CDS that a stop codon follows made longer by it.
    """
    balance = 0
    extended = []
    for transcript in transcripts:
        longer = None
        if transcript.coding and transcript.end_complete:
            if _ends_with_stop(cds_codes(transcript, sequence)):
                balance -= 1
            else:
                longer = _extend(transcript, len(sequence))
        if longer is not None and _ends_with_stop(cds_codes(longer, sequence)):
            balance += 1
            extended.append(longer)
        else:
            extended.append(transcript)
    return balance, extended


def judge_ends(transcript: Transcript, partial: bool, sequence: Codes) -> Transcript:
    """``transcript`` with an end of its CDS called incomplete where the genome has no start or stop codon there.

    Where the file calls the transcript ``partial`` and does not say at which end, an end that lies at the sequence's
    own end is incomplete even if a codon happens to be there.
    """
    if not transcript.coding:
        return transcript
    codes = cds_codes(transcript, sequence)
    start_complete = (
        transcript.start_complete
        and np.array_equal(codes[:3], START_CODON)
        and not (partial and _touches_edge(transcript, len(sequence), at_start=True))
    )
    end_complete = (
        transcript.end_complete
        and _ends_with_stop(codes)
        and not (partial and _touches_edge(transcript, len(sequence), at_start=False))
    )
    if (start_complete, end_complete) == (transcript.start_complete, transcript.end_complete):
        return transcript
    return replace(transcript, start_complete=start_complete, end_complete=end_complete)


def _merge(parts: Iterable[Part]) -> list[Part]:
    """Ascending parts, those that overlap or touch made one; the first score of each is kept."""
    merged: list[Part] = []
    for part in sorted(parts, key=lambda part: part[:2]):
        if merged and part.start <= merged[-1].end:
            last = merged[-1]
            score = last.score if last.score is not None else part.score
            merged[-1] = Part(last.start, max(last.end, part.end), score)
        else:
            merged.append(part)
    return merged


def _intervals(parts: Iterable[Part]) -> tuple[Interval, ...]:
    return tuple((part.start, part.end) for part in parts)


def _biotype(draft: Draft, coding: bool) -> str:
    if draft.biotype in ("", "mRNA"):
        if draft.pseudogene:
            return "pseudogene"
        return "protein_coding" if coding or draft.biotype else "noncoding"
    return draft.biotype


def _is_open(draft: Draft, exons: Sequence[Part], cds: Sequence[Part], at_start: bool) -> bool:
    """Whether the file calls this end of the CDS incomplete; an unnamed partial end is one where no UTR follows."""
    low = at_start == (draft.strand == "+")
    if draft.start_open if at_start else draft.end_open:
        return True
    if draft.low_open if low else draft.high_open:
        return True
    reaches_end = cds[0].start == exons[0].start if low else cds[-1].end == exons[-1].end
    return draft.partial and reaches_end


def _touches_edge(transcript: Transcript, length: int, at_start: bool) -> bool:
    if at_start == (transcript.strand == "+"):
        return transcript.cds[0][0] == 0
    return transcript.cds[-1][1] == length


def _ends_with_stop(codes: Codes) -> bool:
    return len(codes) >= 3 and translate(codes[-3:]) == "*"


def _extend(transcript: Transcript, length: int) -> Transcript | None:
    """``transcript`` with the three spliced bases after its CDS added to it; None where the sequence ends before."""
    if transcript.strand == "+":
        added = _next_bases(transcript.exons, transcript.cds[-1][1])
    else:
        mirrored = [(-end, -start) for start, end in reversed(transcript.exons)]
        ahead = _next_bases(mirrored, -transcript.cds[0][0])
        added = [(-end, -start) for start, end in ahead]
    if any(start < 0 or end > length for start, end in added):
        return None
    exons = _merge(Part(*interval) for interval in (*transcript.exons, *added))
    # Only an interval of its own (a stop codon behind an intron) lacks a score; the last one's is as good as any.
    fallback = (
        transcript.cds_scores[-1 if transcript.strand == "+" else 0]
        if transcript.cds_scores
        else None
    )
    scores = transcript.cds_scores or (None,) * len(transcript.cds)
    cds = _merge(
        [
            *(
                Part(*interval, score)
                for interval, score in zip(transcript.cds, scores, strict=True)
            ),
            *(Part(*interval, fallback) for interval in added),
        ]
    )
    return replace(
        transcript,
        exons=_intervals(exons),
        cds=_intervals(cds),
        cds_scores=tuple(part.score for part in cds if part.score is not None),
    )


def _next_bases(exons: Sequence[Interval], end: int, count: int = 3) -> list[Interval]:
    """The ``count`` exon bases that follow ``end``, running on beyond the last exon where it is too short."""
    pieces: list[Interval] = []
    for start, stop in exons:
        if count and stop > end:
            first = max(start, end)
            pieces.append((first, min(stop, first + count)))
            count -= pieces[-1][1] - first
    if count:
        last = pieces[-1][1] if pieces else end
        pieces.append((last, last + count))
    return pieces
