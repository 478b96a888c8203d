"""``predict``: the class of every sequence of a FASTA file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from features.batches import batches
from features.classifiers.commands.options import add_model, add_sequences
from features.classifiers.folder import lengths_of_training, load_classifier
from features.command_line import add_command, add_common_options, counted, tell
from features.sequence_sets.records import Record, read_fasta
from features.storage import atomic_text, check_output_file

__all__ = ["add_predict"]

MISSING = "NA"
BASES_AT_ONCE = 16_000_000
"""Bases of the sequences that are read and told at once, so that memory is bounded."""


def add_predict(commands: Any, example: str) -> None:
    """Add the command ``predict``."""
    predict = add_command(
        commands,
        "predict",
        _predict,
        "tell the class of every sequence of a FASTA file",
        f"predict --model {example} --sequences x.fa --output classes.tsv",
        details="The table has the columns id, class (the most probable one) and one probability for each class;\n"
        "NA where the model can read nothing of a sequence: it is shorter than a word (--k of training, or the tokens\n"
        "of a network), or of unknown bases.\n",
    )
    add_model(predict)
    add_sequences(predict)
    predict.add_argument(
        "--output", required=True, type=Path, metavar="FILE", help="table to write, .tsv or .tsv.gz"
    )
    add_common_options(predict)


def _predict(arguments: argparse.Namespace) -> int:
    check_output_file(arguments.output, arguments.sequences, arguments.model)
    model = load_classifier(arguments.model, arguments.threads)
    aligned = getattr(model, "aligned", 0)
    shortest, longest = lengths_of_training(arguments.model, model)
    if aligned:
        shortest = longest = aligned
    count = unread = other = 0
    with atomic_text(arguments.output) as file:
        print("id", "class", *model.classes_, sep="\t", file=file)
        for records in batches(read_fasta(arguments.sequences), _bases, BASES_AT_ONCE):
            sequences = [record.codes for record in records]
            told, readable = model.predict_proba(sequences), model.readable(sequences)
            for record, row, known in zip(records, told, readable, strict=True):
                best, shown = MISSING, [MISSING] * len(row)
                if known:
                    best, shown = model.classes_[row.argmax()], [f"{p:.4g}" for p in row]
                    other += not shortest <= len(record.codes) <= longest
                print(record.fields["id"], best, *shown, sep="\t", file=file)
            count += len(records)
            unread += int((~readable).sum())
    of = f"of {counted(count, 'sequence')}"
    if unread:
        tell(
            arguments,
            [f"{unread:,} {of}: too short or unknown for a word of the model, so {MISSING}"],
        )
    if other and aligned:
        told_by = "told by k-mers alone, not by where these stand"
        tell(
            arguments,
            [f"{other:,} {of}: not {aligned:,} bases long, as those of training, so {told_by}"],
        )
    elif other:
        tell(
            arguments,
            [
                f"{other:,} {of}: not of {shortest:,} to {longest:,} bases, as those of the set it was trained on, so "
                "the probabilities may mean little"
            ],
        )
    print(arguments.output)
    return 0


def _bases(record: Record) -> int:
    return len(record.codes)
