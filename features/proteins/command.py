"""Commands of trained gene-symbol models, the same for every kind: ``assign``, ``evaluate`` and ``compare``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from features.command_line import (
    add_command,
    add_common_options,
    blame_option,
    counted,
    probability,
    tell,
)
from features.errors import DatasetError, InputFileError
from features.proteins.assignments import (
    UNKNOWN,
    compare_assignments,
    read_assignments,
    read_symbols,
    write_assignments,
    write_comparison,
)
from features.proteins.clades import CLADES, check_clade, clade_of
from features.proteins.curve import ACCEPTED, THRESHOLDS, acceptance_curve, draw_curve, write_curve
from features.proteins.folder import load_symbol_model, read_descriptions
from features.proteins.loader import clades_of_proteins, keep_named, read_protein_files
from features.proteins.options import add_clade_option, add_sequences_option, add_stops_option
from features.proteins.protein_set import Proteins, merge_capitals
from features.proteins.records import read_proteins
from features.sequence_sets.records import table_columns
from features.storage import check_output_file, check_picture

__all__ = ["add_apply_commands"]


def add_apply_commands(commands: Any, example: str) -> None:
    """Add the three commands to the subparsers ``commands``; ``example`` is a model folder for the help texts."""
    assign = add_command(
        commands,
        "assign",
        _assign,
        "assign gene symbols to the proteins of a FASTA file",
        f'assign --checkpoint {example} --sequences-fasta x.fa --scientific-name "Vulpes vulpes" --output symbols.tsv',
        f"assign --checkpoint {example} --sequences-fasta x.fa --clade mammalia --threshold 0.99 --output symbols.tsv",
        details="The table has the columns stable_id (first word of the header), symbol, probability (of the best\n"
        "symbol), description and source (empty where the model was trained without --descriptions).\n"
        f"A protein whose probability is below --threshold has the symbol '{UNKNOWN}'; with --threshold 0 every\n"
        "protein keeps its best one, as in the table of the Gene Symbol Transformer.\n",
    )
    _add_checkpoint(assign)
    assign.add_argument(
        "--sequences-fasta", required=True, type=Path, metavar="FASTA", help="plain or gzipped"
    )
    assign.add_argument(
        "--scientific-name", metavar="NAME", help='species of the proteins, as "Vulpes vulpes"'
    )
    assign.add_argument(
        "--clade",
        metavar="NAME",
        help=f"instead of that of the species: {', '.join(CLADES)}",
    )
    _add_threshold(assign)
    add_stops_option(assign)
    _add_output(assign, "table to write, .tsv")
    add_common_options(assign)

    evaluate = add_command(
        commands,
        "evaluate",
        _evaluate,
        "measure a model on proteins whose symbols are known, and draw coverage and accuracy",
        f"evaluate --checkpoint {example} --sequences x.fa --output curve.svg",
        details="Headers are '>id gene_symbol:S species:Genus_species clade:C'; a table (.tsv) has columns sequence,\n"
        "symbol, and any of id, species and clade. The points of the curve are in a table beside the picture, .tsv.\n"
        "Proteins whose symbol the model has never seen count for the unknown decision alone.\n",
    )
    _add_checkpoint(evaluate)
    add_sequences_option(evaluate, required=True)
    _add_threshold(evaluate)
    add_clade_option(evaluate)
    add_stops_option(evaluate)
    _add_output(evaluate, "picture to write, .svg")
    add_common_options(evaluate)

    compare = add_command(
        commands,
        "compare",
        _compare,
        "compare assigned symbols with those of an annotation: exact and fuzzy matches",
        "compare --assignments symbols.tsv --symbols annotated.fa --output compared.tsv",
        f"compare --assignments symbols.tsv --symbols annotated.tsv --checkpoint {example} --output compared.tsv",
        details="An exact match is the same symbol but for capitals; a fuzzy one is a part of the other. With\n"
        "--checkpoint the last column says whether the model could have given the true symbol.\n",
    )
    compare.add_argument(
        "--assignments", required=True, type=Path, metavar="TSV", help="table that assign wrote"
    )
    compare.add_argument(
        "--symbols",
        required=True,
        type=Path,
        metavar="FILE",
        help="FASTA with gene_symbol:S in its headers, or table with columns stable_id and symbol",
    )
    compare.add_argument(
        "--checkpoint", type=Path, metavar="DIR", help="model that assigned the symbols"
    )
    _add_output(compare, "table to write, .tsv")
    add_common_options(compare)


def _add_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checkpoint",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder that a train command wrote",
    )


def _add_threshold(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threshold",
        type=probability,
        default=ACCEPTED,
        metavar="X",
        help="least probability of an accepted symbol (default: %(default)s)",
    )


def _add_output(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--output", required=True, type=Path, metavar="FILE", help=text)


def _assign(arguments: argparse.Namespace) -> int:
    check_output_file(arguments.output, arguments.sequences_fasta, arguments.checkpoint)
    if arguments.clade:
        clade = check_clade(arguments.clade)
    elif arguments.scientific_name:
        clade = clade_of(arguments.scientific_name)
    else:
        raise DatasetError("which species are the proteins of? Give --scientific-name, or --clade.")
    with blame_option("--checkpoint"):
        model = load_symbol_model(arguments.checkpoint, arguments.threads)
    records = list(read_proteins(arguments.sequences_fasta, arguments.stops_inside))
    sequences = [record.residues for record in records]
    began = time.perf_counter()
    told = model.assign(Proteins(sequences, np.full(len(records), clade)))
    passed = time.perf_counter() - began
    ids = [record.fields["id"] for record in records]
    descriptions = read_descriptions(arguments.checkpoint)
    named = write_assignments(arguments.output, ids, told, arguments.threshold, descriptions)
    if not arguments.quiet:
        print(
            f"{named:,} of {counted(len(ids), 'protein')} have a symbol of probability {arguments.threshold:g} or "
            f"more ({clade}; {len(ids) / max(passed, 1e-3):,.0f} proteins/s)",
            file=sys.stderr,
        )
    print(arguments.output)
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    picture = arguments.output
    table = check_picture(
        picture, arguments.checkpoint, *(file.path for file in arguments.sequences)
    )
    with blame_option("--checkpoint"):
        model = load_symbol_model(arguments.checkpoint, arguments.threads)
    if arguments.clade:
        check_clade(arguments.clade)
    records, unnamed = keep_named(read_protein_files(arguments.sequences, arguments.stops_inside))
    clades, unplaced = clades_of_proteins(records, arguments.clade)
    tell(arguments, [*unnamed, *unplaced])
    symbols = merge_capitals(np.array([record.fields["symbol"] for record in records]))
    told = model.assign(Proteins([record.residues for record in records], clades))
    learnt = {name.casefold() for name in model.symbols_.tolist()}
    seen = np.array([name.casefold() in learnt for name in symbols.tolist()])
    right = np.char.lower(told.symbols) == np.char.lower(symbols)
    thresholds = tuple(sorted({*THRESHOLDS, arguments.threshold}))
    points = acceptance_curve(told.probability[seen], right[seen], thresholds)
    draw_curve(picture, {model.kind: points}, arguments.threshold)
    write_curve(table, points)
    at = points[thresholds.index(arguments.threshold)]
    print(
        f"{counted(len(records), 'protein')}, {int((~seen).sum()):,} of symbols that the model has not learnt"
    )
    if seen.any():
        print(f"accuracy   {100 * right[seen].mean():.2f} %")
        print(
            f"at {arguments.threshold:g}     coverage {100 * at.coverage:.2f} %, accuracy {100 * at.accuracy:.2f} %"
        )
    if not seen.all():
        accepted = told.probability[~seen] >= arguments.threshold
        print(
            f"unlearnt symbols that got another one at {arguments.threshold:g}: {100 * accepted.mean():.2f} %"
        )
        if seen.any():
            area = roc_auc_score(seen, told.probability)
            print(f"learnt symbols told from unlearnt ones by the probability: AUROC {area:.4f}")
    print(picture, table, sep="\n")
    return 0


def _compare(arguments: argparse.Namespace) -> int:
    inputs = [arguments.assignments, arguments.symbols]
    check_output_file(arguments.output, *inputs, *filter(None, [arguments.checkpoint]))
    known = None
    if arguments.checkpoint is not None:
        with blame_option("--checkpoint"):
            model = load_symbol_model(arguments.checkpoint, arguments.threads)
        known = {name.casefold() for name in model.symbols_.tolist()}
    assigned = read_assignments(arguments.assignments)
    compared = compare_assignments(assigned, _true_symbols(arguments.symbols), known)
    if not compared:
        raise InputFileError(
            arguments.symbols,
            f"none of its proteins is in {arguments.assignments}",
            "Give the symbols of the same proteins.",
        )
    write_comparison(arguments.output, compared)
    total = len(compared)
    exact, fuzzy = sum(row.exact for row in compared), sum(row.fuzzy for row in compared)
    print(
        f"{counted(total, 'protein')} of {len(assigned):,} assigned have a symbol to compare with"
    )
    unknown = sum(row.assigned == UNKNOWN for row in compared)
    told = ("exact", exact), ("fuzzy", fuzzy), ("either", exact + fuzzy), (UNKNOWN, unknown)
    for name, count in told:
        print(f"{name:<7}{count:>9,}  {100 * count / total:.2f} %")
    print(arguments.output)
    return 0


def _true_symbols(path: Path) -> dict[str, str]:
    """By stable id the symbol that an annotation gives."""
    table = path.name.lower().removesuffix(".gz").endswith((".tsv", ".csv"))
    if table and "stable_id" in table_columns(path):
        return read_symbols(path)
    return {
        record.fields["id"]: record.fields["symbol"]
        for record in read_proteins(path, stops=True)
        if "symbol" in record.fields
    }
