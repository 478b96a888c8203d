"""``Augustus``: AUGUSTUS ab initio, with the parameters it ships for a species."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from baselines.gene_finders.exchange import gff_lines, transcripts_of_cds, write_fasta
from baselines.gene_finders.program import Program, Usage
from features.genome import Codes
from features.labelled import LabelledChromosome
from features.transcripts import Transcript

__all__ = ["Augustus", "parse_augustus"]

OPTIONS = (
    "--softmasking=0",
    "--UTR=off",
    "--gff3=on",
    "--genemodel=partial",
    "--stopCodonExcludedFromCDS=false",
    "--protein=off",
    "--codingseq=off",
    "--introns=off",
)


class Augustus:
    """Run AUGUSTUS on one chromosome at a time, both strands, without hints.

    Parameters
    ----------
    species : AUGUSTUS's name of the parameter set (``augustus --species=help`` lists them). Its authors chose the
        genes it was trained on, which may lie on chromosomes that are held out here.
    binary : name or path of the executable.

    Attributes
    ----------
    usage : processor time and peak memory of the runs so far.
    """

    def __init__(self, species: str, binary: str = "augustus") -> None:
        self.species = species
        self.program = Program(binary, "Debian package augustus, augustus-data")
        self.usage = Usage()

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> None:
        """Do nothing: the parameters are AUGUSTUS's own. ``MissingProgramError`` where it is not installed."""
        self.program.find()

    def predict(self, sequence: Codes, chromosome: str) -> list[Transcript]:
        """Transcripts of both strands, sorted by position; ``cds_scores`` are AUGUSTUS's posterior probabilities."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_fasta(folder / "sequence.fa", {"sequence": sequence})
            output = folder / "augustus.gff3"
            usage = self.program.run(
                [f"--species={self.species}", *OPTIONS, "sequence.fa"], output, folder
            )
            self.usage = self.usage.and_then(usage)
            return parse_augustus(output, chromosome)


def parse_augustus(path: Path, chromosome: str) -> list[Transcript]:
    """Transcripts of AUGUSTUS's GFF3 output for one sequence; a codon feature says that an end is complete."""
    lines = list(gff_lines(path))
    codons = {"start_codon": set[str](), "stop_codon": set[str]()}
    for line in lines:
        if line.feature in codons:
            codons[line.feature].add(line.attribute("Parent"))
    return transcripts_of_cds(
        ((line.attribute("Parent"), line) for line in lines if line.feature == "CDS"),
        codons["start_codon"],
        codons["stop_codon"],
        f"{chromosome}.augustus",
        chromosome,
    )
