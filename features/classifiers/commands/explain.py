"""``explain``: what the class of a sequence hangs on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from features.classifiers.commands.options import (
    add_class,
    add_model,
    add_sequences,
    class_from_options,
)
from features.classifiers.folder import load_classifier
from features.classifiers.sensitivity import draw_sensitivity, measure_sensitivity
from features.command_line import add_command, add_common_options, positive_number
from features.errors import InputFileError, ModelError
from features.figures import COLOURS
from features.sequence_sets.records import Record, read_fasta
from features.storage import atomic_text, check_picture

__all__ = ["add_explain"]

WINDOWS = (5, 10, 20)
"""Bases replaced at once by default."""


def add_explain(commands: Any, example: str) -> None:
    """Add the command ``explain``."""
    explain = add_command(
        commands,
        "explain",
        _explain,
        "show which parts of a sequence its class hangs on, as a picture and a table",
        f"explain --model {example} --sequences x.fa --class promoter --mark 100 --output x.svg",
        details="Windows of several sizes are replaced by random bases, one after the other; the picture has the mean\n"
        "probability of the class over the middle of the window. The table beside it, .tsv, has a row for each base:\n"
        "base (from 1), and the probability for each size.\n",
    )
    add_model(explain)
    add_sequences(explain)
    explain.add_argument("--id", metavar="NAME", help="which of the sequences (default: the first)")
    add_class(explain)
    explain.add_argument(
        "--windows",
        type=_numbers,
        metavar="A,B",
        help="bases replaced at once (default: 5,10,20)",
    )
    explain.add_argument(
        "--draws",
        type=positive_number,
        default=10,
        metavar="N",
        help="random replacements of each window (default: %(default)s)",
    )
    explain.add_argument(
        "--mark", type=positive_number, metavar="N", help="base to mark, from 1: the true start"
    )
    explain.add_argument(
        "--output", required=True, type=Path, metavar="FILE", help="picture to write, .svg"
    )
    add_common_options(explain)


def _explain(arguments: argparse.Namespace) -> int:
    picture = arguments.output
    table = check_picture(picture, arguments.sequences, arguments.model)
    model = load_classifier(arguments.model, arguments.threads)
    wanted, tell = class_from_options(model, arguments)
    record = _record(arguments.sequences, arguments.id)
    if arguments.mark is not None and arguments.mark > len(record.codes):
        raise ModelError(
            f"--mark: {record.fields['id']} has {len(record.codes)} bases, not {arguments.mark}. Mark one of them."
        )
    if not model.readable([record.codes])[0]:
        raise InputFileError(
            record.path,
            f"{record.fields['id']} holds nothing that the model can read",
            "Give a sequence of known bases, as long as those of training.",
            record.line,
        )
    if arguments.windows and max(arguments.windows) > len(record.codes):
        raise ModelError(
            f"--windows: {record.fields['id']} has {len(record.codes)} bases, not {max(arguments.windows)}. "
            "Give smaller windows."
        )
    windows = arguments.windows or WINDOWS
    found = measure_sensitivity(tell, record.codes, windows, arguments.draws, arguments.seed)
    mark = None if arguments.mark is None else arguments.mark - 1
    draw_sensitivity(found, picture, f"{record.fields['id']}: {wanted}", mark)
    with atomic_text(table) as file:
        print("base", *(f"window_{window}" for window in found.windows), sep="\t", file=file)
        for number, column in enumerate(found.replaced.T, 1):
            print(number, *(f"{value:.4f}" for value in column), sep="\t", file=file)
    print(f"{record.fields['id']}: {wanted} {found.probability:.4f} as it is")
    print(picture, table, sep="\n")
    return 0


def _record(path: Path, name: str | None) -> Record:
    for record in read_fasta(path):
        if name in (None, record.fields["id"]):
            return record
    raise InputFileError(path, f"no sequence {name!r}", "Give --id the name of one.")


def _numbers(text: str) -> tuple[int, ...]:
    found = tuple(positive_number(part) for part in text.split(","))
    if len(found) > len(COLOURS):
        raise argparse.ArgumentTypeError(f"{len(found)} sizes; give {len(COLOURS)} at most")
    return found
