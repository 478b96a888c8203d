"""``python -m neural.symbol_transformer``: train a network of gene symbols, apply any gene-symbol model."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np

from features.command_line import (
    add_command,
    add_common_options,
    call_command,
    command_parser,
    positive_number,
    run_command,
)
from features.errors import DatasetError
from features.proteins.command import add_apply_commands
from features.proteins.kinds import SYMBOL_MODELS
from features.proteins.protein_set import Proteins
from features.proteins.training_options import (
    add_training_options,
    data_from_options,
    describe_validation,
    save_trained,
)
from features.storage import check_model_folder
from neural.checkpoint import check_unfinished, remove_unfinished, unfinished_folder
from neural.device import add_device_option
from neural.sequences.command import RESUMED
from neural.symbol_transformer.base import BATCH, NetworkModel
from neural.symbol_transformer.model import PublishedTransformer, SymbolTransformer

__all__ = ["main"]

PRESETS = {**SymbolTransformer.presets, **PublishedTransformer.presets}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault of the program, 2 a fault of the input."""
    return run_command(_main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = command_parser(
        "python -m neural.symbol_transformer",
        "Assign gene symbols to proteins with a transformer.",
        "train --dataset mammal-symbols --output models/symbols",
        'assign --checkpoint models/symbols --sequences-fasta x.fa --scientific-name "Vulpes vulpes" --output s.tsv',
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = add_command(
        commands,
        "train",
        _train,
        "learn the symbols of a protein set, choose the weights and calibrate on validation",
        "train --dataset mammal-symbols --output models/symbols",
        "train --preset gst-development --num-symbols 100 --dataset mammal-symbols --output models/gst",
        details="Presets tiny, small and base are the suite's own network, gst and gst-development the published one,\n"
        "which needs a GPU for more than a few hundred symbols. Test proteins are left to python -m benchmarks\n"
        "run --task gene-symbols.\n" + RESUMED,
    )
    train.add_argument(
        "--preset", choices=PRESETS, default="small", help="network (default: %(default)s)"
    )
    train.add_argument(
        "--num-symbols",
        type=positive_number,
        metavar="N",
        help="learn only the N symbols that most training proteins have (default: all)",
    )
    train.add_argument(
        "--epochs",
        type=positive_number,
        metavar="N",
        help="times that the proteins are read (default: 8; of gst 20, of gst-development 10)",
    )
    train.add_argument(
        "--batch",
        type=positive_number,
        metavar="N",
        help=f"proteins of a step (default: {BATCH}; of gst-development 16)",
    )
    train.add_argument(
        "--learning-rate",
        type=float,
        metavar="X",
        help="highest one of the cycle (default: 0.01; of gst 0.0001, of gst-development 0.0003)",
    )
    add_device_option(train)
    add_training_options(train)
    add_common_options(train)
    add_apply_commands(commands, "models/symbols")
    return call_command(parser, argv)


def _train(arguments: argparse.Namespace) -> int:
    check_model_folder(arguments.output, *SYMBOL_MODELS)
    model = _model(arguments)
    unfinished = unfinished_folder(arguments.output)
    check_unfinished(unfinished)
    given = data_from_options(arguments)
    training, validation = map(given.proteins.take, (given.fold.train, given.fold.validation))
    if arguments.num_symbols:
        training, validation = _most_frequent(training, validation, arguments.num_symbols)
    model.fit(training, validation, unfinished)
    save_trained(model, arguments, given)
    remove_unfinished(unfinished)
    if not arguments.quiet:
        print(*describe_validation(model, validation), sep="\n")
    print(arguments.output)
    return 0


def _model(arguments: argparse.Namespace) -> NetworkModel:
    own = arguments.preset in SymbolTransformer.presets
    stated = {
        name: getattr(arguments, name)
        for name in ("epochs", "batch", "learning_rate")
        if getattr(arguments, name) is not None
    }
    return (SymbolTransformer if own else PublishedTransformer)(
        seed=arguments.seed,
        threads=arguments.threads,
        preset=arguments.preset,
        device=arguments.device,
        **stated,
    )


def _most_frequent(
    training: Proteins, validation: Proteins, count: int
) -> tuple[Proteins, Proteins]:
    """The proteins of the ``count`` symbols that most training proteins have; of equals the first by alphabet."""
    names, counts = np.unique(training.symbols, return_counts=True)
    kept = names[np.argsort(-counts, kind="stable")[:count]]
    found = tuple(
        each.take(np.flatnonzero(np.isin(each.symbols, kept))) for each in (training, validation)
    )
    if not len(found[1].sequences):
        raise DatasetError(
            f"--num-symbols {count}: no validation protein has one of them. Give a larger number."
        )
    return found[0], found[1]


if __name__ == "__main__":
    sys.exit(main())
