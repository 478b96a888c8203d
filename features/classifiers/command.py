"""Commands of trained classifiers, the same for every kind: ``predict``, ``explain`` and ``scan``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from features.annotation import read_annotation
from features.classifiers.folder import LoadedClassifier, load_classifier
from features.classifiers.scan import (
    big_wig_paths,
    call_peaks,
    draw_scan,
    scan_sequence,
    write_bed,
    write_big_wigs,
)
from features.classifiers.sensitivity import draw_sensitivity, measure_sensitivity
from features.command_line import add_command, add_common_options, positive_number, probability
from features.errors import InputFileError, ModelError
from features.genome import Codes, Genome
from features.sequence_sets.records import Record, read_fasta
from features.storage import atomic_file, check_output_file, read_card

__all__ = ["add_apply_commands"]


class Region(NamedTuple):
    """Part of a sequence, 0-based half-open; ``end`` 0 means to the end."""

    name: str
    start: int
    end: int


def add_apply_commands(commands: Any, example: str) -> None:
    """Add the three commands to the subparsers ``commands``; ``example`` is a model folder for the help texts."""
    predict = add_command(
        commands,
        "predict",
        _predict,
        "tell the class of every sequence of a FASTA file",
        f"predict --model {example} --sequences x.fa --output classes.tsv",
        details="The table has the columns id, class (the most probable one) and one probability for each class.\n",
    )
    _add_model(predict)
    predict.add_argument(
        "--sequences", required=True, type=Path, metavar="FASTA", help="plain or gzipped"
    )
    predict.add_argument(
        "--output", required=True, type=Path, metavar="FILE", help="table to write, .tsv"
    )
    add_common_options(predict)

    explain = add_command(
        commands,
        "explain",
        _explain,
        "show which parts of a sequence its class hangs on, as a picture and a table",
        f"explain --model {example} --sequences x.fa --class promoter --mark 100 --output x.svg",
        details="Windows of several sizes are replaced by random bases, one after the other; the picture has the mean\n"
        "probability of the class over the middle of the window. The table beside it, .tsv, has a row for each base:\n"
        "base (from 1), and the probability for each size.\n",
    )
    _add_model(explain)
    explain.add_argument(
        "--sequences", required=True, type=Path, metavar="FASTA", help="plain or gzipped"
    )
    explain.add_argument("--id", metavar="NAME", help="which of the sequences (default: the first)")
    _add_class(explain)
    explain.add_argument(
        "--windows",
        type=_numbers,
        default=(5, 10, 20),
        metavar="A,B",
        help="bases replaced at once (default: 5,10,20)",
    )
    explain.add_argument(
        "--draws",
        type=positive_number,
        default=10,
        metavar="N",
        help="random replacements of each window (default: %(default)s)",
    )
    explain.add_argument(
        "--mark", type=positive_number, metavar="N", help="base to mark, from 1: the true start"
    )
    explain.add_argument(
        "--output", required=True, type=Path, metavar="FILE", help="picture to write, .svg"
    )
    add_common_options(explain)

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
    _add_model(scan)
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
    _add_class(scan)
    scan.add_argument("--annotation", metavar="FILE", help="GTF or GFF3 whose genes are marked")
    scan.add_argument(
        "--offset",
        type=int,
        default=0,
        metavar="N",
        help="bases of a window before the marked one (default: %(default)s)",
    )
    scan.add_argument(
        "--output", required=True, type=Path, metavar="STEM", help="files to write, without suffix"
    )
    add_common_options(scan)


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", required=True, metavar="DIR", help="folder that a train command wrote"
    )


def _add_class(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--class",
        dest="wanted",
        metavar="NAME",
        help="class whose probability is shown (default: the positive one of two)",
    )


def _predict(arguments: argparse.Namespace) -> int:
    check_output_file(arguments.output)
    model = load_classifier(arguments.model, arguments.threads)
    records = list(read_fasta(arguments.sequences))
    told = model.predict_proba([record.codes for record in records])
    with atomic_file(arguments.output) as scratch, scratch.open("w", encoding="utf-8") as file:
        print("id", "class", *model.classes_, sep="\t", file=file)
        for record, row in zip(records, told, strict=True):
            best = model.classes_[row.argmax()]
            print(record.fields["id"], best, *(f"{p:.4g}" for p in row), sep="\t", file=file)
    print(arguments.output)
    return 0


def _explain(arguments: argparse.Namespace) -> int:
    picture = arguments.output
    if picture.suffix.lower() != ".svg":
        raise InputFileError(picture, "not a picture format", "Give a name that ends with .svg.")
    table = picture.with_suffix(".tsv")
    for path in (picture, table):
        check_output_file(path)
    model = load_classifier(arguments.model, arguments.threads)
    wanted, tell = _teller(model, arguments)
    record = _record(arguments.sequences, arguments.id)
    found = measure_sensitivity(
        tell, record.codes, arguments.windows, arguments.draws, arguments.seed
    )
    mark = None if arguments.mark is None else arguments.mark - 1
    draw_sensitivity(found, picture, f"{record.fields['id']}: {wanted}", mark)
    with atomic_file(table) as scratch, scratch.open("w", encoding="utf-8") as file:
        print("base", *(f"window_{window}" for window in found.windows), sep="\t", file=file)
        for number, column in enumerate(found.replaced.T, 1):
            print(number, *(f"{value:.4f}" for value in column), sep="\t", file=file)
    print(f"{wanted}: {found.probability:.4f} as it is")
    print(picture, table, sep="\n")
    return 0


def _scan(arguments: argparse.Namespace) -> int:
    stem = arguments.output
    paths = [stem.with_name(f"{stem.name}{suffix}") for suffix in (".svg", ".bed")]
    for path in (*paths, *big_wig_paths(stem).values()):
        check_output_file(path)
    model = load_classifier(arguments.model, arguments.threads)
    wanted, tell = _teller(model, arguments)
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
    scan = scan_sequence(tell, region.name, codes, arguments.window, arguments.step, region.start)
    calls = call_peaks(scan, arguments.threshold)
    marks: dict[str, list[int]] = {}
    if arguments.annotation is not None:
        marks = _first_bases(arguments.annotation, genome, region._replace(end=end))
    draw_scan(scan, paths[0], f"{wanted}, {arguments.model}", marks)
    write_bed(paths[1], {region.name: calls}, wanted)
    lengths = {name: genome.length(name) for name in genome.names}
    paths += write_big_wigs(stem, [scan], lengths)
    print(f"{len(calls)} calls in {len(codes):,} bases")
    if marks:
        true = {(strand, place) for strand, places in marks.items() for place in places}
        at = [
            (call.strand, place)
            for call in calls
            for place in [
                call.start + arguments.offset
                if call.strand == "+"
                else call.end - 1 - arguments.offset
            ]
        ]
        near = arguments.step
        right = sum(
            any(s == strand and abs(p - place) <= near for s, p in true) for strand, place in at
        )
        found = sum(
            any(s == strand and abs(p - place) <= near for s, p in at) for strand, place in true
        )
        print(
            f"{right} of {len(calls)} calls are within {near} bases of a first coding base; "
            f"{found} of {len(true)} first coding bases have a call"
        )
    print(*paths, sep="\n")
    return 0


def _teller(
    model: LoadedClassifier, arguments: argparse.Namespace
) -> tuple[str, Callable[[list[Codes]], npt.NDArray[np.float64]]]:
    """The class in question, and what tells its probability."""
    classes = [str(name) for name in model.classes_]
    trained_on = read_card(arguments.model, model.kind).get("trained_on", {})
    wanted = arguments.wanted or trained_on.get("positive")
    if wanted not in classes:
        shown = ", ".join(classes[:20])
        raise ModelError(f"--class: the model has the classes {shown}. Give one of them.")
    place = classes.index(wanted)
    return wanted, lambda sequences: model.predict_proba(sequences)[:, place]


def _record(path: Path, name: str | None) -> Record:
    for record in read_fasta(path):
        if name in (None, record.fields["id"]):
            return record
    raise InputFileError(path, f"no sequence {name!r}", "Give --id the name of one.")


def _first_bases(path: str, genome: Genome, region: Region) -> dict[str, list[int]]:
    """First coding base of every gene of the region by strand, forward and from 0; the outermost of its isoforms."""
    found: dict[tuple[str, str], int] = {}
    for each in read_annotation(path, genome):
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


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(positive_number(part) for part in text.split(","))


def _region(text: str) -> Region:
    found = re.fullmatch(r"(.+):([\d,]+)-([\d,]+)", text)
    if found is None:
        return Region(text, 0, 0)
    start, end = (int(part.replace(",", "")) for part in found.groups()[1:])
    if not 1 <= start <= end:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME:START-END, counted from 1")
    return Region(found[1], start - 1, end)
