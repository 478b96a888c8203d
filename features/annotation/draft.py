"""``Draft``: the parts of one transcript as its file gives them, before they are checked and put together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from features.errors import InputFileError
from features.lines import read_lines

__all__ = ["PART_KINDS", "STRANDS", "Draft", "Part", "find_line", "parse_feature", "split_copies"]

PART_KINDS = {
    "exon": "exons",
    "pseudogenic_exon": "exons",
    "CDS": "cds",
    "stop_codon": "stops",
    "UTR": "utrs",
    "5UTR": "utrs",
    "3UTR": "utrs",
    "five_prime_UTR": "utrs",
    "three_prime_UTR": "utrs",
    "five_prime_utr": "utrs",
    "three_prime_utr": "utrs",
}
"""Which list of a ``Draft`` a feature type belongs to."""

STRANDS = ("+", "-")
UNKNOWN_STRANDS = (".", "?")


class Part(NamedTuple):
    """A 0-based half-open interval and its score column."""

    start: int
    end: int
    score: float | None = None


@dataclass(slots=True)
class Draft:
    """Unordered parts of a transcript and what the file says of it.

    ``spans`` are the extents of its own lines; ``low_open`` / ``high_open`` say that the CDS runs on beyond its
    lowest / highest coordinate; ``start_open`` / ``end_open`` the same by reading direction; ``partial`` that it
    does so at an end not named.
    """

    chromosome: str
    strand: str
    id: str
    gene: str = ""
    biotype: str = ""
    pseudogene: bool = False
    exons: list[Part] = field(default_factory=list)
    cds: list[Part] = field(default_factory=list)
    stops: list[Part] = field(default_factory=list)
    utrs: list[Part] = field(default_factory=list)
    spans: list[Part] = field(default_factory=list)
    low_open: bool = False
    high_open: bool = False
    start_open: bool = False
    end_open: bool = False
    partial: bool = False

    @property
    def score(self) -> float | None:
        return self.spans[0].score if self.spans else None

    def parts(self) -> list[Part]:
        return [*self.exons, *self.cds, *self.stops, *self.utrs]

    def note_partial(self, value: str) -> None:
        """Take in a ``partial`` attribute: true or 1, or Prodigal's two digits, one per end by coordinate."""
        if value in ("10", "01", "11"):
            self.low_open |= value[0] == "1"
            self.high_open |= value[1] == "1"
        elif value.lower() in ("1", "true", "yes"):
            self.partial = True

    def note_tags(self, tags: str) -> None:
        """Take in GENCODE's and Ensembl's tags of CDSs whose start or end was not found."""
        self.start_open |= "cds_start_NF" in tags
        self.end_open |= "cds_end_NF" in tags


def split_copies(draft: Draft) -> list[Draft]:
    """One draft per place, where a file uses one transcript id for several disjoint places of a strand."""
    spans = sorted(set(draft.spans), key=lambda span: span[:2])
    disjoint = all(left.end <= right.start for left, right in pairwise(spans))
    if len(spans) < 2 or not disjoint:
        return [draft]
    if not all(any(_inside(part, span) for span in spans) for part in draft.parts()):
        return [draft]
    return [
        replace(
            draft,
            spans=[span],
            exons=[part for part in draft.exons if _inside(part, span)],
            cds=[part for part in draft.cds if _inside(part, span)],
            stops=[part for part in draft.stops if _inside(part, span)],
            utrs=[part for part in draft.utrs if _inside(part, span)],
        )
        for span in spans
    ]


def _inside(part: Part, span: Part) -> bool:
    return span.start <= part.start and part.end <= span.end


def parse_feature(path: Path, number: int, text: str) -> tuple[list[str], Part]:
    """Columns and interval of one GFF3 or GTF line; ``InputFileError`` with the line number where it is malformed."""
    columns = text.split("\t")
    if len(columns) != 9:
        raise InputFileError(
            path,
            f"{len(columns)} columns where nine are expected",
            "Give tab-separated GFF3 or GTF.",
            number,
        )
    try:
        start, end = int(columns[3]), int(columns[4])
    except ValueError:
        raise InputFileError(
            path,
            f"start {columns[3]!r} or end {columns[4]!r} is no whole number",
            "Give 1-based closed coordinates.",
            number,
        ) from None
    if not 1 <= start <= end:
        raise InputFileError(
            path,
            f"start {start} and end {end} are no interval",
            "Give 1 <= start <= end; the strand is told by column 7.",
            number,
        )
    if columns[6] not in STRANDS and columns[6] not in UNKNOWN_STRANDS:
        raise InputFileError(
            path, f"strand {columns[6]!r}", "Give '+', '-' or, where unknown, '.'.", number
        )
    return columns, Part(start - 1, end, _parse_score(path, number, columns[5]))


def _parse_score(path: Path, number: int, text: str) -> float | None:
    if text in (".", ""):
        return None
    try:
        return float(text)
    except ValueError:
        raise InputFileError(
            path, f"score {text!r} is no number", "Give a number or '.'.", number
        ) from None


def find_line(path: Path, chromosome: str, part: Part) -> int | None:
    """Number of the first line that describes ``part`` of ``chromosome``, for an error message."""
    coordinates = [str(part.start + 1), str(part.end)]
    for number, text in read_lines(path):
        columns = text.split("\t")
        if columns[0] == chromosome and columns[3:5] == coordinates:
            return number
    return None
