"""How a command line names a protein set: ``--dataset NAME``, or ``--sequences FILE``s and their species to test."""

from __future__ import annotations

import argparse
from pathlib import Path

from features.command_line import tell
from features.errors import DatasetError
from features.proteins.clades import check_clade
from features.proteins.loader import ProteinFile, load_protein_set, protein_set_from_files
from features.proteins.protein_set import ProteinSet

__all__ = [
    "OWN_PROTEINS",
    "add_clade_option",
    "add_protein_options",
    "add_sequences_option",
    "add_stops_option",
    "protein_set_from_options",
]

OWN_PROTEINS = ("sequences", "test_species", "clade", "stops_inside")
"""Options of proteins of one's own."""


def add_protein_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--sequences``, ``--test-species``, ``--clade``, ``--stops-inside``; ``--dataset``, ``--data`` are there."""
    group = parser.add_argument_group(
        "proteins", "for gene symbols: --dataset NAME, or your own proteins with their symbols"
    )
    add_sequences_option(group)
    group.add_argument(
        "--test-species",
        action="append",
        default=[],
        metavar="NAME",
        help="species that a split of its own holds out; may be repeated",
    )
    add_clade_option(group)
    add_stops_option(group)


def add_sequences_option(parser: argparse._ActionsContainer, required: bool = False) -> None:
    """Add ``--sequences``."""
    parser.add_argument(
        "--sequences",
        action="append",
        default=[],
        required=required,
        type=_protein_file,
        metavar="[SPECIES=]FILE",
        help="FASTA with headers '>id gene_symbol:S species:Genus_species clade:C', or TSV with columns sequence, "
        "symbol, and any of id, species, clade, set; SPECIES is that of proteins that state none; may be repeated. "
        "Proteins without a symbol are left out",
    )


def add_clade_option(parser: argparse._ActionsContainer) -> None:
    """Add ``--clade``, of proteins that state none."""
    parser.add_argument(
        "--clade",
        default="",
        metavar="NAME",
        help="of proteins that state none and whose species is not in the table of clades",
    )


def add_stops_option(parser: argparse._ActionsContainer) -> None:
    """Add ``--stops-inside``."""
    parser.add_argument(
        "--stops-inside",
        action="store_true",
        help="read proteins with stop codons inside, which are an error otherwise",
    )


def protein_set_from_options(arguments: argparse.Namespace) -> ProteinSet:
    """The set that the options name; of own files standard error tells, unless ``--quiet``, what they lack.

    ``DatasetError`` where they name none or both, and whatever loading raises.
    """
    if bool(arguments.dataset) == bool(arguments.sequences):
        raise DatasetError(
            "one set of proteins is needed: give --dataset NAME, or --sequences FILE."
        )
    if arguments.dataset:
        for name in OWN_PROTEINS:
            if getattr(arguments, name):
                option = name.replace("_", "-")
                raise DatasetError(f"--{option} is for --sequences: a dataset says that itself.")
        return load_protein_set(arguments.dataset, arguments.data)
    if arguments.clade:
        check_clade(arguments.clade)
    found = protein_set_from_files(
        arguments.sequences,
        arguments.test_species,
        clade=arguments.clade,
        stops=arguments.stops_inside,
    )
    tell(arguments, found.notes)
    return found


def _protein_file(text: str) -> ProteinFile:
    species, equals, path = text.partition("=")
    if not equals or Path(text).exists():
        return ProteinFile(Path(text))
    return ProteinFile(Path(path), species.replace("_", " "))
