"""``python -m neural.cnn``: train the convolutional site scorer, score the sites of any genome."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from features.command_line import (
    add_command,
    add_common_options,
    blame_option,
    call_command,
    command_parser,
    positive_number,
    run_command,
)
from features.datasets.options import blame_annotation, dataset_from_options
from features.errors import ModelError
from features.genome import Genome, reverse_complement
from features.scorers.command import add_score_command
from features.scorers.folder import LoadedScorer, check_output, save_trained
from features.scorers.options import add_scorer_option, add_train_options, scorer_from_options
from features.sites import KINDS
from features.storage import atomic_text, check_picture
from neural.checkpoint import check_unfinished, remove_unfinished, unfinished_folder
from neural.cnn import CnnScorer
from neural.cnn.explain import check_candidate, draw_explanation, explain_site
from neural.cnn.network import SIZES
from neural.cnn.scorer import LEARNING_RATE, STEPS
from neural.device import add_device_option, choose_device

__all__ = ["main"]

NAMES_SHOWN = 20


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault of the program, 2 a fault of the input."""
    return run_command(_main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = command_parser(
        "python -m neural.cnn",
        "Score donors, acceptors, starts and stops with a small convolutional network.",
        "train --dataset pombe --output models/pombe-cnn",
        "score --scorer models/pombe-cnn --genome x.fa --output scores.tsv.gz",
        "explain --scorer models/pombe-cnn --genome x.fa --site II:10340:+:donor --output donor.svg",
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
        "the same command is given again; on a processor the network is the same, byte for byte.\n",
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
        "--learning-rate",
        type=float,
        default=LEARNING_RATE,
        metavar="X",
        help="highest one of the cycle (default: %(default)s)",
    )
    add_device_option(train)
    add_train_options(train)
    add_device_option(add_score_command(commands, "models/pombe-cnn", _scorer))
    explain = add_command(
        commands,
        "explain",
        _explain,
        "show what the score of a site depends on, as a picture and a table",
        "explain --scorer models/pombe-cnn --genome x.fa --site II:10340:+:donor --output donor.svg",
        details="The picture has every base as high as its integrated gradient, and below it the change of the log\n"
        "odds if a base were another one (in-silico mutagenesis), grey where no such site could be there any\n"
        "more, as the network has learnt nothing of these. The table beside it, .tsv, has the same: position\n"
        "(forward, from 1), base (as the strand reads it), gradient, and to_A, to_C, to_G, to_T; grey is nan.\n",
    )
    add_scorer_option(explain)
    explain.add_argument(
        "--site",
        required=True,
        type=_site,
        metavar="NAME:POSITION:STRAND:KIND",
        help="site as in the table of score: sequence, forward position from 1, + or -, "
        f"{', '.join(KINDS)}",
    )
    explain.add_argument(
        "--radius",
        type=positive_number,
        default=40,
        metavar="N",
        help="bases to either side to show, as many as the network sees at most (default: %(default)s)",
    )
    add_device_option(explain)
    explain.add_argument(
        "--output", required=True, type=Path, metavar="FILE", help="picture to write, .svg"
    )
    explain.add_argument("--genome", required=True, metavar="FASTA", help="plain or gzipped")
    add_common_options(explain)
    return call_command(parser, argv)


def _train(arguments: argparse.Namespace) -> int:
    check_output(arguments.output)
    output = Path(arguments.output).absolute()
    unfinished = unfinished_folder(output)
    check_unfinished(unfinished)
    scorer = CnnScorer(
        arguments.seed,
        arguments.threads,
        arguments.size,
        arguments.steps,
        arguments.learning_rate,
        arguments.device,
    )
    dataset = dataset_from_options(arguments)
    with blame_annotation(dataset):
        scorer.fit(dataset.labelled("train"), dataset.labelled("validation"), unfinished)
    save_trained(scorer, output, dataset)
    remove_unfinished(unfinished)
    if not arguments.quiet:
        print(f"{'site':<10}{'slope':>10}{'error before':>15}{'error after':>15}")
        for kind in KINDS:
            calibration, errors = scorer.calibration[kind], scorer.calibration_error[kind]
            print(f"{kind:<10}{calibration.slope:>10.3f}{errors[0]:>15.4f}{errors[1]:>15.4f}")
        print("error: calibration error on validation, of sites the network gives 1 % or more")
    print(arguments.output)
    return 0


class _Site(NamedTuple):
    """A site as the command line names it; the position is forward and counted from 1."""

    name: str
    position: int
    strand: str
    kind: str


def _site(text: str) -> _Site:
    name, position, strand, kind = (text.rsplit(":", 3) + [""] * 4)[:4]
    if not (name and position.isdecimal() and int(position) and strand in ("+", "-")):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME:POSITION:STRAND:KIND")
    if kind not in KINDS:
        raise argparse.ArgumentTypeError(f"{kind!r} is no kind of site: {', '.join(KINDS)}")
    return _Site(name, int(position), strand, kind)


def _scorer(arguments: argparse.Namespace) -> LoadedScorer:
    """The scorer that ``--scorer`` names, on ``--device`` if it is a network."""
    scorer = scorer_from_options(arguments)
    if isinstance(scorer, CnnScorer):
        scorer.device = choose_device(arguments.device)
    return scorer


def _explain(arguments: argparse.Namespace) -> int:
    site, picture = arguments.site, arguments.output
    table = check_picture(picture, arguments.genome, arguments.scorer)
    scorer = _scorer(arguments)
    if not isinstance(scorer, CnnScorer):
        raise ModelError(f"--scorer: only a cnn can be explained, not a {scorer.kind}.")
    genome = Genome(arguments.genome)
    named = f"--site {':'.join(map(str, site))}:"
    if site.name not in genome:
        known = ", ".join(genome.names[:NAMES_SHOWN])
        more = ", ..." if len(genome.names) > NAMES_SHOWN else ""
        raise ModelError(
            f"{named} no sequence {site.name!r} in {genome.path}. It has {known}{more}."
        )
    codes = genome.fetch(site.name)
    if site.position > len(codes):
        raise ModelError(f"{named} {site.name} has {len(codes)} bases. Give a position up to that.")
    reverse = site.strand == "-"
    position = len(codes) - site.position if reverse else site.position - 1
    strand_sequence = reverse_complement(codes) if reverse else codes
    with blame_option(named):
        check_candidate(strand_sequence, site.kind, position)
    found = explain_site(scorer, strand_sequence, site.kind, position, arguments.radius)
    draw_explanation(found, picture, f"{site.kind} at {site.name}:{site.position}{site.strand}")
    with atomic_text(table) as file:
        print("position", "base", "gradient", *(f"to_{b}" for b in "ACGT"), sep="\t", file=file)
        for number, code in enumerate(found.bases):
            place = found.first + number
            forward = len(codes) - place if reverse else place + 1
            numbers = (found.gradients[number], *found.mutated[:, number])
            print(
                forward, "ACGTN"[code], *(f"{each:z.4f}" for each in numbers), sep="\t", file=file
            )
    print(picture, table, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
