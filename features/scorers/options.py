"""Options that the commands of several models share: where a model is written, which scorer is read."""

from __future__ import annotations

import argparse

from features.command_line import add_common_options, blame_option
from features.datasets.options import add_dataset_options, add_genome_options
from features.scorers.folder import LoadedScorer, load_scorer

__all__ = ["add_apply_options", "add_scorer_option", "add_train_options", "scorer_from_options"]


def add_train_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--output``, a model folder, and the options of data and of every command."""
    parser.add_argument(
        "--output", required=True, metavar="DIR", help="model folder to write or replace"
    )
    add_dataset_options(parser)
    add_common_options(parser)


def add_apply_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of a genome to apply a model to and of every command."""
    add_genome_options(parser)
    add_common_options(parser)


def add_scorer_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--scorer``: the model folder that ``scorer_from_options`` reads."""
    parser.add_argument(
        "--scorer",
        required=True,
        metavar="DIR",
        help="scorer's model folder, such as python -m baselines.xgb train writes",
    )


def scorer_from_options(arguments: argparse.Namespace) -> LoadedScorer:
    """The site scorer that ``--scorer`` names; ``ModelError`` where the folder holds none, or one that is damaged."""
    with blame_option("--scorer"):
        return load_scorer(arguments.scorer, arguments.threads)
