"""Commands that all models of expression share: train on a set, predict TPM from peaks."""

from __future__ import annotations

import argparse
import csv
import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from features.command_line import add_command, add_common_options, counted, tell
from features.commit import read_commit
from features.errors import ModelError
from features.expression.figures import draw_bin_weights
from features.expression.genes import without_version
from features.expression.kinds import REGRESSORS
from features.expression.layout import Bins, Layout
from features.expression.loader import describe_chromosome, read_sheet
from features.expression.manifest import expression_set_names
from features.expression.options import add_expression_options, expression_set_from_options
from features.expression.peaks import COUNT_BY, read_peaks
from features.storage import (
    atomic_folder,
    atomic_text,
    check_model_folder,
    check_output_file,
    extend_card,
    read_card,
)
from features.suggestions import close_match

__all__ = [
    "Trainable",
    "add_commands",
    "add_explain",
    "explain_from_options",
    "predict_from_options",
    "train_from_options",
]

MISSING = "NA"


class Trainable(Protocol):
    """A model as its command line trains it; ``kind`` is its name among ``REGRESSORS``."""

    kind: ClassVar[str]

    def fit(
        self,
        accessibility: npt.NDArray[np.uint8],
        expression: npt.NDArray[np.float64],
        layout: Layout,
    ) -> None:
        """Learn log2(TPM + 1) of (samples, genes) from (samples, bins)."""

    def save(self, folder: Path) -> None:
        """Write the fitted model into the existing ``folder``."""


def add_commands(
    commands: Any, kinds: Sequence[str], train: Any, predict: Any
) -> argparse.ArgumentParser:
    """Add ``train``, for one of ``kinds``, and ``predict``; the functions run them. Returns the parser of ``train``."""
    kind = kinds[0]
    training = add_command(
        commands,
        "train",
        train,
        "fit a model to all samples of an expression set",
        f"train --kind {kind} --dataset expression-atac --output models/expression",
        f"train --kind {kind} --samples samples.tsv --expression tpm.tsv --annotation genes.gff3 "
        "--region chr1:1-10000000 --output models/expression",
        details="How well it does on samples that it has not seen: python -m benchmarks run --task expression.\n",
    )
    training.add_argument("--kind", choices=kinds, default=kind, help="default: %(default)s")
    training.add_argument("--output", required=True, type=Path, metavar="DIR", help="model folder")
    training.add_argument("--dataset", metavar="NAME", help=", ".join(expression_set_names()))
    training.add_argument("--data", metavar="DIR", help="data root (default: GENESTRUCT_DATA)")
    training.add_argument("--annotation", metavar="FILE", help="GTF or GFF3 with the genes")
    add_expression_options(training)
    add_common_options(training)
    predicting = add_command(
        commands,
        "predict",
        predict,
        "tell the TPM of every gene from the peaks of samples",
        "predict --model models/expression --samples samples.tsv --output tpm.tsv",
        details="Columns of the output: gene, and TPM of each sample; NA where training had nothing of the gene.\n",
    )
    predicting.add_argument("--model", required=True, type=Path, metavar="DIR", help="model folder")
    predicting.add_argument(
        "--samples", required=True, metavar="TSV", help="table with columns sample and peaks"
    )
    predicting.add_argument("--output", required=True, type=Path, metavar="TSV", help="TPM")
    predicting.add_argument(
        "--peaks-by", choices=COUNT_BY, default=COUNT_BY[0], help="default: %(default)s"
    )
    add_common_options(predicting)
    return training


def add_explain(commands: Any, explain: Any) -> None:
    """Add ``explain``, which the function runs."""
    explaining = add_command(
        commands,
        "explain",
        explain,
        "show which bins matter for a gene",
        "explain --model models/expression --gene ENSG00000187634 --output why",
        details="Of a model of kind ridge. Writes PREFIX.svg and PREFIX.bedgraph: what log2(TPM + 1) of the gene\n"
        "gains when a bin opens. Few samples tell kinds of samples apart; such weights are no map of regulation.\n",
    )
    explaining.add_argument("--model", required=True, type=Path, metavar="DIR", help="model folder")
    explaining.add_argument(
        "--gene", required=True, metavar="NAME", help="as in training, an Ensembl id in any version"
    )
    explaining.add_argument(
        "--output", required=True, type=Path, metavar="PREFIX", help="of both files"
    )
    add_common_options(explaining)


