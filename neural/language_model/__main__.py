"""``python -m neural.language_model``: pre-train a language model of DNA, fine-tune it, classify sequences with it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
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
    whole_number,
)
from neural.device import add_device_option
from neural.language_model import classifier, commands, language_model
from neural.language_model.corpus import DOCUMENT
from neural.language_model.network import PRESETS
from neural.sequences.classifier import BATCH
from neural.sequences.command import RESUMED

__all__ = ["main"]

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault of the program, 2 a fault of the input."""
    return run_command(_main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = command_parser(
        "python -m neural.language_model",
        "Classify DNA with a language model that was trained on genomes without labels (Genomic-ULMFiT).",
        "pretrain --sequences genomes/*.fna.gz --output models/bacteria",
        "finetune --model models/bacteria --sequences promoters.fa --output models/promoters",
        "train --language-model models/bacteria --table promoters.tsv --output models/classifier",
        "predict --model models/classifier --sequences x.fa --output classes.tsv",
        "embed --model models/bacteria --output words.svg",
    )
    found = parser.add_subparsers(required=True, metavar="COMMAND")
    pretrain = add_command(
        found,
        "pretrain",
        _printing(commands.pretrain),
        "train a language model on sequences without labels",
        "pretrain --sequences genomes/*.fna.gz --output models/bacteria",
        "pretrain --sequences human.fa --k 3 --stride 1 --size tiny --both-strands --output models/human",
        details="A tenth of the documents is held out; the figures are of these. Perplexity per base compares between\n"
        "tokens: 4 is what random bases give, 1 is certainty.\n" + RESUMED,
    )
    _add_sequences(pretrain, required=True)
    _add_tokens(pretrain)
    _add_reading(pretrain)
    _add_training(pretrain, language_model.LEARNING_RATE, language_model.DROPOUT)
    finetune = add_command(
        found,
        "finetune",
        _printing(commands.finetune),
        "train a language model further, on the sequences of a task",
        "finetune --model models/bacteria --sequences promoters.fa --epochs 10 --output models/promoters",
        "finetune --model models/bacteria --table promoters.tsv --output models/promoters",
        details="Of a set with labels only the training part is read, and no label. Lower layers learn more slowly.\n"
        + RESUMED,
    )
    _add_model(finetune, "--model", "language model to begin with", required=True)
    _add_sequences(finetune, required=False)
    _add_reading(finetune)
    _add_training(finetune, classifier.FINETUNE_RATE, language_model.DROPOUT)
    add_training_options(finetune)
    train = add_command(
        found,
        "train",
        _printing(commands.train),
        "train a classifier of whole sequences, from a language model or from scratch",
        "train --language-model models/bacteria --table promoters.tsv --output models/classifier",
        "train --class promoter=yes.fa --class other=no.fa --k 5 --stride 2 --output models/classifier",
        details="The training part of the fold is learnt from, its validation part chooses the best weights; the test\n"
        "part is left to python -m benchmarks run --task sequence-classification.\n" + RESUMED,
    )
    _add_model(train, "--language-model", "language model to begin with (default: none)")
    _add_tokens(train)
    train.add_argument(
        "--finetune-epochs",
        type=whole_number,
        default=0,
        metavar="N",
        help="for which the language model first learns from the training sequences (default: %(default)s)",
    )
    train.add_argument(
        "--epochs",
        type=positive_number,
        metavar="N",
        help="of the last of four stages (default: at most 20, fewer for more sequences, or longer ones)",
    )
    train.add_argument(
        "--batch",
        type=positive_number,
        default=BATCH,
        metavar="N",
        help="sequences of a step (default: %(default)s)",
    )
    train.add_argument(
        "--parts",
        type=whole_number,
        metavar="N",
        help="of a sequence that are pooled apart, beside the whole; 0 as published "
        "(default: 10; where nine of ten sequences have one length, one for every four bases, 10 to 75)",
    )
    _add_training(train, None, classifier.DROPOUT)
    add_training_options(train)
    embed = add_command(
        found,
        "embed",
        _printing(commands.embed),
        "draw the words of a language model, those side by side that it takes to be alike (t-SNE)",
        "embed --model models/bacteria --output words.svg",
        details="The table beside the picture, .tsv, has word, gc (share of G and C), x and y.\n",
    )
    _add_model(embed, "--model", "language model", required=True)
    _add_output(embed, "FILE", "picture to write, .svg")
    for command in (pretrain, finetune, train, embed):
        add_common_options(command)
    add_apply_commands(found, "models/classifier")
    return call_command(parser, argv)


def _printing(run: Callable[[argparse.Namespace], list[str]]) -> Command:
    """A command that prints the lines that ``run`` returns; the last alone, what was written, with ``--quiet``."""

    def command(arguments: argparse.Namespace) -> int:
        lines = run(arguments)
        print(*(lines[-1:] if arguments.quiet else lines), sep="\n")
        return 0

    return command


def _add_model(
    parser: argparse.ArgumentParser, option: str, text: str, required: bool = False
) -> None:
    parser.add_argument(option, required=required, type=Path, metavar="FOLDER", help=text)


def _add_sequences(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument(
        "--sequences",
        required=required,
        nargs="+",
        metavar="FASTA",
        help="DNA, plain or gzipped; one file or several",
    )


def _add_tokens(parser: argparse.ArgumentParser) -> None:
    new = "" if parser.prog.endswith("pretrain") else "without a language model: "
    for name, default, text in (
        ("--k", commands.TOKENS["k"], "bases of a token"),
        ("--stride", commands.TOKENS["stride"], "bases from one token to the next"),
    ):
        parser.add_argument(
            name,
            type=positive_number,
            metavar="N",
            help=f"{new}{text} (default: {default})",
        )
    sizes = ", ".join(
        f"{name} {size.layers} layers of {size.hidden}" for name, size in PRESETS.items()
    )
    parser.add_argument(
        "--size",
        choices=PRESETS,
        help=f"{new}of the network: {sizes} (default: {commands.TOKENS['size']})",
    )


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """How a corpus is read."""
    for name, default, text in (
        ("--epochs", language_model.EPOCHS, "times that the sequences are read"),
        ("--batch", language_model.STREAMS, "texts read in parallel, 70 tokens of each in a step"),
        ("--document", DOCUMENT, "bases of a document; documents are read in random order"),
    ):
        parser.add_argument(
            name,
            type=positive_number,
            default=default,
            metavar="N",
            help=f"{text} (default: %(default)s)",
        )
    parser.add_argument(
        "--both-strands", action="store_true", help="read the reverse complements too"
    )


def _add_training(parser: argparse.ArgumentParser, rate: float | None, dropout: float) -> None:
    told = rate or f"{classifier.FINE_TUNED}, from scratch {classifier.FROM_SCRATCH}"
    whose = "the cycle" if rate else "the second of four stages, from scratch of the only one"
    parser.add_argument(
        "--learning-rate",
        type=float,
        default=rate,
        metavar="X",
        help=f"highest one of {whose} (default: {told})",
    )
    parser.add_argument(
        "--dropout",
        type=float,
        default=dropout,
        metavar="X",
        help="factor of the published rates of dropout, 0 to 1.5 (default: %(default)s)",
    )
    _add_output(parser, "FOLDER", "model to write")


def _add_output(parser: argparse.ArgumentParser, what: str, text: str) -> None:
    parser.add_argument("--output", required=True, type=Path, metavar=what, help=text)
    add_device_option(parser)


if __name__ == "__main__":
    sys.exit(main())
