"""``python -m neural.expression_mlp``: train the published network, apply any model of expression."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from features.command_line import call_command, command_parser, positive_number, run_command
from features.expression.command import add_commands, predict_from_options, train_from_options
from neural.device import add_device_option
from neural.expression_mlp.regressor import ExpressionMlp, PooledExpressionMlp

__all__ = ["main"]

KINDS: dict[str, Any] = {offered.kind: offered for offered in (ExpressionMlp, PooledExpressionMlp)}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault of the program, 2 a fault of the input."""
    return run_command(_main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = command_parser(
        "python -m neural.expression_mlp",
        "Tell the expression of genes from open chromatin with a network of one hidden layer.",
        "train --kind mlp --dataset expression-atac --output models/expression-mlp",
        "predict --model models/expression-mlp --samples samples.tsv --output tpm.tsv",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = add_commands(commands, [*KINDS], _train, _predict)
    train.add_argument(
        "--epochs",
        type=positive_number,
        metavar="N",
        help="steps; each sees every sample (default: 100)",
    )
    train.add_argument(
        "--learning-rate",
        type=float,
        metavar="X",
        help="highest one of the cycle (default: 0.001)",
    )
    add_device_option(train)
    return call_command(parser, argv)


def _train(arguments: argparse.Namespace) -> int:
    named = {"epochs": arguments.epochs, "learning_rate": arguments.learning_rate}
    given = {name: value for name, value in named.items() if value is not None}
    print(train_from_options(arguments, KINDS, device=arguments.device, **given))
    return 0


def _predict(arguments: argparse.Namespace) -> int:
    print(predict_from_options(arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main())
