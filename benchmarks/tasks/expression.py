"""The expression task: fit on the training samples or genes of every fold, tell the expression of the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.contracts import Regressor
from benchmarks.machine import Stopwatch
from benchmarks.registry import ClassifierSpec, build
from benchmarks.results import RECORD, SPLIT, ResultsStore, Run
from benchmarks.tasks.record import describe_run
from features.errors import ModelError
from features.expression import ExpressionFold, ExpressionSet
from features.progress import track
from features.storage import read_arrays, write_arrays, write_json

__all__ = ["TASK", "Told", "known_expression", "read_bin_weights", "read_told", "run_expression"]

TASK = "expression"
TOLD = "expression.parquet"
BIN_WEIGHTS = "bin_weights.npz"

Floats = npt.NDArray[np.float64]


class Told(NamedTuple):
    """log2(TPM + 1) as a model tells it, float64 of shape (samples, genes).

    Attributes
    ----------
    expression : of the test samples.
    middle : mean of what the same fit tells of its training samples, the same for all test samples of a fold.
    """

    expression: Floats
    middle: Floats


def run_expression(
    expression: ExpressionSet,
    models: Sequence[ClassifierSpec],
    store: ResultsStore,
    *,
    splits: Sequence[str] = (),
    seed: int = 0,
    threads: int = 1,
    rerun: str = "missing",
) -> list[Path]:
    """Run ``models`` on every fold of ``splits``, of all without them; returns the folders of the runs.

    A model and a split are one run. A model that has nothing to say of unseen genes is not run where whole genes are
    held out. The expression of what is tested is not read by any model.

    Raises
    ------
    DatasetError : a split that the set lacks, or that cannot be learnt; ``rerun`` is "never" and a run is missing.
    ModelError, TrainingError : a model that cannot be made or learnt; the runs finished before it stay.
    """
    chosen = {split: expression.split(split) for split in splits or expression.folds}
    wanted = [
        (spec, split)
        for spec in models
        for split, folds in chosen.items()
        if _can_tell(spec, folds)
    ]
    folders = []
    for spec, split in track(wanted, "runs", len(wanted), "run"):
        options = {"model": spec.options, SPLIT: split}
        folder = store.run_folder(spec.name, options, seed)
        folders.append(folder)
        if not store.wanted(folder, rerun):
            continue
        watch = Stopwatch()
        told, middle = (np.full(expression.tpm.shape, np.nan) for _ in range(2))
        weights: npt.NDArray[np.float32] | None = None
        folds = chosen[split]
        for fold in track(folds, f"{spec.name}, {split}", len(folds), "fold"):
            model = build(spec.model, Regressor, seed, threads, spec.arguments)
            with watch.stage("fit"):
                model.fit(
                    expression.accessibility[fold.train_samples],
                    expression.training_target(fold),
                    expression.layout,
                )
            with watch.stage("predict"):
                where = np.ix_(fold.test_samples, fold.test_genes)
                told[where], middle[where] = _tell(model, expression, fold, spec.name)
            if hasattr(model, "bin_weights"):
                share = model.bin_weights() / np.float32(len(folds))
                weights = share if weights is None else weights + share
        data = {"dataset": expression.name, "data_hash": expression.data_hash, SPLIT: split}
        record = describe_run(TASK, data, spec.name, options, seed, threads, watch)
        record["folds"] = len(folds)
        record["test_values"] = int((~np.isnan(told)).sum())
        with store.write(folder) as writer:
            _write(writer.folder / TOLD, told, middle)
            if weights is not None:
                write_arrays(writer.folder / BIN_WEIGHTS, {"weights": weights})
            write_json(writer.folder / RECORD, record)
    return folders


def known_expression(expression: ExpressionSet, fold: ExpressionFold) -> Floats:
    """What a model may know of the test samples, (test samples, genes): their training genes, if it has seen them."""
    found = np.full((len(fold.test_samples), len(expression.genes)), np.nan)
    if np.array_equal(fold.test_samples, fold.train_samples):
        found = expression.training_target(fold)
    return found


def read_told(run: Run, expression: ExpressionSet) -> Told:
    """What a stored run tells, NaN where it tells nothing."""
    table = pq.read_table(run.folder / TOLD)
    samples, genes = (table[name].to_numpy() for name in ("sample", "gene"))
    found = Told(*(np.full(expression.tpm.shape, np.nan) for _ in Told._fields))
    for name, values in found._asdict().items():
        values[samples, genes] = table[name].to_numpy()
    return found


def read_bin_weights(run: Run) -> npt.NDArray[np.float32] | None:
    """Weights of the bins of every gene, (genes, bins), mean over the folds; ``None`` for a model that has none."""
    path = run.folder / BIN_WEIGHTS
    return read_arrays(path)["weights"] if path.exists() else None


def _can_tell(spec: ClassifierSpec, folds: Sequence[ExpressionFold]) -> bool:
    """Whether all test genes are trained on, or the model can do without."""
    if all(np.isin(fold.test_genes, fold.train_genes).all() for fold in folds):
        return True
    return bool(getattr(build(spec.model, Regressor, 0, 1, spec.arguments), "unseen_genes", False))


def _tell(model: Regressor, expression: ExpressionSet, fold: ExpressionFold, name: str) -> Told:
    """What ``model`` tells of the fold's test samples and genes; ``ModelError`` for what is no number."""
    found = np.asarray(
        model.predict(
            expression.accessibility[fold.test_samples], known_expression(expression, fold)
        )
    )
    shape = len(fold.test_samples), len(expression.genes)
    if found.shape != shape or not np.isfinite(found[:, fold.test_genes]).all():
        raise ModelError(
            f"{name}: predict gave {found.shape} for {shape[0]} samples and {shape[1]} genes, or values that are no "
            "numbers. Give one number for each sample and gene."
        )
    known = found
    if not np.array_equal(fold.test_samples, fold.train_samples):
        known = np.asarray(model.predict(expression.accessibility[fold.train_samples]))
    middle = np.tile(known.mean(axis=0), (len(found), 1))
    return Told(found[:, fold.test_genes], middle[:, fold.test_genes])


def _write(path: Path, told: Floats, middle: Floats) -> None:
    samples, genes = np.nonzero(~np.isnan(told))
    values = {name: each[samples, genes] for name, each in Told(told, middle)._asdict().items()}
    places = {"sample": samples.astype(np.int32), "gene": genes.astype(np.int32)}
    pq.write_table(pa.table({**places, **values}), path)
