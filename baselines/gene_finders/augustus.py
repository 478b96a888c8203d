"""``Augustus``: AUGUSTUS ab initio, trained with its own trainer on our chromosomes, or as shipped for a species."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from baselines.gene_finders.exchange import (
    gff_lines,
    letters,
    training_genes,
    transcripts_of_cds,
    write_fasta,
)
from baselines.gene_finders.program import MissingProgramError, Program, ProgramError, Usage
from features.errors import ModelError, TrainingError
from features.genome import Codes, reverse_complement
from features.labelled import LabelledChromosome
from features.transcripts import Transcript

__all__ = ["Augustus", "genbank_records", "parse_augustus"]

SOURCE = "Debian packages augustus, augustus-data"
CONFIG = "AUGUSTUS_CONFIG_PATH"
"""Environment variable that names AUGUSTUS's configuration folder."""
CONFIG_FOLDERS = (Path("/usr/share/augustus/config"), Path("/usr/local/share/augustus/config"))
TEMPLATE = "generic"
"""AUGUSTUS's own template of a new species."""
SPECIES = "genestruct"
FLANK = 1000
"""Bases kept on either side of a training gene, as far as no other gene lies there."""
BASES_IN_LINE = 60
STOPS = {"amber": "tag", "ochre": "taa", "opal": "tga"}

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
    species : AUGUSTUS's name of a parameter set that it ships (``augustus --species=help`` lists them); None trains one
        in ``fit``. Its authors chose the genes a shipped set was trained on, which may lie on chromosomes that are held
        out here.
    binary : name or path of the executable.

    Attributes
    ----------
    parameters : the trained set's files by name; empty before ``fit`` and with a shipped set.
    usage : processor time and peak memory of the runs so far, training included.
    """

    def __init__(self, species: str | None = None, binary: str = "augustus") -> None:
        self.species = species
        self.program = Program(binary, SOURCE)
        self.parameters: dict[str, bytes] = {}
        self.usage = Usage()

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> None:
        """Train with etraining on the complete genes of ``training``, or do nothing with a shipped set.

        The meta-parameters stay those of AUGUSTUS's template: ``optimize_augustus.pl``, which tunes them for days, is
        not run.

        Raises
        ------
        MissingProgramError : AUGUSTUS, its trainer or its configuration folder is not installed.
        TrainingError : there is no gene to learn from, or the trainer fails.
        """
        self.program.find()
        if self.species is None:
            self.parameters = self._train(training)

    def predict(self, sequence: Codes, chromosome: str) -> list[Transcript]:
        """Transcripts of both strands, sorted by position; ``cds_scores`` are AUGUSTUS's posterior probabilities."""
        if self.species is None and not self.parameters:
            self.program.find()
            raise ModelError("augustus: predict was called before fit. Fit it first.")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_fasta(folder / "sequence.fa", {"sequence": sequence})
            options = [f"--species={self.species or SPECIES}", *OPTIONS]
            if self.species is None:
                options.append(f"--{CONFIG}={_write_config(folder, self.parameters)}")
            output = folder / "augustus.gff3"
            self._run(self.program, [*options, "sequence.fa"], output, folder)
            return parse_augustus(output, chromosome)

    def _train(self, training: Sequence[LabelledChromosome]) -> dict[str, bytes]:
        template = _config_folder() / "species" / TEMPLATE
        parameters = {
            path.name.replace(TEMPLATE, SPECIES): path.read_bytes().replace(
                TEMPLATE.encode(), SPECIES.encode()
            )
            for path in sorted(template.iterdir())
        }
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            config = _write_config(folder, parameters)
            genes = 0
            with (folder / "genes.gb").open("w", encoding="ascii") as file:
                for number, chromosome in enumerate(training):
                    for record in genbank_records(f"sequence_{number}", chromosome):
                        file.write(record)
                        genes += 1
            if not genes:
                raise TrainingError(
                    "augustus: no complete gene in the training chromosomes. Train on more sequence."
                )
            log = folder / "log"
            arguments = [f"--species={SPECIES}", f"--{CONFIG}={config}", "genes.gb"]
            beside = Path(self.program.binary).parent if "/" in self.program.binary else Path()
            trainer = Program(str(beside / "etraining"), SOURCE)
            try:
                self._run(trainer, arguments, log, folder)
                shares = _stop_codons(log.read_text(encoding="utf-8"))
            except MissingProgramError:
                raise
            except ProgramError as error:
                raise TrainingError(
                    f"augustus: training failed ({error}) Train on more complete genes."
                ) from None
            trained = {path.name: path.read_bytes() for path in _species_folder(config).iterdir()}
            card = f"{SPECIES}_parameters.cfg"
            text = trained[card].decode()
            for name, codon in STOPS.items():
                text = re.sub(rf"(/Constant/{name}prob\s+)\S+", rf"\g<1>{shares[codon]}", text)
            return {**trained, card: text.encode()}

    def _run(
        self, program: Program, arguments: Sequence[str | Path], output: Path, folder: Path
    ) -> None:
        self.usage = self.usage.and_then(program.run(arguments, output, folder))


