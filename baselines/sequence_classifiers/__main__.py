"""``python -m baselines.sequence_classifiers``: train a k-mer classifier on a sequence set, apply any classifier."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines import sequence_classifiers
from baselines.sequence_classifiers.kmer_features import LONGEST
from features.classifiers.commands import add_apply_commands
from features.classifiers.folder import save_trained
from features.classifiers.options import add_training_options, fold_from_options
from features.command_line import (
    add_command,
    add_common_options,
    call_command,
    command_parser,
    positive_number,
    run_command,
)
from features.errors import ModelError
from features.storage import check_model_folder

__all__ = ["main"]

KINDS: dict[str, Any] = {
    offered.kind: offered
    for offered in (getattr(sequence_classifiers, name) for name in sequence_classifiers.__all__)
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault of the program, 2 a fault of the input."""
    return run_command(_main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = command_parser(
        "python -m baselines.sequence_classifiers",
        "Classify whole sequences by their k-mers.",
        "train --kind kmer-svm --dataset ecoli-promoters --output models/promoter",
        "predict --model models/promoter --sequences x.fa --output classes.tsv",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = add_command(
        commands,
        "train",
        _train,
        "fit a classifier to a sequence set, choose and calibrate it on validation",
        "train --kind kmer-svm --dataset ecoli-promoters --output models/promoter",
        "train --kind kmer-logistic --class promoter=p.fa --class other=o.fa --output models/promoter",
        details="Test sequences are left to python -m benchmarks run --task sequence-classification.\n",
    )
    train.add_argument(
        "--kind", choices=KINDS, default="kmer-logistic", help="default: %(default)s"
    )
    train.add_argument(
        "--k",
        type=positive_number,
        metavar="N",
        help=f"longest k-mer that is counted, 1 to {LONGEST} (default: 5 of kmer-xgb, 6 of the others)",
    )
    train.add_argument(
        "--canonical",
        action="store_true",
        help="count a k-mer as one with its reverse complement, for sequences of either strand",
    )
    train.add_argument("--output", required=True, type=Path, metavar="DIR", help="model folder")
    add_training_options(train)
    add_common_options(train)
    add_apply_commands(commands, "models/promoter")
    return call_command(parser, argv)


def _train(arguments: argparse.Namespace) -> int:
    check_model_folder(arguments.output, arguments.kind)
    options: dict[str, Any] = {} if arguments.k is None else {"k": arguments.k}
    if arguments.canonical:
        options["canonical"] = True
    offered = KINDS[arguments.kind]
    for name in options.keys() - inspect.signature(offered).parameters.keys():
        raise ModelError(f"--{name}: {arguments.kind} has no such option. Leave it out.")
    model = offered(seed=arguments.seed, threads=arguments.threads, **options)
    sequences, split, fold = fold_from_options(arguments)
    validation = sequences.take(fold.validation)
    model.fit(*sequences.take(fold.train), validation)
    save_trained(model, arguments.output, sequences, split, arguments.fold)
    if not arguments.quiet and len(fold.validation):
        told = model.classes_[model.predict_proba(validation[0]).argmax(axis=1)]
        right = float(np.mean(told == validation[1]))
        print(f"accuracy on {len(fold.validation):,} validation sequences: {100 * right:.1f} %")
    print(arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
