"""The window-feeder task: classifiers that say whether a 5,000-bp window holds exon/intron boundaries at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.classifying import fit_classifier, predict_probabilities
from benchmarks.contracts import SequenceClassifier
from benchmarks.machine import Stopwatch
from benchmarks.registry import ClassifierSpec, build
from benchmarks.results import RECORD, ResultsStore, Run
from benchmarks.tasks.record import describe_dataset, describe_run
from features.datasets import Dataset
from features.genome import Codes
from features.progress import track
from features.storage import write_json
from features.windows import LEAST_USABLE, STRANDS, VARIANTS, WINDOW, LabelledWindows, label_windows

__all__ = ["TASK", "WindowKey", "examples", "read_probabilities", "run_window_feeder"]

TASK = "window-feeder"
PROBABILITIES = "windows.parquet"
CLASSES = np.array([0, 1])
"""Whether a window holds a boundary."""
SCHEMA = pa.schema(
    {
        "variant": pa.string(),
        "role": pa.string(),
        "chromosome": pa.string(),
        "strand": pa.string(),
        "window": pa.int32(),
        "probability": pa.float32(),
    }
)

WindowKey = tuple[str, str, int]
"""Chromosome, strand that is read, number of the window on the forward strand."""


def examples(windows: LabelledWindows, variant: str) -> Iterator[tuple[WindowKey, Codes, int]]:
    """(key, bases, 1 if there is a boundary, else 0) of every window that counts; of ``both`` the forward strand.

    One without a true boundary counts only where it holds none that is neither true nor false.
    """
    for column, strand in enumerate(STRANDS if variant == "sense" else STRANDS[:1]):
        columns = [column] if variant == "sense" else [0, 1]
        counts = windows.boundaries[:, columns].sum(axis=1)
        uncertain = (counts == 0) & (windows.left_out[:, columns].sum(axis=1) > 0)
        for window in np.flatnonzero(windows.usable & ~uncertain).tolist():
            key = windows.chromosome, strand, window
            yield key, windows.codes(window, strand), int(counts[window] > 0)


def run_window_feeder(
    dataset: Dataset,
    models: Sequence[ClassifierSpec],
    store: ResultsStore,
    *,
    seed: int = 0,
    threads: int = 1,
    rerun: str = "missing",
) -> list[Path]:
    """Run the classifiers ``models``, each on both variants; returns the folders of the runs.

    Raises
    ------
    DatasetError : ``rerun`` is "never" and a run is missing.
    ModelError, TrainingError : a model that cannot be made or learnt; the runs finished before it stay.
    """
    folders = []
    for spec in track(models, "models", len(models), "model"):
        name = spec.name
        options = {
            "model": spec.options,
            "windows": {"bases": WINDOW, "least_usable": LEAST_USABLE},
        }
        folder = store.run_folder(name, options, seed)
        folders.append(folder)
        if not store.wanted(folder, rerun):
            continue
        watch = Stopwatch()
        rows: list[dict[str, Any]] = []
        for variant in VARIANTS:
            classifier = build(spec.model, SequenceClassifier, seed, threads, spec.arguments)
            with watch.stage("read"):
                _, training, classes = _examples(dataset, "train", variant)
                _, unseen, known = _examples(dataset, "validation", variant)
            with watch.stage("fit"):
                fit_classifier(classifier, training, classes, (unseen, known), name)
            for role in ("validation", "test"):
                with watch.stage("read"):
                    keys, sequences, _ = _examples(dataset, role, variant)
                with watch.stage("predict" if role == "test" else "predict_validation"):
                    told = predict_probabilities(classifier, sequences, CLASSES, name)
                    probabilities = told[:, 1].astype(np.float32).tolist()
                rows += [
                    dict(zip(SCHEMA.names, (variant, role, *key, probability), strict=True))
                    for key, probability in zip(keys, probabilities, strict=True)
                ]
        record = describe_run(TASK, describe_dataset(dataset), name, options, seed, threads, watch)
        record["test_bases"] = sum(dataset.genome.length(each) for each in dataset.split.test)
        with store.write(folder) as writer:
            pq.write_table(pa.Table.from_pylist(rows, SCHEMA), writer.folder / PROBABILITIES)
            write_json(writer.folder / RECORD, record)
    return folders


def read_probabilities(run: Run, variant: str, role: str) -> Mapping[WindowKey, float]:
    """What a stored run says of the windows of ``role``."""
    table = pq.read_table(
        run.folder / PROBABILITIES, filters=[("variant", "=", variant), ("role", "=", role)]
    )
    columns = [table[name].to_pylist() for name in ("chromosome", "strand", "window")]
    return dict(zip(zip(*columns, strict=True), table["probability"].to_pylist(), strict=True))


def _examples(
    dataset: Dataset, role: str, variant: str
) -> tuple[list[WindowKey], list[Codes], list[int]]:
    keys, sequences, labels = [], [], []
    for chromosome in dataset.labelled(role):
        for key, codes, label in examples(label_windows(chromosome), variant):
            keys.append(key)
            sequences.append(codes)
            labels.append(label)
    return keys, sequences, labels
