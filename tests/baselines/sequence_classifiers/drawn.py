"""Sequences whose class is known because it was drawn."""

from __future__ import annotations

import numpy as np

from features.genome import Codes, encode

MOTIF = encode("TATAAT")
SHARES = ((0.15, 0.35, 0.35, 0.15), (0.35, 0.15, 0.15, 0.35), (0.4, 0.4, 0.1, 0.1))


def compositions(count: int, seed: int, classes: int = 2) -> tuple[list[Codes], list[str]]:
    """Sequences of several lengths, of two or three compositions."""
    rng = np.random.default_rng(seed)
    numbers = np.arange(count) % classes
    sequences = [
        rng.choice(4, int(rng.integers(150, 250)), p=SHARES[number]).astype(np.uint8)
        for number in numbers
    ]
    return sequences, [f"class {number}" for number in numbers]


def motifs(count: int, seed: int) -> tuple[list[Codes], list[str]]:
    """Aligned sequences of one composition, half of them with a motif at base 20, the others with it anywhere."""
    rng = np.random.default_rng(seed)
    sequences, labels = [], []
    for number in range(count):
        codes = rng.integers(0, 4, 60).astype(np.uint8)
        place = 20 if number % 2 else int(rng.choice([2, 10, 30, 40, 50]))
        codes[place : place + len(MOTIF)] = MOTIF
        sequences.append(codes)
        labels.append("here" if number % 2 else "elsewhere")
    return sequences, labels


def transcripts(count: int, seed: int) -> tuple[list[Codes], list[str]]:
    """Random transcripts, every second one with an open frame of 60 to 150 codons of a biased usage."""
    rng = np.random.default_rng(seed)
    codons = [encode(codon) for codon in ("GCC", "CTG", "AAG", "GAG", "ATC", "GTG")]
    sequences, labels = [], []
    for number in range(count):
        codes = rng.integers(0, 4, int(rng.integers(400, 900))).astype(np.uint8)
        if number % 2:
            chosen = rng.integers(0, len(codons), int(rng.integers(60, 120)))
            frame = [encode("ATG"), *(codons[i] for i in chosen), encode("TAA")]
            start = int(rng.integers(0, 30))
            coding = np.concatenate(frame)
            codes[start : start + len(coding)] = coding[: len(codes) - start]
        sequences.append(codes)
        labels.append("mRNA" if number % 2 else "lncRNA")
    return sequences, labels


def copies(number: int, seed: int, classes: int) -> tuple[list[Codes], list[str]]:
    """``number`` pieces of each of as many parents as there are ``classes``, a tenth of their bases changed."""
    parents = np.random.default_rng(0).integers(0, 4, (classes, 400)).astype(np.uint8)
    rng = np.random.default_rng(seed)
    sequences, labels = [], []
    for parent, codes in enumerate(parents):
        for first in rng.integers(0, 200, number):
            piece = codes[first : first + int(rng.integers(180, 200))].copy()
            changed = rng.random(len(piece)) < 0.1
            piece[changed] = rng.integers(0, 4, changed.sum())
            sequences.append(piece)
            labels.append(f"class {parent:02}")
    return sequences, labels
