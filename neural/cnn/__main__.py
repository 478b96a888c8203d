"""``python -m neural.cnn``: train the convolutional site scorer, score the sites of any genome."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from features.command_line import (
    add_command,
    blame_annotation,
    call_command,
    command_parser,
    dataset_from_options,
    positive_number,
    run_command,
)
from features.scorers.command import add_score_command
from features.scorers.folder import check_output, save_trained
from features.scorers.options import add_train_options
from features.sites import KINDS
from neural.cnn import CnnScorer
from neural.cnn.network import SIZES
from neural.cnn.scorer import STEPS
from neural.training import LOG

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault of the program, 2 a fault of the input."""
    return run_command(_main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = command_parser(
        "python -m neural.cnn",
        "Score donors, acceptors, starts and stops with a small convolutional network.",
        "train --dataset pombe --output models/pombe-cnn",
        "score --scorer models/pombe-cnn --genome x.fa --output scores.tsv.gz",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = add_command(
        commands,
        "train",
        _train,
        "fit the network to the training chromosomes of a dataset, choose and calibrate it on validation",
        "train --dataset pombe --output models/pombe-cnn",
        "train --genome x.fa --annotation x.gtf --test chr1,chr2 --output models/x-cnn --size tiny --steps 2000",
        details="A training that was broken off goes on where it last wrote a checkpoint, beside the output, when\n"
        "the same command is given again; the network is the same as if it had never been broken off.\n",
    )
    sizes = ", ".join(f"{name} sees {size.context:,} bases" for name, size in SIZES.items())
    train.add_argument(
        "--size",
        choices=SIZES,
        default="small",
        help=f"of the network: {sizes} to either side (default: %(default)s)",
    )
    train.add_argument(
        "--steps",
        type=positive_number,
        default=STEPS,
        metavar="N",
        help="steps of the optimiser (default: %(default)s)",
    )
    train.add_argument(
        "--device", default="auto", help="auto, cpu or cuda (default: a GPU where there is one)"
    )
    add_train_options(train)
    add_score_command(commands, "models/pombe-cnn")
    return call_command(parser, argv)


def _train(arguments: argparse.Namespace) -> int:
    check_output(arguments.output)
    output = Path(arguments.output)
    scorer = CnnScorer(
        arguments.seed, arguments.threads, arguments.size, arguments.steps, arguments.device
    )
    dataset = dataset_from_options(arguments)
    unfinished = output.with_name(f"{output.name}.training")
    with blame_annotation(dataset):
        scorer.fit(dataset.labelled("train"), dataset.labelled("validation"), unfinished)
    save_trained(scorer, output, dataset)
    shutil.copyfile(unfinished / LOG, output / LOG)
    shutil.rmtree(unfinished)
    if not arguments.quiet:
        print(f"{'site':<10}{'slope':>10}{'error before':>15}{'error after':>15}")
        for kind in KINDS:
            calibration, errors = scorer.calibration[kind], scorer.calibration_error[kind]
            print(f"{kind:<10}{calibration.slope:>10.3f}{errors[0]:>15.4f}{errors[1]:>15.4f}")
        print("error: calibration error on validation, of sites the network gives 1 % or more")
    print(output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
