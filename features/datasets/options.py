"""Options of every command that reads a genome: a dataset by name or from files, or a genome alone."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from features.annotation import check_annotation, describe_left_out
from features.command_line import names, tell
from features.datasets import Dataset, dataset_from_files, dataset_names, load_dataset
from features.errors import DatasetError, TrainingError
from features.genome import Genome

__all__ = [
    "OWN_FILES",
    "add_dataset_options",
    "add_genome_options",
    "blame_annotation",
    "dataset_from_options",
    "genome_from_options",
]

OWN_FILES = (
    "genome",
    "annotation",
    "train",
    "validation",
    "test",
    "mask",
    "chromosome_names",
    "group",
)
"""Options of a genome of one's own."""


def add_dataset_options(parser: argparse.ArgumentParser) -> None:
    """Add both ways to say what data to use: ``--dataset NAME``; ``--genome``, ``--annotation`` and ``--test``."""
    group = parser.add_argument_group(
        "data", "a dataset by name, or any genome with its annotation and test chromosomes"
    )
    group.add_argument(
        "--dataset",
        metavar="NAME",
        help=f"one of: {', '.join(dataset_names())}; its split is fixed",
    )
    group.add_argument("--genome", metavar="FASTA", help="genome, plain or gzipped")
    group.add_argument("--annotation", metavar="FILE", help="GTF or GFF3, plain or gzipped")
    group.add_argument(
        "--test",
        type=names,
        metavar="A,B",
        help="test chromosomes, held out: no model is trained or tuned on them; its model.json names them",
    )
    group.add_argument(
        "--train",
        type=names,
        metavar="A,B",
        help="training chromosomes (default: all others with genes)",
    )
    group.add_argument(
        "--validation",
        type=names,
        metavar="A,B",
        help="validation chromosomes (default: whole ones, about 10 %% of the others, at least 5 %%)",
    )
    group.add_argument(
        "--mask", metavar="BED", help="regions that are neither trained on nor scored"
    )
    group.add_argument(
        "--chromosome-names",
        metavar="TSV",
        help="two columns, name in the annotation and name in the genome, where they differ",
    )
    group.add_argument(
        "--group",
        metavar="REGEX",
        help="its first (...) names the chromosome of a record, for genomes in pieces",
    )
    group.add_argument(
        "--data",
        metavar="DIR",
        help="data root of named datasets (default: GENESTRUCT_DATA, then the cache of fetched datasets)",
    )


def add_genome_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--genome`` and ``--chromosomes``: sequence to apply a model to."""
    group = parser.add_argument_group("sequence")
    group.add_argument("--genome", required=True, metavar="FASTA", help="genome, plain or gzipped")
    group.add_argument(
        "--chromosomes", type=names, metavar="A,B", help="records to read (default: all)"
    )


def genome_from_options(arguments: argparse.Namespace) -> tuple[Genome, dict[str, int]]:
    """The genome of ``add_genome_options``, and the lengths of the chosen records in the genome's order.

    ``InputFileError`` for a file that is no FASTA or has no record of a chosen name.
    """
    genome = Genome(arguments.genome)
    chosen = {name: genome.length(name) for name in arguments.chromosomes or genome.names}
    return genome, {name: chosen[name] for name in genome.names if name in chosen}


def dataset_from_options(arguments: argparse.Namespace) -> Dataset:
    """The dataset that the options of ``add_dataset_options`` name.

    Unless ``--quiet``, standard error gets a line each on transcripts that were left out because the genome lacks their
    sequence, and, for own files, on what the annotation holds and on validation chromosomes that were chosen.

    Raises
    ------
    DatasetError : options that are missing or exclude each other, and whatever loading raises.
    """
    dataset = _load(arguments)
    tell(arguments, _notes(arguments, dataset))
    return dataset


def _load(arguments: argparse.Namespace) -> Dataset:
    given = [name for name in OWN_FILES if getattr(arguments, name) is not None]
    if arguments.dataset is not None:
        if given:
            raise DatasetError(
                f"--dataset {arguments.dataset} has its own files and split. Leave out {_option(given[0])}, "
                "or give --genome, --annotation and --test instead."
            )
        return load_dataset(arguments.dataset, arguments.data)
    missing = [name for name in ("genome", "annotation", "test") if name not in given]
    if missing:
        options = ", ".join(_option(name) for name in missing)
        raise DatasetError(f"no data: give --dataset NAME, or add {options}.")
    return dataset_from_files(**{name: getattr(arguments, name) for name in OWN_FILES})


def _notes(arguments: argparse.Namespace, dataset: Dataset) -> Iterator[str]:
    """What the user should know of the data: transcripts left out; of own files also their oddities and split."""
    source = arguments.annotation or dataset.name
    if dataset.left_out:
        yield describe_left_out(source, dataset.left_out, len(dataset.transcripts))
    if arguments.dataset is None:
        yield f"{source}: {check_annotation(dataset.transcripts, dataset.genome).summary()}"
        if arguments.validation is None:
            chosen = ", ".join(dataset.split.validation)
            yield (
                f"validation chromosomes, chosen by length: {chosen} "
                f"({_validation_share(dataset):.1%} of the bases of training and validation)"
            )


def _validation_share(dataset: Dataset) -> float:
    train, validation = (
        sum(map(dataset.genome.length, chosen))
        for chosen in (dataset.split.train, dataset.split.validation)
    )
    return validation / (train + validation)


@contextmanager
def blame_annotation(dataset: Dataset) -> Iterator[None]:
    """Name the annotation and the genome of ``dataset`` in a ``TrainingError`` of the block."""
    try:
        yield
    except TrainingError as error:
        raise TrainingError(
            f"{dataset.annotation}, of genome {dataset.genome.path}: {error}"
        ) from error


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
