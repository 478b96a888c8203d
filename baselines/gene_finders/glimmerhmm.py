"""``GlimmerHmm``: GlimmerHMM, trained with its own script on our training chromosomes, or with a shipped folder."""

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
from baselines.gene_finders.program import (
    MissingProgramError,
    Program,
    ProgramError,
    Usage,
)
from features.errors import ModelError, TrainingError
from features.genome import Codes
from features.labelled import LabelledChromosome
from features.transcripts import Transcript

__all__ = ["GlimmerHmm", "exon_lines", "parse_glimmerhmm"]

SOURCE = "GlimmerHMM 3, bioconda package glimmerhmm"
FIRST_EXONS = {"initial-exon", "single-exon"}
LAST_EXONS = {"final-exon", "single-exon"}


class GlimmerHmm:
    """Run GlimmerHMM on one chromosome at a time, both strands.

    Parameters
    ----------
    species : path of a trained folder that GlimmerHMM ships (``trained_dir/...``); None trains one in ``fit``.
    binary : name or path of the executable.

    Attributes
    ----------
    parameters : bytes of the trained files by their name in the folder; None before ``fit``.
    usage : processor time and peak memory of the runs so far, training included.
    """

    def __init__(self, species: str | None = None, binary: str = "glimmerhmm") -> None:
        self.species = species
        self.program = Program(binary, SOURCE)
        self.parameters: dict[str, bytes] | None = None
        self.usage = Usage()

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> None:
        """Train with trainGlimmerHMM on the complete genes of ``training``, or read the folder ``species``.

        Raises
        ------
        MissingProgramError : GlimmerHMM or its training script is not installed.
        ModelError : there is no folder ``species``, or nothing in it.
        TrainingError : the training script fails.
        """
        self.program.find()
        if self.species is None:
            self.parameters = self._train(training)
            return
        self.parameters = _read_folder(Path(self.species))
        if not self.parameters:
            raise ModelError(
                f"{self.species}: no files here. Give a folder of GlimmerHMM's trained_dir."
            )

    def predict(self, sequence: Codes, chromosome: str) -> list[Transcript]:
        """Transcripts of both strands, sorted by position; they carry no score."""
        if self.parameters is None:
            raise ModelError("glimmerhmm: predict was called before fit. Fit it first.")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for file, content in self.parameters.items():
                path = folder / "parameters" / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            write_fasta(folder / "sequence.fa", {"sequence": sequence})
            output = folder / "glimmerhmm.gff"
            arguments = ["sequence.fa", "-d", "parameters", "-g"]
            self.usage = self.usage.and_then(self.program.run(arguments, output, folder))
            return parse_glimmerhmm(output, chromosome)

    def _train(self, training: Sequence[LabelledChromosome]) -> dict[str, bytes]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_training(folder, training, "genome.fa", "genes.exons", exon_lines)
            trainer = Program("trainGlimmerHMM", SOURCE)
            try:
                arguments = ["genome.fa", "genes.exons", "-d", "parameters"]
                self.usage = self.usage.and_then(trainer.run(arguments, folder / "log", folder))
            except MissingProgramError:
                raise
            except ProgramError as error:
                raise TrainingError(
                    f"glimmerhmm: training failed ({error}) Train on more complete, spliced genes."
                ) from None
            return _read_folder(folder / "parameters")


def _read_folder(folder: Path) -> dict[str, bytes]:
    """Bytes of every file under ``folder`` by its relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def exon_lines(record: str, transcripts: Sequence[Transcript]) -> Iterator[str]:
    """trainGlimmerHMM's exon file: record, first and last base (1-based, 5'->3'); an empty line ends a gene."""
    for transcript in transcripts:
        if transcript.strand == "+":
            yield from (f"{record} {start + 1} {end}" for start, end in transcript.cds)
        else:
            yield from (f"{record} {end} {start + 1}" for start, end in transcript.cds[::-1])
        yield ""


def parse_glimmerhmm(path: Path, chromosome: str) -> list[Transcript]:
    """Transcripts of GlimmerHMM's ``-g`` output for one sequence; its CDS holds the stop codon.

    The Note of a CDS line says which exon it is; a gene without an initial or final exon runs off the sequence there.
    """
    lines = [(line.attribute("Parent"), line) for line in gff_lines(path) if line.feature == "CDS"]
    with_start = {n for n, line in lines if line.attribute("Note") in FIRST_EXONS}
    with_stop = {n for n, line in lines if line.attribute("Note") in LAST_EXONS}
    return transcripts_of_cds(lines, with_start, with_stop, f"{chromosome}.glimmerhmm", chromosome)
