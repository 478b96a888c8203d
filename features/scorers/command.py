"""The ``score`` command, the same for every site scorer."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from features.command_line import add_command, counted, finite_number
from features.datasets.options import genome_from_options
from features.progress import track
from features.scorers.folder import LoadedScorer
from features.scorers.options import add_apply_options, add_scorer_option, scorer_from_options
from features.scorers.strands import score_both_strands
from features.scorers.table import check_table_path, site_table, write_site_table

__all__ = ["add_score_command"]

COLUMNS_HELP = """columns:
  chromosome, strand, kind (donor, acceptor, start, stop),
  position     the site's base on the forward strand, counted from 1: the first base of the intron,
               the first exon base after it, the A of ATG, the first base of the stop codon
  log_odds     natural-log odds that the site is real, among all candidates of a genome like the training one
  probability  the same as a probability
Rows are in order of chromosome, position, strand and kind (as above); sites that are ruled out at once are left out.
BED has the site's base (0-based half-open), its kind, 1000 x probability and the strand.
"""


def add_score_command(
    commands: Any,
    example: str,
    load: Callable[[argparse.Namespace], LoadedScorer] = scorer_from_options,
) -> argparse.ArgumentParser:
    """Add ``score`` to the subparsers ``commands`` and return its parser.

    ``example`` is a model folder for the help text, ``load`` reads the scorer that the options name.
    """
    score = add_command(
        commands,
        "score",
        _score,
        "score the sites of both strands of a genome with a trained scorer",
        f"score --scorer {example} --genome x.fa --output scores.tsv.gz",
        f"score --scorer {example} --genome x.fa --chromosomes II,III --minimum-log-odds -2 --output scores.bed",
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
        type=finite_number,
        default=-math.inf,
        metavar="X",
        help="leave out sites below (default: write all that the scorer lets through)",
    )
    add_apply_options(score)
    score.set_defaults(load=load)
    return score


def _score(arguments: argparse.Namespace) -> int:
    check_table_path(arguments.output, arguments.genome, arguments.scorer)
    scorer = arguments.load(arguments)
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
