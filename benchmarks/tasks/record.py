"""The record of a run: what was run, of which commit, where, at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from benchmarks.machine import Stopwatch, describe_machine, describe_versions
from features.commit import read_commit
from features.datasets import Dataset

__all__ = ["describe_run"]


def describe_run(
    task: str,
    dataset: Dataset,
    model: str,
    options: Mapping[str, Any],
    seed: int,
    threads: int,
    watch: Stopwatch,
    seconds: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """The JSON-ready content of ``run.json`` that every task has; ``seconds`` are the watch's own if not given."""
    return {
        "task": task,
        "dataset": dataset.name,
        "data_hash": dataset.data_hash,
        "split": asdict(dataset.split),
        "model": model,
        "options": dict(options),
        "seed": seed,
        "threads": threads,
        "commit": read_commit(),
        "versions": describe_versions(),
        "machine": describe_machine(),
        "seconds": {
            stage: round(passed, 3) for stage, passed in (seconds or watch.seconds).items()
        },
        "peak_gib": round(watch.peak_gib(), 3),
    }
