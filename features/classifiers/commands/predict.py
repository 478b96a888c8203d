"""``predict``: the class of every sequence of a FASTA file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from features.classifiers.commands.options import add_model, add_sequences
from features.classifiers.folder import load_classifier
from features.command_line import add_command, add_common_options, blame_option, counted, tell
from features.sequence_sets.records import read_fasta
from features.storage import atomic_file, check_output_file

__all__ = ["add_predict"]

MISSING = "NA"


def add_predict(commands: Any, example: str) -> None:
    """Add the command ``predict``."""
    predict = add_command(
        commands,
        "predict",
        _predict,
        "tell the class of every sequence of a FASTA file",
        f"predict --model {example} --sequences x.fa --output classes.tsv",
        details="The table has the columns id, class (the most probable one) and one probability for each class;\n"
        "NA where the model can read nothing of a sequence: it is shorter than a word, or of unknown bases.\n",
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
    sequences = [record.codes for record in records]
    with blame_option(f"--sequences {arguments.sequences}:"):
        told = model.predict_proba(sequences)
    told[~model.readable(sequences)] = np.nan
    unread = int(np.isnan(told).all(axis=1).sum())
    if unread:
        of = f"{unread:,} of {counted(len(records), 'sequence')}"
        tell(arguments, [f"{of} hold nothing that the model can read and are {MISSING}"])
    with atomic_file(arguments.output) as scratch, scratch.open("w", encoding="utf-8") as file:
        print("id", "class", *model.classes_, sep="\t", file=file)
        for record, row in zip(records, told, strict=True):
            best, shown = MISSING, [MISSING] * len(row)
            if not np.isnan(row).any():
                best, shown = model.classes_[row.argmax()], [f"{p:.4g}" for p in row]
            print(record.fields["id"], best, *shown, sep="\t", file=file)
    print(arguments.output)
    return 0
