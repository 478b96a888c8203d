"""The genome simulator: chromosomes of genes and intergenic sequence with known truth, any size, from a seed.

A generalised hidden Markov model with the states intergenic, 5' UTR, coding exon, intron and 3' UTR; ``gene_model``
draws the genes. Its figures, in ``simulator.json``, were measured on a real genome by ``features.datasets.measure``.
Genes do not overlap, and no sequence is repeated.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from features.annotation import write_gff3
from features.datasets.gene_model import GeneModel, SimulatedGene, read_figures
from features.genome import Codes, cache_folder, reverse_complement
from features.progress import track
from features.storage import atomic_folder
from features.transcripts import Interval, Transcript

__all__ = ["Simulation", "simulate", "simulated_files", "write_simulation"]

GENOME = "genome.fa"
ANNOTATION = "annotation.gff3"
LINE_BASES = 80
_LETTERS = np.frombuffer(b"ACGTN", np.uint8)


class Simulation(NamedTuple):
    """A made-up genome: uint8 codes per chromosome, and all its transcripts by position."""

    sequences: dict[str, Codes]
    transcripts: list[Transcript]


def simulate(lengths: Mapping[str, int], seed: int) -> Simulation:
    """Make up a genome.

    Parameters
    ----------
    lengths : bases per chromosome.
    seed : the same seed and lengths give the same genome; a chromosome does not depend on those after it.
    """
    figures = read_figures()
    sequences = {}
    transcripts: list[Transcript] = []
    for index, (name, length) in enumerate(track(lengths.items(), "simulating", len(lengths))):
        model = GeneModel(figures, np.random.default_rng([seed, index]))
        sequences[name], found = _chromosome(model, name, length)
        transcripts += found
    return Simulation(sequences, transcripts)


def write_simulation(folder: str | Path, lengths: Mapping[str, int], seed: int) -> None:
    """Write a simulated genome into ``folder`` (``genome.fa``, ``annotation.gff3``), wholly or not at all."""
    simulation = simulate(lengths, seed)
    with atomic_folder(folder) as scratch:
        with (scratch / GENOME).open("wb") as handle:
            for name, codes in simulation.sequences.items():
                letters = _LETTERS[codes].tobytes()
                handle.write(f">{name}\n".encode())
                for start in range(0, len(letters), LINE_BASES):
                    handle.write(letters[start : start + LINE_BASES] + b"\n")
        write_gff3(simulation.transcripts, scratch / ANNOTATION, lengths)


def simulated_files(name: str, lengths: Mapping[str, int], seed: int) -> dict[str, Path]:
    """Files (genome, annotation) of the simulated dataset ``name``, written into the cache if they are not there yet.

    The folder's name covers lengths, seed, figures and the simulator's own source, so that a newer package never reads
    an older genome.
    """
    identity = hashlib.sha256(json.dumps([seed, dict(lengths)]).encode())
    package = files("features.datasets")
    for source in ("simulator.json", "simulator.py", "gene_model.py"):
        identity.update((package / source).read_bytes())
    folder = cache_folder() / "simulated" / f"{name}-{identity.hexdigest()[:12]}"
    if not folder.is_dir():
        write_simulation(folder, lengths, seed)
    return {"genome": folder / GENOME, "annotation": folder / ANNOTATION}


def _chromosome(model: GeneModel, name: str, length: int) -> tuple[Codes, list[Transcript]]:
    pieces: list[Codes] = []
    transcripts: list[Transcript] = []
    filled = genes = 0
    while True:
        gap = model.length("intergenic")
        gene = model.non_coding_gene() if model.chance("non_coding_share") else model.coding_gene()
        strand = "-" if model.chance("reverse_share") else "+"
        if filled + gap + len(gene.codes) >= length:
            break
        pieces.append(model.sequence("intergenic", gap))
        pieces.append(gene.codes if strand == "+" else reverse_complement(gene.codes))
        genes += 1
        transcripts += _transcripts(gene, name, strand, filled + gap, f"{name}.g{genes:05d}")
        filled += gap + len(gene.codes)
    pieces.append(model.sequence("intergenic", length - filled))
    return np.concatenate(pieces), transcripts


def _transcripts(
    gene: SimulatedGene, chromosome: str, strand: str, offset: int, gene_id: str
) -> list[Transcript]:
    length = len(gene.codes)

    def place(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
        if strand == "-":
            intervals = tuple((length - end, length - start) for start, end in intervals[::-1])
        return tuple((offset + start, offset + end) for start, end in intervals)

    return [
        Transcript(
            chromosome,
            strand,
            gene_id,
            f"{gene_id}.{number}",
            place(exons),
            place(cds),
            "protein_coding" if cds else "lncRNA",
        )
        for number, (exons, cds) in enumerate(gene.isoforms, 1)
    ]
