"""The gene-symbols task: fit on the training proteins of every split, assign symbols to the test ones, store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from baselines.gene_finders.program import MissingProgramError
from benchmarks.contracts import SymbolModel
from benchmarks.machine import Stopwatch
from benchmarks.registry import ClassifierSpec, build
from benchmarks.results import RECORD, SPLIT, ResultsStore, Run
from benchmarks.tasks.record import describe_run
from features.errors import ModelError
from features.progress import track
from features.proteins import Assigned, ProteinSet
from features.sequence_sets.sequence_set import Indices
from features.storage import write_json

__all__ = ["TASK", "SymbolOutcome", "read_assigned", "run_gene_symbols"]

TASK = "gene-symbols"
ASSIGNED = "assigned.parquet"
PROTEIN = "protein"


class SymbolOutcome(NamedTuple):
    """What became of one model and split.

    Attributes
    ----------
    model : its name.
    folder : where its run lies; ``None`` where its program is not installed.
    missing : which program is not installed; else empty.
    """

    model: str
    folder: Path | None
    missing: str = ""


def run_gene_symbols(
    proteins: ProteinSet,
    models: Sequence[ClassifierSpec],
    store: ResultsStore,
    *,
    splits: Sequence[str] = (),
    seed: int = 0,
    threads: int = 1,
    rerun: str = "missing",
) -> list[SymbolOutcome]:
    """Run ``models`` on ``splits``, on all without them; a model and a split are one run.

    Test proteins are looked at to assign symbols to them, and for nothing else; a model is not told their symbols. One
    whose program is not installed is passed over.

    Raises
    ------
    DatasetError : a split that the set lacks; ``rerun`` is "never" and a run is missing.
    ModelError, TrainingError : a model that cannot be made or learnt; the runs finished before it stay.
    """
    folds = {split: proteins.fold(split) for split in splits or proteins.folds}
    wanted = [(spec, split) for spec in models for split in folds]
    outcomes = []
    for spec, split in track(wanted, "runs", len(wanted), "run"):
        options = {"model": spec.options, SPLIT: split}
        folder = store.run_folder(spec.name, options, seed)
        if not store.wanted(folder, rerun):
            outcomes.append(SymbolOutcome(spec.name, folder))
            continue
        fold = folds[split]
        watch = Stopwatch()
        model = build(spec.model, SymbolModel, seed, threads, spec.arguments)
        try:
            with watch.stage("fit"):
                model.fit(proteins.take(fold.train), proteins.take(fold.validation))
        except MissingProgramError as error:
            outcomes.append(SymbolOutcome(spec.name, None, str(error)))
            continue
        asked = proteins.take(fold.test)._replace(symbols=np.empty(0, "U1"))
        with watch.stage("predict"):
            told = model.assign(asked)
        _check(told, len(fold.test), spec.name)
        data = {"dataset": proteins.name, "data_hash": proteins.data_hash, SPLIT: split}
        usage = getattr(model, "usage", None)
        record = describe_run(TASK, data, spec.name, options, seed, threads, watch, usage=usage)
        record["folds"] = 1
        record["test_proteins"] = len(fold.test)
        with store.write(folder) as writer:
            _write(writer.folder / ASSIGNED, fold.test, told)
            write_json(writer.folder / RECORD, record)
        outcomes.append(SymbolOutcome(spec.name, folder))
    return outcomes


def read_assigned(run: Run) -> tuple[Indices, Assigned]:
    """Indices of the proteins of a stored run, and what it says of them."""
    table = pq.read_table(run.folder / ASSIGNED)
    symbols = np.array(table["symbol"].to_pylist(), np.str_)
    probability = table["probability"].to_numpy().astype(np.float64)
    return table[PROTEIN].to_numpy().astype(np.int64), Assigned(symbols, probability)


def _check(told: Assigned, count: int, name: str) -> None:
    """``ModelError`` where a model's answer is none."""
    shapes = [np.shape(column) for column in told]
    probability = np.asarray(told.probability)
    likely = probability.dtype.kind == "f" and ((probability >= 0) & (probability <= 1)).all()
    if shapes != [(count,)] * 2 or not likely:
        raise ModelError(
            f"{name}: assign gave columns of shape {shapes} for {count} proteins, or values that are no "
            "probabilities. Give one symbol and probability, a float from 0 to 1, for each protein."
        )


def _write(path: Path, tested: Indices, told: Assigned) -> None:
    columns = {
        PROTEIN: pa.array(tested.astype(np.int32)),
        "symbol": pa.array(told.symbols.tolist()).dictionary_encode(),
        "probability": pa.array(told.probability.astype(np.float32)),
    }
    pq.write_table(pa.table(columns), path, compression="zstd")
