"""``score``: compare any predicted annotation with a true one."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchmarks.score import render_score, score_files
from features.annotation import describe_left_out
from features.command_line import add_command, add_common_options
from features.storage import check_output_file, write_json

__all__ = ["add_score"]


def add_score(commands: Any) -> None:
    """Add the command ``score``."""
    score = add_command(
        commands,
        "score",
        _score,
        "compare any predicted GFF3 or GTF with a true one, at CDS level",
        "score --predicted augustus.gff3 --annotation truth.gtf --genome x.fa",
        "score --predicted p.gff3 --annotation t.gff3 --genome x.fa --chromosomes IV,X --json score.json",
    )
    score.add_argument("--predicted", required=True, metavar="FILE", help="predicted GFF3 or GTF")
    score.add_argument("--annotation", required=True, metavar="FILE", help="true GFF3 or GTF")
    score.add_argument("--genome", required=True, metavar="FASTA", help="genome, plain or gzipped")
    score.add_argument("--chromosomes", metavar="A,B", help="records that count (default: all)")
    score.add_argument("--regions", metavar="BED", help="count only features wholly inside these")
    score.add_argument("--mask", metavar="BED", help="do not count features that overlap these")
    score.add_argument(
        "--chromosome-names",
        metavar="TSV",
        help="two columns, name in the annotations and BED files and name in the genome, where they differ",
    )
    score.add_argument(
        "--json", metavar="FILE", help="also write the scores, with intervals, as JSON"
    )
    add_common_options(score)


def _score(options: argparse.Namespace) -> int:
    chromosomes = options.chromosomes.split(",") if options.chromosomes else None
    if options.json is not None:
        check_output_file(options.json)
    score = score_files(
        options.predicted,
        options.annotation,
        options.genome,
        chromosomes=chromosomes,
        regions=options.regions,
        mask=options.mask,
        chromosome_names=options.chromosome_names,
        seed=options.seed,
    )
    if not options.quiet:
        for role, left_out in score["left_out"].items():
            if left_out:
                kept = score["transcripts"][role]
                line = describe_left_out(getattr(options, role), left_out, kept)
                print(line, file=sys.stderr)
    if options.json is not None:
        write_json(options.json, score)
    print(render_score(score))
    return 0