def _config_folder() -> Path:
    """The installed configuration, with its template of a new species."""
    named = os.environ.get(CONFIG)
    for folder in (Path(named),) if named else CONFIG_FOLDERS:
        if (folder / "species" / TEMPLATE).is_dir():
            return folder
    raise MissingProgramError(
        f"not installed: AUGUSTUS's configuration folder with species/{TEMPLATE} ({SOURCE}; {CONFIG} names it)"
    )


def _species_folder(config: Path) -> Path:
    return config / "species" / SPECIES


def _write_config(folder: Path, parameters: dict[str, bytes]) -> Path:
    """A configuration folder below ``folder``: the installed one, with the species of ``parameters`` alone."""
    config = folder / "config"
    shutil.copytree(_config_folder(), config, ignore=shutil.ignore_patterns("species"))
    species = _species_folder(config)
    species.mkdir(parents=True)
    for name, content in parameters.items():
        (species / name).write_bytes(content)
    return config


def _stop_codons(log: str) -> dict[str, str]:
    """Share of each stop codon, as etraining wrote it into its ``log``."""
    shares = dict(re.findall(r"^(t[ag][ag]):\s*\d+ \(([0-9.e-]+)\)", log, re.MULTILINE))
    if set(shares) != set(STOPS.values()):
        raise ProgramError("etraining told no shares of the stop codons.")
    return shares


def genbank_records(record: str, chromosome: LabelledChromosome) -> Iterator[str]:
    """GenBank records, each of one complete gene of ``chromosome`` on its sense strand with its flanks.

    Genes that overlap another one are left out: what is not their CDS would count as non-coding.
    """
    coding = [transcript.cds for transcript in chromosome.transcripts if transcript.coding]
    starts = np.sort([0, len(chromosome.sequence), *(cds[0][0] for cds in coding)])
    ends = np.sort([0, len(chromosome.sequence), *(cds[-1][1] for cds in coding)])
    overlaps = _overlapping(chromosome.transcripts)
    for number, gene in enumerate(training_genes(chromosome)):
        begin, end = gene.cds[0][0], gene.cds[-1][1]
        if overlaps[gene.gene]:
            continue
        left = max(begin - FLANK, int(ends[np.searchsorted(ends, begin, "right") - 1]))
        right = min(end + FLANK, int(starts[np.searchsorted(starts, end)]))
        codes = chromosome.sequence[left:right]
        exons = [(start - left, stop - left) for start, stop in gene.cds]
        if gene.strand == "-":
            codes = reverse_complement(codes)
            exons = [(len(codes) - stop, len(codes) - start) for start, stop in exons[::-1]]
        yield "".join(
            f"{line}\n" for line in _genbank_lines(f"{record}_gene_{number}", codes, exons)
        )


def _overlapping(transcripts: Sequence[Transcript]) -> dict[str, bool]:
    """Whether the coding span of each coding gene overlaps that of another gene, on either strand."""
    spans: dict[str, list[int]] = {}
    for transcript in transcripts:
        if transcript.coding:
            begin, end = transcript.cds[0][0], transcript.cds[-1][1]
            span = spans.setdefault(transcript.gene, [begin, end])
            span[:] = min(span[0], begin), max(span[1], end)
    found = dict.fromkeys(spans, False)
    reach, holder = -1, ""
    for gene, (begin, end) in sorted(spans.items(), key=lambda item: item[1]):
        if begin < reach:
            found[gene] = found[holder] = True
        if end > reach:
            reach, holder = end, gene
    return found


def _genbank_lines(name: str, codes: Codes, exons: Sequence[tuple[int, int]]) -> Iterator[str]:
    bases = letters(codes).decode().lower()
    yield f"LOCUS       {name}   {len(bases)} bp  DNA"
    yield "FEATURES             Location/Qualifiers"
    yield f"     source          1..{len(bases)}"
    parts = ",".join(f"{start + 1}..{end}" for start, end in exons)
    yield f"     CDS             {f'join({parts})' if len(exons) > 1 else parts}"
    yield f'                     /gene="{name}"'
    counts = "   ".join(f"{bases.count(base)} {base}" for base in "acgtn")
    yield f"BASE COUNT     {counts}"
    yield "ORIGIN"
    for start in range(0, len(bases), BASES_IN_LINE):
        line = bases[start : start + BASES_IN_LINE]
        words = (line[i : i + 10] for i in range(0, len(line), 10))
        yield f"{start + 1:9d} {' '.join(words)}"
    yield "//"


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
