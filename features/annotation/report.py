"""``check_annotation``: what is odd, but no error, in an annotation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from features.genome import Codes, Genome
from features.progress import track
from features.transcripts import (
    Interval,
    Transcript,
    cds_codes,
    group_by_chromosome,
    translate,
)

__all__ = ["AnnotationReport", "Finding", "check_annotation"]

EXAMPLES = 5
BASES = "ACGTN"
CANONICAL = {("GT", "AG"), ("GC", "AG"), ("AT", "AC")}


@dataclass(slots=True)
class Finding:
    """How often something was found, and the first few records it was found in."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, example: str) -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


@dataclass(slots=True)
class AnnotationReport:
    """Counts of an annotation and its oddities; introns are unique CDS introns.

    An in-frame stop is one before the last codon of a CDS, read in the frame of ``Transcript.phases``.
    """

    transcripts: int = 0
    genes: int = 0
    coding_genes: int = 0
    cds_introns: int = 0
    without_cds: Finding = field(default_factory=Finding)
    incomplete: Finding = field(default_factory=Finding)
    not_multiple_of_three: Finding = field(default_factory=Finding)
    noncanonical_introns: Finding = field(default_factory=Finding)
    inner_stops: Finding = field(default_factory=Finding)

    def summary(self) -> str:
        """Counts, and how often each of the oddities of coding transcripts was found, in one line."""
        counts = (
            f"{self.coding_genes:,} coding of {self.genes:,} genes, {self.transcripts:,} transcripts, "
            f"{self.cds_introns:,} CDS introns"
        )
        oddities = {
            "with an open end": self.incomplete,
            "with a CDS length not a multiple of three": self.not_multiple_of_three,
            "with an in-frame stop": self.inner_stops,
            "introns not GT-AG, GC-AG or AT-AC": self.noncanonical_introns,
        }
        found = [
            f"{finding.count:,} {oddity} (such as {finding.examples[0]})"
            for oddity, finding in oddities.items()
            if finding.count
        ]
        return "; ".join([counts, *found])


def check_annotation(transcripts: Iterable[Transcript], genome: Genome) -> AnnotationReport:
    """Count what of ``transcripts`` (as ``read_annotation`` gives them with ``genome``) a model could stumble over."""
    report = AnnotationReport()
    genes, coding_genes = set(), set()
    groups = group_by_chromosome(transcripts)
    for chromosome, here in track(
        groups.items(), "Checking the annotation", len(groups), "sequences"
    ):
        sequence = genome.fetch(chromosome)
        introns: set[tuple[str, Interval]] = set()
        for transcript in here:
            report.transcripts += 1
            genes.add((chromosome, transcript.gene))
            if not transcript.coding:
                report.without_cds.add(transcript.id)
                continue
            coding_genes.add((chromosome, transcript.gene))
            _check_cds(report, transcript, sequence)
            for intron in transcript.cds_introns:
                if (transcript.strand, intron) not in introns:
                    introns.add((transcript.strand, intron))
                    if not _is_canonical(intron, transcript.strand, sequence):
                        report.noncanonical_introns.add(
                            f"{chromosome}:{intron[0] + 1}-{intron[1]} ({transcript.id})"
                        )
        report.cds_introns += len(introns)
    report.genes, report.coding_genes = len(genes), len(coding_genes)
    return report


def _check_cds(report: AnnotationReport, transcript: Transcript, sequence: Codes) -> None:
    complete = transcript.start_complete and transcript.end_complete
    if not complete:
        report.incomplete.add(transcript.id)
    elif transcript.cds_length % 3:
        report.not_multiple_of_three.add(transcript.id)
    first_phase = transcript.phases[0 if transcript.strand == "+" else -1]
    protein = translate(cds_codes(transcript, sequence)[first_phase:])
    if "*" in protein[:-1]:
        report.inner_stops.add(transcript.id)


def _is_canonical(intron: Interval, strand: str, sequence: Codes) -> bool:
    ends = Transcript(
        "", strand, "", "", (intron,), ((intron[0], intron[0] + 2), (intron[1] - 2, intron[1]))
    )
    letters = "".join(BASES[code] for code in cds_codes(ends, sequence))
    return intron[1] - intron[0] >= 4 and (letters[:2], letters[2:]) in CANONICAL
