"""A chromosome that every gene finder can be trained on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from features.genome import encode, reverse_complement
from features.labelled import LabelledChromosome
from features.transcripts import Transcript


@pytest.fixture
def two_exon_genes() -> Callable[..., LabelledChromosome]:
    """``two_exon_genes(genes, seed)``."""
    return simulate


def simulate(genes: int, seed: int) -> LabelledChromosome:
    """Genes of two exons and a 100-base intron on alternating strands, 2 kb of random sequence between them."""
    generator = np.random.default_rng(seed)
    codons = ["GAA", "GCT", "AAG", "TCT", "GTT", "GAT", "CAA", "ATC", "GGT", "CTT"]

    sequence, transcripts, begin = [], [], 2000
    for number in range(genes):
        coding = encode("ATG" + "".join(generator.choice(codons, 198)) + "TAA")
        random = generator.choice(np.array([0, 3, 3], np.uint8), 80)
        intron = np.concatenate([encode("GTAAGT"), random, encode("TACTAACTTTTCAG")])
        gene = np.concatenate([coding[:301], intron, coding[301:]])
        cds = ((begin, begin + 301), (begin + 401, begin + 700))
        strand = "+-"[number % 2]
        if strand == "-":
            gene = reverse_complement(gene)
            cds = ((begin, begin + 299), (begin + 399, begin + 700))
        sequence += [generator.integers(0, 4, 2000).astype(np.uint8), gene]
        transcripts.append(Transcript("I", strand, f"g{number}", f"g{number}.1", cds, cds=cds))
        begin += 2700
    sequence.append(generator.integers(0, 4, 2000).astype(np.uint8))
    return LabelledChromosome("I", np.concatenate(sequence), transcripts)
