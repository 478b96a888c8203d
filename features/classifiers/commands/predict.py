"""``predict``: the class of every sequence of a FASTA file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from features.classifiers.commands.options import add_model, add_sequences
from features.classifiers.folder import load_classifier
from features.command_line import add_command, add_common_options
from features.sequence_sets.records import read_fasta
from features.storage import atomic_file, check_output_file

__all__ = ["add_predict"]


def add_predict(commands: Any, example: str) -> None:
    """Add the command ``predict``."""
    predict = add_command(
        commands,
        "predict",
        _predict,
        "tell the class of every sequence of a FASTA file",
        f"predict --model {example} --sequences x.fa --output classes.tsv",
        details="The table has the columns id, class (the most probable one) and one probability for each class.\n",
    )
    add_model(predict)
    add_sequences(predict)
    predict.add_argument(
        "--output", required=True, type=Path, metavar="FILE", help="table to write, .tsv"
    )
    add_common_options(predict)


def _predict(arguments: argparse.Namespace) -> int:
    check_output_file(arguments.output, arguments.sequences, arguments.model)
    model = load_classifier(arguments.model, arguments.threads)
    records = list(read_fasta(arguments.sequences))
    told = model.predict_proba([record.codes for record in records])
    with atomic_file(arguments.output) as scratch, scratch.open("w", encoding="utf-8") as file:
        print("id", "class", *model.classes_, sep="\t", file=file)
        for record, row in zip(records, told, strict=True):
            best = model.classes_[row.argmax()]
            print(record.fields["id"], best, *(f"{p:.4g}" for p in row), sep="\t", file=file)
    print(arguments.output)
    return 0
