"""``scan``: a classifier slid along a sequence."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from features.annotation import read_annotation, read_chromosome_names
from features.classifiers.commands.options import add_class, add_model, class_from_options
from features.classifiers.folder import lengths_of_training, load_classifier
from features.classifiers.scan import (
    Call,
    big_wig_paths,
    call_peaks,
    draw_scan,
    scan_sequence,
    write_bed,
    write_big_wigs,
)
from features.command_line import (
    add_command,
    add_common_options,
    counted,
    positive_number,
    probability,
    tell,
)
from features.errors import ModelError
from features.genome import Genome
from features.regions import NamedRegion, parse_region
from features.storage import check_output_file

__all__ = ["add_scan"]


def add_scan(commands: Any, example: str) -> None:
    """Add the command ``scan``."""
    scan = add_command(
        commands,
        "scan",
        _scan,
        "slide a classifier along both strands of a sequence: picture, BED and bigWig",
        f"scan --model {example} --genome x.fa --region chr1:1-40000 --window 150 --class promoter --output scan",
        f"scan --model {example} --genome x.fa --region chr1:1-40000 --window 150 --class promoter "
        "--annotation x.gff3 --offset 100 --output scan",
        details="Writes OUTPUT.svg, OUTPUT.bed (calls: the best window of every stretch above the threshold),\n"
        "OUTPUT.forward.bw and OUTPUT.reverse.bw (probability at the middle of every window).\n"
        "With --annotation the picture marks the first coding base of every gene; --offset is where in a window\n"
        "that base stands in the training sequences, and the calls at the right place are counted.\n",
    )
    add_model(scan)
    scan.add_argument("--genome", required=True, metavar="FASTA", help="plain or gzipped")
    scan.add_argument(
        "--region",
        required=True,
        type=_region,
        metavar="NAME:START-END",
        help="what to scan, counted from 1, or NAME alone",
    )
    scan.add_argument(
        "--window",
        required=True,
        type=positive_number,
        metavar="N",
        help="bases of a window: as many as the training sequences have",
    )
    scan.add_argument(
        "--step",
        type=positive_number,
        default=10,
        metavar="N",
        help="bases from one window to the next (default: %(default)s)",
    )
    scan.add_argument(
        "--threshold",
        type=probability,
        default=0.5,
        metavar="X",
        help="least probability of a call (default: %(default)s)",
    )
    add_class(scan)
    scan.add_argument(
        "--annotation",
        metavar="FILE",
        help="GTF or GFF3 whose genes are marked; a call is right whose marked base lies within --step bases of a "
        "gene's first one",
    )
    scan.add_argument(
        "--chromosome-names",
        metavar="TSV",
        help="two columns, name in the annotation and name in the genome, where they differ",
    )
    scan.add_argument(
        "--offset",
        type=int,
        metavar="N",
        help="bases of a window before the marked one (default: 0)",
    )
    scan.add_argument(
        "--output", required=True, type=Path, metavar="STEM", help="files to write, without suffix"
    )
    add_common_options(scan)


def _scan(arguments: argparse.Namespace) -> int:
    stem = arguments.output
    given = (arguments.genome, arguments.model, arguments.annotation, arguments.chromosome_names)
    inputs = [each for each in given if each is not None]
    paths = [stem.with_name(f"{stem.name}{suffix}") for suffix in (".svg", ".bed")]
    for path in (*paths, *big_wig_paths(stem).values()):
        check_output_file(path, *inputs)
    offset = _offset(arguments)
    model = load_classifier(arguments.model, arguments.threads)
    wanted, probability_of = class_from_options(model, arguments)
    genome = Genome(arguments.genome)
    region = arguments.region
    length = genome.length(region.name)
    end = region.end or length
    if end > length:
        raise ModelError(
            f"--region: {region.name} has {length:,} bases, not {end:,}. Correct the end."
        )
    codes = genome.fetch(region.name, region.start, end)
    if len(codes) < arguments.window:
        raise ModelError(
            f"--region: {len(codes):,} bases are less than a window of {arguments.window:,}. Give a longer region."
        )
    shortest, longest = lengths_of_training(arguments.model, model)
    if not shortest <= arguments.window <= longest:
        tell(
            arguments,
            [
                f"--window {arguments.window}: the training sequences have {shortest:,} to {longest:,} bases, so the "
                "probabilities mean little"
            ],
        )
    marks: dict[str, list[int]] = {}
    if arguments.annotation is not None:
        marks = _first_bases(arguments, genome, region._replace(end=end))
    scan = scan_sequence(
        probability_of, region.name, codes, arguments.window, arguments.step, region.start
    )
    calls = call_peaks(scan, arguments.threshold)
    draw_scan(scan, paths[0], f"{wanted}, {arguments.model}", marks)
    write_bed(paths[1], {region.name: calls}, wanted)
    lengths = {name: genome.length(name) for name in genome.names}
    paths += write_big_wigs(stem, [scan], lengths)
    print(f"{counted(len(calls), 'call')} in {len(codes):,} bases")
    if marks:
        print(_compare(calls, marks, offset, arguments.step))
    print(*paths, sep="\n")
    return 0


def _offset(arguments: argparse.Namespace) -> int:
    """``--offset``; ``ModelError`` where an option of the annotation stands without one."""
    for option in ("offset", "chromosome_names"):
        if getattr(arguments, option) is not None and arguments.annotation is None:
            shown = option.replace("_", "-")
            raise ModelError(
                f"--{shown}: is of the annotation. Give --annotation, or leave it out."
            )
    return int(arguments.offset or 0)


def _compare(
    calls: Sequence[Call], marks: Mapping[str, Sequence[int]], offset: int, near: int
) -> str:
    """How many calls have the base ``offset`` into their window within ``near`` bases of a mark of their strand."""
    true = [(strand, place) for strand, places in marks.items() for place in places]
    called = [
        (call.strand, call.start + offset if call.strand == "+" else call.end - 1 - offset)
        for call in calls
    ]

    def met(one: list[tuple[str, int]], other: list[tuple[str, int]]) -> int:
        return sum(
            any(s == strand and abs(p - place) <= near for s, p in other) for strand, place in one
        )

    return (
        f"{met(called, true)} of {len(calls)} calls are within {near} bases of a first coding base; "
        f"{met(true, called)} of {len(true)} first coding bases have a call"
    )


def _first_bases(
    arguments: argparse.Namespace, genome: Genome, region: NamedRegion
) -> dict[str, list[int]]:
    """First coding base of every gene of the region by strand, forward and from 0; the outermost of its isoforms."""
    found: dict[tuple[str, str], int] = {}
    names = read_chromosome_names(arguments.chromosome_names) if arguments.chromosome_names else {}
    for each in read_annotation(arguments.annotation, genome, names):
        if each.coding and each.chromosome == region.name:
            reverse = each.strand == "-"
            place = each.cds[-1][1] - 1 if reverse else each.cds[0][0]
            if region.start <= place < region.end:
                key = each.strand, each.gene
                outermost = max if reverse else min
                found[key] = outermost(found.get(key, place), place)
    marks: dict[str, list[int]] = {}
    for (strand, _), place in found.items():
        marks.setdefault(strand, []).append(place)
    return marks


def _region(text: str) -> NamedRegion:
    """A whole sequence where ``text`` is a mere name; its end is 0."""
    try:
        return parse_region(text) or NamedRegion(text, 0, 0)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
