"""``python -m neural.sequence_cnn``: train a convolutional classifier of whole sequences, apply any classifier."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from features.classifiers.commands import add_apply_commands
from features.classifiers.options import add_training_options
from features.command_line import (
    add_command,
    add_common_options,
    call_command,
    command_parser,
    positive_number,
    run_command,
)
from neural.device import add_device_option
from neural.sequence_cnn.classifier import SequenceCnn
from neural.sequences.command import RESUMED, train_classifier

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault of the program, 2 a fault of the input."""
    return run_command(_main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = command_parser(
        "python -m neural.sequence_cnn",
        "Classify whole sequences with a small convolutional network.",
        "train --dataset ecoli-promoters --output models/promoter-cnn",
        "predict --model models/promoter-cnn --sequences x.fa --output classes.tsv",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = add_command(
        commands,
        "train",
        _train,
        "fit the network to a sequence set, choose its weights on validation",
        "train --dataset ecoli-promoters --output models/promoter-cnn",
        "train --class promoter=p.fa --class other=o.fa --output models/promoter-cnn --epochs 10",
        details=RESUMED,
    )
    train.add_argument(
        "--epochs",
        type=positive_number,
        metavar="N",
        help="times that the sequences are read (default: at most 40, fewer for more sequences, or longer ones)",
    )
    add_device_option(train)
    train.add_argument("--output", required=True, type=Path, metavar="DIR", help="model folder")
    add_training_options(train)
    add_common_options(train)
    add_apply_commands(commands, "models/promoter-cnn")
    return call_command(parser, argv)


def _train(arguments: argparse.Namespace) -> int:
    classifier = SequenceCnn(
        arguments.seed, arguments.threads, arguments.epochs, device=arguments.device
    )
    lines = train_classifier(arguments, classifier)
    print(*(lines[-1:] if arguments.quiet else lines), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
