"""``python -m baselines.protein_symbols``: train a model of words, apply any gene-symbol model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from baselines import protein_symbols
from features.command_line import (
    add_command,
    add_common_options,
    call_command,
    command_parser,
    run_command,
)
from features.proteins.command import add_apply_commands
from features.proteins.kinds import SYMBOL_MODELS
from features.proteins.training_options import (
    add_training_options,
    data_from_options,
    describe_validation,
    save_trained,
)
from features.storage import check_model_folder

__all__ = ["main"]

KINDS: dict[str, Any] = {
    offered.kind: offered
    for offered in (getattr(protein_symbols, name) for name in protein_symbols.__all__)
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault of the program, 2 a fault of the input."""
    return run_command(_main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = command_parser(
        "python -m baselines.protein_symbols",
        "Assign gene symbols to proteins by their words.",
        "train --dataset mammal-symbols --output models/symbols",
        'assign --checkpoint models/symbols --sequences-fasta x.fa --scientific-name "Vulpes vulpes" --output s.tsv',
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = add_command(
        commands,
        "train",
        _train,
        "learn the symbols of a protein set, calibrate on validation",
        "train --dataset mammal-symbols --output models/symbols",
        "train --kind word-linear --sequences mine.fa --output models/symbols",
        details="Test proteins are left to python -m benchmarks run --task gene-symbols.\n",
    )
    train.add_argument(
        "--kind", choices=KINDS, default="word-containment", help="default: %(default)s"
    )
    add_training_options(train)
    add_common_options(train)
    add_apply_commands(commands, "models/symbols")
    return call_command(parser, argv)


def _train(arguments: argparse.Namespace) -> int:
    check_model_folder(arguments.output, *SYMBOL_MODELS)
    given = data_from_options(arguments)
    model = KINDS[arguments.kind](seed=arguments.seed, threads=arguments.threads)
    validation = given.proteins.take(given.fold.validation)
    model.fit(given.proteins.take(given.fold.train), validation)
    save_trained(model, arguments, given)
    if not arguments.quiet:
        print(*describe_validation(model, validation), sep="\n")
    print(arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
