"""``python -m baselines.expression``: train a classical model of expression, apply any model of expression."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from baselines import expression
from features.command_line import call_command, command_parser, run_command
from features.expression.command import (
    add_commands,
    add_explain,
    explain_from_options,
    predict_from_options,
    train_from_options,
)

__all__ = ["main"]

KINDS: dict[str, Any] = {
    offered.kind: offered for offered in (getattr(expression, name) for name in expression.__all__)
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault of the program, 2 a fault of the input."""
    return run_command(_main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = command_parser(
        "python -m baselines.expression",
        "Tell the expression of genes from open chromatin.",
        "train --kind ridge --dataset expression-atac --output models/expression",
        "predict --model models/expression --samples samples.tsv --output tpm.tsv",
        "explain --model models/expression --gene ENSG00000187634 --output why",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_commands(
        commands, ["ridge", *(kind for kind in KINDS if kind != "ridge")], _train, _predict
    )
    add_explain(commands, _explain)
    return call_command(parser, argv)


def _train(arguments: argparse.Namespace) -> int:
    print(train_from_options(arguments, KINDS))
    return 0


def _predict(arguments: argparse.Namespace) -> int:
    print(predict_from_options(arguments))
    return 0


def _explain(arguments: argparse.Namespace) -> int:
    print(*explain_from_options(arguments), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
