"""Species to one of the 18 clades of Ensembl's genebuild, by a table of genera in the package."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from features.errors import DatasetError
from features.suggestions import close_match

__all__ = ["CLADES", "check_clade", "clade_of"]

CLADES = (
    "amphibians",
    "arthropods",
    "aves",
    "humans",
    "insects",
    "lepidoptera",
    "mammalia",
    "marsupials",
    "metazoa",
    "non_vertebrates",
    "plants",
    "primates",
    "protists",
    "reptiles",
    "rodentia",
    "sharks",
    "teleostei",
    "viral",
)
"""Sorted, as the published network has them; a species is of the narrowest that it belongs to.

``mammalia`` are those that are no primates, rodents or marsupials, ``metazoa`` animals of none of the others (lampreys,
coelacanths, worms), ``non_vertebrates`` any other eukaryotes (fungi).
"""


def clade_of(species: str) -> str:
    """Clade of a species, by the genus that is its first word; underscores count as blanks.

    Raises ``DatasetError`` for a genus that the table lacks.
    """
    words = species.replace("_", " ").split()
    genus = words[0].capitalize() if words else ""
    known = _genera()
    if genus not in known:
        hint = close_match(genus, known)
        raise DatasetError(
            f"no clade is known of species {species!r}.{hint} Give --clade, one of: {', '.join(CLADES)}."
        )
    return known[genus]


def check_clade(clade: str) -> str:
    """``clade``; ``DatasetError`` where it is none."""
    if clade not in CLADES:
        raise DatasetError(f"no clade {clade!r}. Known: {', '.join(CLADES)}.")
    return clade


@cache
def _genera() -> dict[str, str]:
    text = (files("features.proteins") / "clades.tsv").read_text(encoding="utf-8")
    return {row["genus"]: row["clade"] for row in csv.DictReader(text.splitlines(), delimiter="\t")}
