"""``python -m baselines.xgb``: train the XGBoost site scorer, score the sites of any genome."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence

import pyarrow as pa

from baselines.chunks import score_both_strands
from baselines.model_options import (
    add_apply_options,
    add_scorer_option,
    add_train_options,
    scorer_from_options,
)
from baselines.models import check_output, save_trained
from baselines.site_table import check_table_path, site_table, write_site_table
from baselines.xgb import SinglePassXgbScorer, XgbScorer
from features.command_line import (
    add_command,
    blame_annotation,
    call_command,
    command_parser,
    counted,
    dataset_from_options,
    genome_from_options,
    run_command,
)
from features.progress import track
from features.sites import KINDS

__all__ = ["main"]

COLUMNS_HELP = """columns:
  chromosome, strand, kind (donor, acceptor, start, stop),
  position     the site's base on the forward strand, counted from 1: the first base of the intron,
               the first exon base after it, the A of ATG, the first base of the stop codon
  log_odds     natural-log odds that the site is real, among all candidates of a genome like the training one
  probability  the same as a probability
Rows are in order of chromosome, position, strand and kind (as above); sites that the screen rules out are left out.
BED has the site's base (0-based half-open), its kind, 1000 x probability and the strand.
"""


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
    add_train_options(train)
    score = add_command(
        commands,
        "score",
        _score,
        "score the sites of both strands of a genome with a trained scorer",
        "score --scorer models/pombe-xgb --genome x.fa --output scores.tsv.gz",
        "score --scorer models/pombe-xgb --genome x.fa --chromosomes II,III --minimum-log-odds -2 --output scores.bed",
        details=COLUMNS_HELP,
    )
    add_scorer_option(score)
    score.add_argument(
        "--output",
        required=True,
        metavar="FILE",
        help="table to write; the format follows from .tsv, .tsv.gz, .parquet or .bed",
    )
    score.add_argument(
        "--minimum-log-odds",
        type=float,
        default=-math.inf,
        metavar="X",
        help="leave out sites below (default: write all that the screen let through)",
    )
    add_apply_options(score)
    return call_command(parser, argv)


def _train(arguments: argparse.Namespace) -> int:
    check_output(arguments.output)
    dataset = dataset_from_options(arguments)
    training, validation = dataset.labelled("train"), dataset.labelled("validation")
    scorer_class = SinglePassXgbScorer if arguments.single_pass else XgbScorer
    scorer = scorer_class(arguments.seed, arguments.threads)
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


def _score(arguments: argparse.Namespace) -> int:
    check_table_path(arguments.output)
    scorer = scorer_from_options(arguments)
    genome, lengths = genome_from_options(arguments)

    def tables() -> Iterator[pa.Table]:
        for name in track(lengths, "scoring", len(lengths), "chromosome"):
            sequence = genome.fetch(name)
            forward, reverse = score_both_strands(scorer, sequence)
            yield site_table(name, forward, reverse, arguments.minimum_log_odds)

    sites = write_site_table(arguments.output, tables())
    if not arguments.quiet:
        print(f"{counted(sites, 'site')} on {counted(len(lengths), 'sequence')}", file=sys.stderr)
    print(arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
