"""``Snap``: Korf's SNAP, trained with its own tools on our training chromosomes, or with parameters it ships."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from baselines.gene_finders.exchange import (
    gff_lines,
    transcripts_of_cds,
    write_fasta,
    write_training,
)
from baselines.gene_finders.program import MissingProgramError, Program, ProgramError, Usage
from features.errors import ModelError, TrainingError
from features.genome import Codes
from features.labelled import LabelledChromosome
from features.transcripts import Transcript

__all__ = ["Snap", "parse_snap", "zff_lines"]

SOURCE = "Debian package snap"
FLANK = "1000"
"""Bases on either side of a training gene, as SNAP's own instructions have it."""


class Snap:
    """Run SNAP on one chromosome at a time, both strands; it takes about 110 MB per Mb of sequence.

    Parameters
    ----------
    species : path of a parameter file (``.hmm``) that SNAP ships; None trains one in ``fit``.
    binary : name or path of the executable (``snap-hmm`` in Debian, ``snap`` upstream).

    Attributes
    ----------
    parameters : text of the parameter file; None before ``fit``.
    usage : processor time and peak memory of the runs so far, training included.
    """

    def __init__(self, species: str | None = None, binary: str = "snap-hmm") -> None:
        self.species = species
        self.program = Program(binary, SOURCE)
        self.parameters: str | None = None
        self.usage = Usage()

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> None:
        """Train with fathom, forge and hmm-assembler.pl on the complete genes of ``training``, or read ``species``.

        Raises
        ------
        MissingProgramError : SNAP or one of its training tools is not installed.
        ModelError : the file ``species`` cannot be read.
        TrainingError : SNAP's tools find no gene to learn from, or fail.
        """
        self.program.find()
        if self.species is None:
            self.parameters = self._train(training)
            return
        try:
            self.parameters = Path(self.species).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(
                f"{self.species}: not readable as SNAP parameters ({error}). Give the path of a .hmm file."
            ) from None

    def predict(self, sequence: Codes, chromosome: str) -> list[Transcript]:
        """Transcripts of both strands, sorted by position; ``cds_scores`` are SNAP's exon scores."""
        if self.parameters is None:
            raise ModelError("snap: predict was called before fit. Fit it first.")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "parameters.hmm").write_text(self.parameters, encoding="utf-8")
            write_fasta(folder / "sequence.fa", {"sequence": sequence})
            output = folder / "snap.gff"
            self._run(
                self.program, ["-gff", "-quiet", "parameters.hmm", "sequence.fa"], output, folder
            )
            return parse_snap(output, chromosome)

    def _train(self, training: Sequence[LabelledChromosome]) -> str:
        fathom, forge, assembler = (
            Program(binary, SOURCE) for binary in ("fathom", "forge", "hmm-assembler.pl")
        )
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_training(folder, training, "genome.dna", "genome.ann", zff_lines)
            (folder / "parameters").mkdir()
            log = folder / "log"
            output = folder / "parameters.hmm"
            try:
                arguments = ["genome.ann", "genome.dna", "-categorize", FLANK]
                self._run(fathom, arguments, log, folder)
                self._run(fathom, ["uni.ann", "uni.dna", "-export", FLANK, "-plus"], log, folder)
                # forge, given nothing, writes uniform models without a complaint.
                if "Einit" not in (folder / "export.ann").read_text(encoding="utf-8"):
                    raise ProgramError("fathom accepts no spliced gene.")
                forge_arguments = ["../export.ann", "../export.dna"]
                self._run(forge, forge_arguments, log, folder / "parameters")
                self._run(assembler, ["genestruct", "parameters"], output, folder)
            except MissingProgramError:
                raise
            except ProgramError as error:
                raise TrainingError(
                    f"snap: training failed ({error}) Train on more complete, spliced genes."
                ) from None
            return output.read_text(encoding="utf-8")

    def _run(
        self, program: Program, arguments: Sequence[str | Path], output: Path, folder: Path
    ) -> None:
        self.usage = self.usage.and_then(program.run(arguments, output, folder))


def zff_lines(record: str, transcripts: Sequence[Transcript]) -> Iterator[str]:
    """SNAP's ZFF of a record's complete genes: its name, then each exon's kind, ends (1-based, 5'->3') and gene."""
    yield f">{record}"
    for number, transcript in enumerate(transcripts):
        forward = transcript.strand == "+"
        exons = transcript.cds if forward else transcript.cds[::-1]
        for index, (start, end) in enumerate(exons):
            among_several = {0: "Einit", len(exons) - 1: "Eterm"}.get(index, "Exon")
            kind = among_several if len(exons) > 1 else "Esngl"
            first, last = (start + 1, end) if forward else (end, start + 1)
            yield f"{kind} {first} {last} gene_{number}"


def parse_snap(path: Path, chromosome: str) -> list[Transcript]:
    """Transcripts of SNAP's ``-gff`` output for one sequence; its CDS holds the stop codon.

    A gene without an ``Einit`` or ``Eterm`` exon runs off the sequence there; ``Esngl`` is both.
    """
    lines = list(gff_lines(path))
    return transcripts_of_cds(
        ((line.attributes, line) for line in lines),
        {line.attributes for line in lines if line.feature in {"Einit", "Esngl"}},
        {line.attributes for line in lines if line.feature in {"Eterm", "Esngl"}},
        f"{chromosome}.snap",
        chromosome,
    )
