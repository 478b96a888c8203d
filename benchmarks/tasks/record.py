"""The record of a run: what was run, of which commit, where, at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from baselines.gene_finders.program import Usage
from benchmarks.machine import Stopwatch, describe_machine, describe_versions
from features.commit import read_commit
from features.datasets import Dataset

__all__ = ["describe_dataset", "describe_run"]


def describe_dataset(dataset: Dataset) -> dict[str, Any]:
    """What the record says of a genome and its split."""
    return {
        "dataset": dataset.name,
        "data_hash": dataset.data_hash,
        "split": asdict(dataset.split),
    }


def describe_run(
    task: str,
    data: Mapping[str, Any],
    model: str,
    options: Mapping[str, Any],
    seed: int,
    threads: int,
    watch: Stopwatch,
    seconds: Mapping[str, float] | None = None,
    usage: object = None,
) -> dict[str, Any]:
    """The JSON-ready content of ``run.json`` that every task has.

    ``data`` is what ``describe_dataset`` or the like says; ``seconds`` are the watch's own if not given. ``usage`` is
    a ``Usage``, what programs of other people took: their memory counts beside that of this process, which waits for
    them. Anything else is passed over.
    """
    programs = usage if isinstance(usage, Usage) else None
    peak = watch.peak_gib() + (programs.peak_gib if programs else 0.0)
    return {
        "task": task,
        **data,
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
        "peak_gib": round(peak, 3),
        **({"programs": programs._asdict()} if programs else {}),
    }
