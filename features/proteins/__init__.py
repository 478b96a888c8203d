"""Proteins with gene symbols: alphabet, records, clades, sets and splits; what a symbol model is told and says."""

from features.proteins.loader import load_protein_set, protein_set_from_file
from features.proteins.manifest import protein_set_names
from features.proteins.protein_set import Assigned, Proteins, ProteinSet

__all__ = [
    "Assigned",
    "ProteinSet",
    "Proteins",
    "load_protein_set",
    "protein_set_from_file",
    "protein_set_names",
]
