"""``speed``: time every stage beside peers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks.machine import describe_machine
from benchmarks.speed import measure_speed, render_speed
from features.command_line import add_command, add_common_options
from features.datasets.options import (
    add_dataset_options,
    blame_annotation,
    dataset_from_options,
)
from features.storage import atomic_text, check_output_file

__all__ = ["add_speed"]


def add_speed(commands: Any) -> None:
    """Add the command ``speed``."""
    speed = add_command(
        commands,
        "speed",
        _speed,
        "time every stage of the suite on this machine, beside peers",
        "speed --dataset demo",
        "speed --dataset worm --output speed-worm.md",
        details="peers, each on one core of the same process and the same sequence:\n"
        "  k-mer index        numpy.convolve\n"
        "  PWM scan           numpy, column by column\n"
        "  HMM decoding       hmmlearn's Viterbi, 13 states\n"
        "  networks           a dense matrix product in the same precision, on as many cores or on the GPU\n"
        "The feature matrix and xgb+hmm have none.\n",
    )
    speed.add_argument("--output", type=Path, metavar="FILE", help="also write the table here")
    add_dataset_options(speed)
    add_common_options(speed)


def _speed(options: argparse.Namespace) -> int:
    if options.output is not None:
        check_output_file(options.output)
    dataset = dataset_from_options(options)
    with blame_annotation(dataset):
        timings = measure_speed(dataset, options.threads, options.seed)
    machine = describe_machine()
    title = f"{dataset.name}: {machine['processor']}, {machine['cores']} cores"
    page = render_speed(timings, title)
    if options.output is not None:
        with atomic_text(options.output) as file:
            file.write(page)
    print(page, end="")
    return 0