def train_from_options(
    arguments: argparse.Namespace, offered: Mapping[str, Any], **options: Any
) -> Path:
    """Fit the kind that is asked for, of those ``offered``, made with ``options``, and save it; returns its folder."""
    check_model_folder(arguments.output, *REGRESSORS)
    model: Trainable = offered[arguments.kind](
        seed=arguments.seed, threads=arguments.threads, **options
    )
    samples = expression_set_from_options(arguments)
    model.fit(samples.accessibility, samples.target, samples.layout)
    bins = samples.layout.bins
    with atomic_folder(arguments.output) as scratch:
        model.save(scratch)
        extend_card(
            scratch,
            {
                "trained_on": {"dataset": samples.name, "data_hash": samples.data_hash},
                "commit": read_commit(),
                "genes": list(samples.genes),
                "measured": [samples.genes[gene] for gene in samples.measured_genes.tolist()],
                "bins": [bins.chromosome, bins.start, bins.size, bins.count],
            },
        )
    return Path(arguments.output)


def predict_from_options(arguments: argparse.Namespace) -> Path:
    """Write what a saved model of whichever kind tells of the samples of a sheet; returns the table's path.

    Raises ``ModelError`` for a folder that holds no model, ``InputFileError`` for peaks that cannot be read.
    """
    check_output_file(arguments.output, arguments.samples, arguments.model)
    model, bins, genes, measured = _load(arguments)
    rows = read_sheet(arguments.samples)
    check_output_file(arguments.output, *(row.peaks for row in rows))
    peaks = [read_peaks(row.peaks, bins, arguments.peaks_by) for row in rows]
    tell(arguments, describe_chromosome(bins.chromosome, (each.chromosome for each in peaks)))
    tpm = 2 ** model.predict(np.stack([each.open for each in peaks])) - 1
    if not model.unseen_genes:
        unknown = [place for place, gene in enumerate(genes) if gene not in measured]
        tpm[:, unknown] = np.nan
        if unknown:
            of = f"{len(unknown):,} of {counted(len(genes), 'gene')}"
            tell(arguments, [f"{of} had no expression in training and are {MISSING}"])
    with atomic_text(arguments.output) as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(["gene", *(row.sample for row in rows)])
        for gene, values in zip(genes, tpm.T.tolist(), strict=True):
            writer.writerow(
                [gene, *(MISSING if np.isnan(each) else f"{each:.4g}" for each in values)]
            )
    return Path(arguments.output)


def explain_from_options(arguments: argparse.Namespace) -> list[Path]:
    """Write the picture and the bedGraph of what each bin counts for a gene; returns their paths.

    Raises ``ModelError`` for a folder that holds no model, a model without weights of bins, a gene that it lacks.
    """
    paths = [Path(f"{arguments.output}.{suffix}") for suffix in ("svg", "bedgraph")]
    for path in paths:
        check_output_file(path, arguments.model)
    model, bins, genes, measured = _load(arguments)
    if not hasattr(model, "bin_weights"):
        raise ModelError(
            f"{arguments.model}: a model of kind {model.kind} has no weights of bins. Train one of kind ridge."
        )
    gene = _find_gene(arguments.gene, genes)
    if genes[gene] not in measured:
        raise ModelError(
            f"--gene {arguments.gene}: had no expression in training. Name another, or train with it."
        )
    weights = model.bin_weights()
    draw_bin_weights(weights, {gene: genes[gene]}, model.layout, paths[0])
    with atomic_text(paths[1]) as file:
        for number in np.flatnonzero(weights[gene]).tolist():
            start = bins.start + number * bins.size
            file.write(
                f"{bins.chromosome}\t{start}\t{start + bins.size}\t{weights[gene, number]:.4g}\n"
            )
    return paths


def _load(arguments: argparse.Namespace) -> tuple[Any, Bins, list[str], set[str]]:
    """The model of ``--model``, its bins, its genes in order, and those that training had expression of."""
    card = read_card(arguments.model, *REGRESSORS)
    try:
        bins, genes, measured = Bins(*card["bins"]), card["genes"], set(card["measured"])
    except (KeyError, TypeError) as error:
        raise ModelError(f"{arguments.model}: damaged ({error}). Train the model again.") from None
    module, _, name = REGRESSORS[card["kind"]].partition(":")
    model = getattr(importlib.import_module(module), name).load(arguments.model, arguments.threads)
    return model, bins, genes, measured


def _find_gene(name: str, genes: Sequence[str]) -> int:
    """Which of ``genes`` is called ``name``, or is the same Ensembl id in another version."""
    if name in genes:
        return genes.index(name)
    alike = [i for i, gene in enumerate(genes) if without_version(gene) == without_version(name)]
    if len(alike) == 1:
        return alike[0]
    hint = close_match(name, genes) or f" It has such as {genes[0]}."
    raise ModelError(f"--gene {name}: no gene of the model.{hint}")
