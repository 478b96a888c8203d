"""How a command line names a protein set: ``--dataset NAME``, or ``--sequences FILE`` and its species to test."""

from __future__ import annotations

import argparse
from pathlib import Path

from features.errors import DatasetError
from features.proteins.loader import load_protein_set, protein_set_from_file
from features.proteins.protein_set import ProteinSet

__all__ = ["OWN_PROTEINS", "add_protein_options", "add_stops_option", "protein_set_from_options"]

OWN_PROTEINS = ("sequences", "test_species", "stops_inside")
"""Options of proteins of one's own."""


def add_protein_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--sequences``, ``--test-species``, ``--stops-inside``; ``--dataset``, ``--data``, ``--seed`` are there."""
    group = parser.add_argument_group(
        "proteins", "for gene symbols: --dataset NAME, or your own proteins with their symbols"
    )
    group.add_argument(
        "--sequences",
        type=Path,
        metavar="FILE",
        help="FASTA with headers '>id gene_symbol:S species:Genus_species clade:C', or TSV with columns sequence, "
        "symbol, and any of id, species, clade, set",
    )
    group.add_argument(
        "--test-species",
        action="append",
        default=[],
        metavar="NAME",
        help="species that a split of its own holds out; may be repeated",
    )
    add_stops_option(group)


def add_stops_option(parser: argparse._ActionsContainer) -> None:
    """Add ``--stops-inside``."""
    parser.add_argument(
        "--stops-inside",
        action="store_true",
        help="read proteins with stop codons inside, which are an error otherwise",
    )


def protein_set_from_options(arguments: argparse.Namespace) -> ProteinSet:
    """The set that the options name; ``DatasetError`` where they name none or both, and whatever loading raises."""
    if bool(arguments.dataset) == bool(arguments.sequences):
        raise DatasetError(
            "one set of proteins is needed: give --dataset NAME, or --sequences FILE."
        )
    if arguments.dataset:
        if arguments.test_species:
            raise DatasetError("--test-species is for --sequences: a dataset has its own splits.")
        return load_protein_set(arguments.dataset, arguments.data)
    return protein_set_from_file(
        arguments.sequences,
        arguments.test_species,
        stops=arguments.stops_inside,
        seed=arguments.seed,
    )
