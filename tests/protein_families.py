"""Made-up proteins of several species: a family for each symbol, whose members differ by point changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from features.proteins import ProteinFile, ProteinSet, protein_set_from_files

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
SPECIES = ("Mus musculus", "Canis lupus familiaris", "Bos taurus", "Homo sapiens", "Sus scrofa")


def write_families(
    path: Path, symbols: int = 12, length: int = 80, changed: float = 0.1, seed: int = 0
) -> Path:
    """FASTA with the headers of the task: one protein of each symbol and species."""
    rng = np.random.default_rng(seed)
    lines = []
    for number in range(symbols):
        ancestor = rng.integers(0, 20, length + 10 * (number % 4))
        for species in SPECIES:
            residues = ancestor.copy()
            places = rng.random(len(residues)) < changed
            residues[places] = rng.integers(0, 20, int(places.sum()))
            text = "".join(LETTERS[each] for each in residues)
            name = species.replace(" ", "_")
            lines.append(
                f">p{number}|{species[0]} gene_symbol:GENE{number} species:{name}\n{text}\n"
            )
    path.write_text("".join(lines))
    return path


def families(folder: Path, **options: float) -> ProteinSet:
    """The set of these, with the mouse held out in the split held-out-species."""
    path = write_families(folder / "families.fa", **options)  # type: ignore[arg-type]
    return protein_set_from_files([ProteinFile(path)], ["Mus musculus"])
