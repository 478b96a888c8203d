"""The command line of the harness: ``python -m benchmarks`` and ``genestruct``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from benchmarks.commands.leaderboard import add_leaderboard
from benchmarks.commands.listing import add_fetch, add_list
from benchmarks.commands.run import add_run
from benchmarks.commands.score import add_score
from benchmarks.commands.speed import add_speed
from benchmarks.commands.sweep import add_sweep
from features.command_line import call_command, command_parser, run_command

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault of the program, 2 a fault of the input."""
    return run_command(_main, arguments)


def _main(arguments: Sequence[str] | None = None) -> int:
    here = os.getcwd()
    if not {"", here} & set(sys.path):
        sys.path.append(
            here
        )  # ``genestruct`` finds one's own models there, behind what is installed
    return call_command(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "python -m benchmarks",
        "Benchmark gene finders, and classifiers of sequences, on held-out data.",
        "list",
        "run --dataset demo --model xgb+hmm",
        "leaderboard --dataset demo --output results/leaderboards",
        "score --predicted p.gff3 --annotation truth.gtf --genome x.fa",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (add_list, add_fetch, add_run, add_leaderboard, add_sweep, add_score, add_speed):
        add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
