"""The sequence-classification task: fit on the training sequences of every fold, tell the classes of the test ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.classifying import fit_classifier, predict_probabilities
from benchmarks.contracts import SequenceClassifier
from benchmarks.machine import Stopwatch
from benchmarks.registry import ClassifierSpec, build
from benchmarks.results import RECORD, SPLIT, ResultsStore, Run
from benchmarks.tasks.record import describe_run
from features.errors import DatasetError, ModelError
from features.progress import track
from features.sequence_sets import Fold, SequenceSet
from features.sequence_sets.sequence_set import hash_sequences
from features.storage import read_card, write_json

__all__ = ["TASK", "check_splits", "read_log_probabilities", "run_sequence_classification"]

TASK = "sequence-classification"
PROBABILITIES = "log_probabilities.parquet"
SEQUENCE = "sequence"
CLASS = "class_"
FLOOR = 1e-30
"""Probabilities below count as this one."""


def run_sequence_classification(
    sequences: SequenceSet,
    models: Sequence[ClassifierSpec],
    store: ResultsStore,
    *,
    splits: Sequence[str] = (),
    seed: int = 0,
    threads: int = 1,
    rerun: str = "missing",
) -> list[Path]:
    """Run ``models`` on every fold of ``splits``, of all without them; returns the folders of the runs.

    A model and a split are one run. Test sequences are looked at to tell their classes, and for nothing else.

    Raises
    ------
    DatasetError : a split that the set lacks; ``rerun`` is "never" and a run is missing.
    ModelError, TrainingError : a model that cannot be made or learnt; the runs finished before it stay.
    """
    check_splits(sequences, splits)
    for spec in models:
        _check_unread(spec, sequences)
    wanted = [
        (spec, split) for spec in models for split in dict.fromkeys(splits or sequences.folds)
    ]
    classes = np.unique(sequences.labels)
    folders = []
    for spec, split in track(wanted, "runs", len(wanted), "run"):
        options = {"model": spec.options, SPLIT: split}
        folder = store.run_folder(spec.name, options, seed)
        folders.append(folder)
        if not store.wanted(folder, rerun):
            continue
        watch = Stopwatch()
        told = np.full((len(sequences.sequences), len(classes)), np.nan)
        folds = sequences.folds[split]
        for fold in track(folds, f"{spec.name}, {split}", len(folds), "fold"):
            model = build(spec.model, SequenceClassifier, seed, threads, spec.arguments)
            try:
                with watch.stage("fit"):
                    taught, validation = sequences.take(fold.train), sequences.take(fold.validation)
                    fit_classifier(model, *taught, validation, spec.name)
                with watch.stage("predict"):
                    asked = sequences.take(fold.test)[0]
                    told[fold.test] = predict_probabilities(model, asked, classes, spec.name)
            except Exception as error:
                error.add_note(f"This was {spec.name} on split {split} of {sequences.name}.")
                raise
        data = {
            "dataset": sequences.name,
            "data_hash": sequences.data_hash,
            SPLIT: split,
        }
        record = describe_run(TASK, data, spec.name, options, seed, threads, watch)
        record["folds"] = len(folds)
        record["test_sequences"] = sum(len(fold.test) for fold in folds)
        record["classes"] = classes.tolist()
        with store.write(folder) as writer:
            _write(writer.folder / PROBABILITIES, sequences, folds, told)
            write_json(writer.folder / RECORD, record)
    return folders


def _check_unread(spec: ClassifierSpec, sequences: SequenceSet) -> None:
    """``ModelError`` where the language model of ``spec`` was fine-tuned on this very set, however it was split.

    It has read the training part of one fold, and other folds test those.
    """
    folder = spec.arguments.get("language_model")
    if folder is None:
        return
    read = read_card(folder, "language-model").get("trained_on", [])
    own = hash_sequences(sequences.sequences)
    if any(each["sequences_hash"] == own for each in read):
        raise ModelError(
            f"{spec.name}: this language model was fine-tuned on sequences of {sequences.name}, which other folds "
            f"test. Give one that was not; {spec.name}+finetune fine-tunes it on the training part of every fold."
        )


def check_splits(sequences: SequenceSet, splits: Sequence[str]) -> None:
    """``DatasetError`` where ``sequences`` have no split of one of these names."""
    for split in splits:
        if split not in sequences.folds:
            raise DatasetError(
                f"{sequences.name}: no split {split!r}. Its splits: {', '.join(sequences.folds)}."
            )


def read_log_probabilities(
    run: Run, sequences: SequenceSet
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Indices of the sequences that a stored run told, and natural-log probabilities of the sorted classes."""
    table = pq.read_table(run.folder / PROBABILITIES)
    classes = len(np.unique(sequences.labels))
    columns = [table[f"{CLASS}{number}"].to_numpy() for number in range(classes)]
    return table[SEQUENCE].to_numpy().astype(np.int64), np.column_stack(columns).astype(np.float64)


def _write(
    path: Path, sequences: SequenceSet, folds: Sequence[Fold], told: npt.NDArray[np.float64]
) -> None:
    tested = np.flatnonzero(~np.isnan(told[:, 0]))
    fold_of = np.zeros(len(told), np.int32)
    for number, fold in enumerate(folds, 1):
        fold_of[fold.test] = number
    logarithms = np.log(np.maximum(told[tested], FLOOR)).astype(np.float32)
    columns = {
        SEQUENCE: tested.astype(np.int32),
        "id": [sequences.ids[i] for i in tested.tolist()],
        "label": sequences.labels[tested].tolist(),
        "fold": fold_of[tested],
    }
    columns |= {f"{CLASS}{number}": column for number, column in enumerate(logarithms.T)}
    pq.write_table(pa.table(columns), path)
