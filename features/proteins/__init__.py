"""Proteins with gene symbols: alphabet, records, clades, sets and splits; what a symbol model is told and says."""

from features.proteins.loader import ProteinFile, load_protein_set, protein_set_from_files
from features.proteins.manifest import protein_set_names
from features.proteins.protein_set import Assigned, Proteins, ProteinSet

__all__ = [
    "Assigned",
    "ProteinFile",
    "ProteinSet",
    "Proteins",
    "load_protein_set",
    "protein_set_from_files",
    "protein_set_names",
]
