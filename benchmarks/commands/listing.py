"""``list`` and ``fetch``: what there is, and getting what is not."""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks.registry import (
    external_names,
    missing_programs,
    model_names,
    neural_names,
)
from benchmarks.symbol_models import missing_symbol_programs
from features.classifiers.kinds import CLASSIFIERS
from features.command_line import add_command, add_common_options
from features.datasets import dataset_names
from features.datasets.fetch import fetch_files
from features.datasets.manifest import read_manifest
from features.expression import expression_set_names
from features.expression.kinds import REGRESSORS
from features.expression.manifest import read_expression_manifest
from features.proteins import protein_set_names
from features.proteins.kinds import SYMBOL_MODELS
from features.proteins.manifest import read_protein_manifest
from features.sequence_sets import sequence_set_names
from features.sequence_sets.manifest import read_sequence_manifest

__all__ = ["add_fetch", "add_list"]


def add_list(commands: Any) -> None:
    """Add the command ``list``."""
    add_command(
        commands,
        "list",
        _list,
        "list the datasets, the models and which programs are installed",
        "list",
    )


def add_fetch(commands: Any) -> None:
    """Add the command ``fetch``."""
    fetch = add_command(
        commands,
        "fetch",
        _fetch,
        "download datasets into the cache",
        "fetch demo",
        "fetch ensembl-worm --quiet",
    )
    fetch.add_argument("names", nargs="+", metavar="NAME", help="dataset to fetch (see list)")
    add_common_options(fetch)


def _list(_: argparse.Namespace) -> int:
    width = 2 + max(map(len, (*dataset_names(), *sequence_set_names(), *external_names())))
    print("datasets")
    for name in dataset_names():
        print(f"  {name:<{width}}{read_manifest(name).title}")
    print("models")
    for name in model_names():
        print(f"  {name}")
    print("neural models, to be named")
    for name in neural_names():
        print(f"  {name}")
    print("other gene finders, to be named")
    for name, missing in missing_programs().items():
        print(f"  {name:<{width}}{missing or 'installed'}")
    print("sequence sets (--task sequence-classification)")
    for name in sequence_set_names():
        print(f"  {name:<{width}}{read_sequence_manifest(name).title}")
    print("classifiers (--task sequence-classification, --task window-feeder)")
    for name in CLASSIFIERS:
        print(f"  {name}")
    print("protein sets (--task gene-symbols)")
    for name in protein_set_names():
        print(f"  {name:<{width}}{read_protein_manifest(name).title}")
    print("models of gene symbols (--task gene-symbols)")
    for name in SYMBOL_MODELS:
        print(f"  {name}")
    for name, missing in missing_symbol_programs().items():
        print(f"  {name:<{width}}{missing or 'installed'}")
    print("expression sets (--task expression)")
    for name in expression_set_names():
        print(f"  {name:<{width}}{read_expression_manifest(name).title}")
    print("models of expression (--task expression)")
    for name in REGRESSORS:
        print(f"  {name}")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    for name in options.names:
        known = name in sequence_set_names()
        manifest = read_sequence_manifest(name) if known else read_manifest(name)
        for role, path in fetch_files(manifest).items():
            print(f"{name}\t{role}\t{path}")
    return 0
