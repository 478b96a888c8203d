"""``python -m baselines.xgb``: train the XGBoost site scorer, score the sites of any genome."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from baselines.xgb import SinglePassXgbScorer, StackScorer, XgbScorer
from features.command_line import (
    add_command,
    call_command,
    command_parser,
    positive_number,
    run_command,
)
from features.datasets.options import blame_annotation, dataset_from_options
from features.errors import ModelError
from features.scorers.command import add_score_command
from features.scorers.folder import check_output, save_trained
from features.scorers.options import add_train_options
from features.sites import KINDS

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault of the program, 2 a fault of the input."""
    return run_command(_main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = command_parser(
        "python -m baselines.xgb",
        "Score donors, acceptors, starts and stops with gradient-boosted trees.",
        "train --dataset pombe --output models/pombe-xgb",
        "score --scorer models/pombe-xgb --genome x.fa --output scores.tsv.gz",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = add_command(
        commands,
        "train",
        _train,
        "fit the scorer on the training and validation chromosomes of a dataset",
        "train --dataset pombe --output models/pombe-xgb",
        "train --genome x.fa --annotation x.gtf --test chr1,chr2 --output models/x-xgb --seed 2",
    )
    train.add_argument(
        "--single-pass",
        action="store_true",
        help="leave out the second pass, which judges every site again by what a decoder makes of its surroundings",
    )
    train.add_argument(
        "--stack",
        action="store_true",
        help="put a convolutional network beside the first pass (needs PyTorch, and an hour rather than minutes)",
    )
    train.add_argument(
        "--size", help="of the network of --stack: tiny, small or base (default: small)"
    )
    train.add_argument(
        "--steps",
        type=positive_number,
        metavar="N",
        help="steps that the network of --stack is trained for (default: 3000)",
    )
    add_train_options(train)
    add_score_command(commands, "models/pombe-xgb")
    return call_command(parser, argv)


def _scorer(arguments: argparse.Namespace) -> XgbScorer:
    """The scorer that the options ask for; ``ModelError`` where they contradict each other."""
    network = {
        name: value for name in ("size", "steps") if (value := getattr(arguments, name)) is not None
    }
    if arguments.stack:
        if arguments.single_pass:
            raise ModelError("--stack and --single-pass exclude each other. Leave one out.")
        return StackScorer(arguments.seed, arguments.threads, **network)
    if network:
        raise ModelError(f"--{next(iter(network))} is of the network of --stack. Give --stack too.")
    return (SinglePassXgbScorer if arguments.single_pass else XgbScorer)(
        arguments.seed, arguments.threads
    )


def _train(arguments: argparse.Namespace) -> int:
    check_output(arguments.output)
    scorer = _scorer(arguments)
    dataset = dataset_from_options(arguments)
    training, validation = dataset.labelled("train"), dataset.labelled("validation")
    with blame_annotation(dataset):
        scorer.fit(training, validation)
    save_trained(scorer, arguments.output, dataset)
    if not arguments.quiet:
        print(f"{'site':<10}{'training':>12}{'validation':>12}{'trees':>12}")
        for kind in KINDS:
            counts = [sum(c.site_count(kind) for c in role) for role in (training, validation)]
            trees = " + ".join(str(each) for each in scorer.trees(kind))
            print(f"{kind:<10}{counts[0]:>12,}{counts[1]:>12,}{trees:>12}")
    print(arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
