"""``python -m baselines.hmm``: fit the gene decoder to a scorer, predict the genes of any genome."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from baselines.hmm import HmmDecoder
from features.annotation import write_bed, write_gff3, write_gtf
from features.command_line import (
    add_command,
    blame_option,
    call_command,
    command_parser,
    counted,
    probability,
    run_command,
    whole_number,
)
from features.datasets.options import (
    blame_annotation,
    dataset_from_options,
    genome_from_options,
)
from features.errors import InputFileError, ModelError
from features.labelled import ScoredChromosome
from features.progress import track
from features.scorers.folder import check_output, check_unseen, save_trained
from features.scorers.options import (
    add_apply_options,
    add_scorer_option,
    add_train_options,
    scorer_from_options,
)
from features.scorers.strands import score_both_strands
from features.storage import check_output_file, read_card
from features.transcripts import Transcript

__all__ = ["main"]

WRITERS = {".gff3": write_gff3, ".gff": write_gff3, ".gtf": write_gtf, ".bed": write_bed}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault of the program, 2 a fault of the input."""
    return run_command(_main, argv)


def _main(argv: Sequence[str] | None) -> int:
    parser = command_parser(
        "python -m baselines.hmm",
        "Turn a scorer's site scores into genes with a generalised hidden Markov model.",
        "train --dataset pombe --scorer models/pombe-xgb --output models/pombe-hmm",
        "decode --scorer models/pombe-xgb --decoder models/pombe-hmm --genome x.fa --output genes.gff3",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    train = add_command(
        commands,
        "train",
        _train,
        "fit the decoder's lengths and weights to a trained scorer and its dataset",
        "train --dataset pombe --scorer models/pombe-xgb --output models/pombe-hmm",
        "train --genome x.fa --annotation x.gtf --test chr1,chr2 --scorer models/x-xgb --output models/x-hmm",
    )
    add_scorer_option(train)
    add_train_options(train)
    decode = add_command(
        commands,
        "decode",
        _decode,
        "predict the genes of a genome",
        "decode --scorer models/pombe-xgb --decoder models/pombe-hmm --genome x.fa --output genes.gff3",
        "decode --scorer models/pombe-xgb --decoder models/pombe-hmm --genome x.fa.gz --chromosomes II --output II.gtf",
    )
    add_scorer_option(decode)
    decode.add_argument(
        "--decoder", required=True, metavar="DIR", help="decoder's model folder, from train"
    )
    decode.add_argument(
        "--output",
        required=True,
        type=Path,
        metavar="FILE",
        help="genes to write; the format follows from .gff3, .gff, .gtf or .bed",
    )
    decode.add_argument(
        "--least-confidence",
        type=probability,
        metavar="P",
        help="leave out genes whose score is lower (default: what served exon and gene F1 best on validation)",
    )
    decode.add_argument(
        "--alternatives",
        type=whole_number,
        default=0,
        metavar="N",
        help="also write up to N other likely readings of each gene, as further transcripts (default: %(default)s)",
    )
    add_apply_options(decode)
    return call_command(parser, argv)


def _train(arguments: argparse.Namespace) -> int:
    check_output(arguments.output)
    scorer = scorer_from_options(arguments)
    dataset = dataset_from_options(arguments)
    with blame_option("--scorer"):
        check_unseen(arguments.scorer, dataset)
    training = dataset.labelled("train")
    scored = [
        ScoredChromosome(chromosome, *score_both_strands(scorer, chromosome.sequence))
        for chromosome in track(
            dataset.labelled("validation"), "validation scores", unit="chromosome"
        )
    ]
    decoder = HmmDecoder(arguments.seed, arguments.threads)
    with blame_annotation(dataset):
        decoder.fit(training, scored)
    save_trained(decoder, arguments.output, dataset, scorer=scorer.kind)
    if not arguments.quiet:
        for name, weight in decoder.weights._asdict().items():
            print(f"{name:<18}{weight:>10.3f}")
        print(f"{'least confidence':<18}{decoder.confidence.least:>10.3f}")
    print(arguments.output)
    return 0


def _decode(arguments: argparse.Namespace) -> int:
    write = WRITERS.get(arguments.output.suffix.lower())
    if write is None:
        raise InputFileError(
            arguments.output,
            "not a known annotation format",
            f"Give a name that ends with {', '.join(WRITERS)}.",
        )
    check_output_file(arguments.output, arguments.genome, arguments.scorer, arguments.decoder)
    scorer = scorer_from_options(arguments)
    with blame_option("--decoder"):
        decoder = HmmDecoder.load(Path(arguments.decoder), arguments.threads)
        fitted_to = read_card(arguments.decoder, "hmm").get("scorer", scorer.kind)
    if fitted_to != scorer.kind:
        raise ModelError(
            f"--decoder {arguments.decoder}: was fitted to the scores of a scorer of kind {fitted_to!r}, but --scorer "
            f"{arguments.scorer} is of kind {scorer.kind!r}. Give the scorer it was trained with, or train a decoder "
            "for this one."
        )
    if arguments.least_confidence is not None:
        decoder.confidence = decoder.confidence._replace(least=arguments.least_confidence)
    decoder.alternatives = arguments.alternatives
    genome, lengths = genome_from_options(arguments)
    genes: list[Transcript] = []
    for name in track(lengths, "decoding", len(lengths), "chromosome"):
        sequence = genome.fetch(name)
        forward, reverse = score_both_strands(scorer, sequence)
        genes += decoder.decode(forward, reverse, sequence, name)
    write(genes, arguments.output, lengths)
    if not arguments.quiet:
        least = decoder.confidence.least
        left_out = f", those of a confidence under {least:g} left out" if least else ""
        print(
            f"{counted(len({each.gene for each in genes}), 'gene')} on {counted(len(lengths), 'sequence')}{left_out}",
            file=sys.stderr,
        )
    print(arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
