"""What goes to an external gene finder (FASTA, training genes) and comes back (CDS lines of its GFF)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from baselines.gene_finders.program import ProgramError
from features.genome import Codes
from features.labelled import LabelledChromosome
from features.transcripts import Interval, Transcript, longest_isoforms

__all__ = [
    "GffLine",
    "gff_lines",
    "letters",
    "training_genes",
    "transcripts_of_cds",
    "write_fasta",
    "write_training",
]

LETTERS = np.frombuffer(b"ACGTN", np.uint8)
LINE_WIDTH = 60


class GffLine(NamedTuple):
    """A feature line of a program's GFF output; ``interval`` is 0-based half-open, ``attributes`` is as written."""

    feature: str
    interval: Interval
    score: float | None
    strand: str
    attributes: str

    def attribute(self, name: str) -> str:
        """Value of a GFF3 attribute; ``ProgramError`` where the line has none of that name."""
        for pair in self.attributes.split(";"):
            key, _, value = pair.strip().partition("=")
            if key == name:
                return value
        raise ProgramError(f"no {name} in {self.attributes!r}. Another version of the program?")


def write_fasta(path: Path, sequences: Mapping[str, Codes]) -> None:
    """Write ``sequences`` (uint8 codes by record name) as FASTA, unknown bases as N."""
    with path.open("wb") as file:
        for name, codes in sequences.items():
            file.write(f">{name}\n".encode())
            bases = letters(codes)
            for start in range(0, len(bases), LINE_WIDTH):
                file.write(bases[start : start + LINE_WIDTH] + b"\n")


def letters(codes: Codes) -> bytes:
    """Upper-case bases of ``codes``, unknown ones as N."""
    return LETTERS[codes].tobytes()


def training_genes(chromosome: LabelledChromosome) -> list[Transcript]:
    """Longest isoforms with both ends, whole codons and no base in the mask: what programs are trained on."""
    return [
        transcript
        for transcript in longest_isoforms(chromosome.transcripts)
        if transcript.start_complete
        and transcript.end_complete
        and transcript.cds_length % 3 == 0
        and not any(
            transcript.start < end and start < transcript.end for start, end in chromosome.mask
        )
    ]


def write_training(
    folder: Path,
    training: Sequence[LabelledChromosome],
    fasta: str,
    annotation: str,
    lines: Callable[[str, Sequence[Transcript]], Iterable[str]],
) -> None:
    """Write what a program is trained on into ``folder``: the file ``fasta`` and the file ``annotation``.

    Records are called sequence_0, sequence_1, ...; ``lines`` puts a record's name and its training genes into the
    program's own format.
    """
    records = {f"sequence_{number}": chromosome for number, chromosome in enumerate(training)}
    write_fasta(folder / fasta, {name: each.sequence for name, each in records.items()})
    with (folder / annotation).open("w", encoding="utf-8") as file:
        for name, chromosome in records.items():
            file.writelines(f"{line}\n" for line in lines(name, training_genes(chromosome)))


def gff_lines(path: Path) -> Iterator[GffLine]:
    """Feature lines of a program's GFF output; ``ProgramError`` names the line that is not one."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            if line.startswith("#") or not line.strip():
                continue
            try:
                _, _, feature, start, end, score, strand, _, attributes = line.rstrip().split("\t")
                yield GffLine(
                    feature,
                    (int(start) - 1, int(end)),
                    None if score == "." else float(score),
                    {"+": "+", "-": "-"}[strand],
                    attributes,
                )
            except (ValueError, KeyError):
                raise ProgramError(
                    f"{path.name}, line {number}: not a GFF line: {line.strip()[:80]!r}. "
                    "Another version of the program?"
                ) from None


def transcripts_of_cds(
    lines: Iterable[tuple[str, GffLine]],
    with_start: Collection[str],
    with_stop: Collection[str],
    prefix: str,
    chromosome: str,
) -> list[Transcript]:
    """Transcripts, sorted by position, from (transcript name, line of one CDS interval) pairs.

    Parameters
    ----------
    with_start, with_stop : names of the transcripts whose CDS begins with a start codon or ends with a stop codon.
    prefix : what a transcript's gene name begins with, before its running number.

    Every transcript is a gene of its own, with the program's scores of its CDS intervals.
    """
    grouped: dict[str, list[GffLine]] = {}
    for name, line in lines:
        grouped.setdefault(name, []).append(line)
    ordered = sorted(grouped.items(), key=lambda item: sorted(line.interval for line in item[1]))
    transcripts = []
    for number, (name, members) in enumerate(ordered, start=1):
        members.sort(key=lambda line: line.interval)
        intervals = tuple(line.interval for line in members)
        scores = tuple(line.score for line in members if line.score is not None)
        gene = f"{prefix}.{number}"
        transcripts.append(
            Transcript(
                chromosome,
                members[0].strand,
                gene,
                f"{gene}.1",
                intervals,
                cds=intervals,
                start_complete=name in with_start,
                end_complete=name in with_stop,
                cds_scores=scores if len(scores) == len(intervals) else (),
            )
        )
    return transcripts
