"""The log of a training: one row per evaluation, as CSV."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from features.errors import ModelError
from features.storage import atomic_text

__all__ = ["LOG", "read_log", "write_log"]

LOG = "training.csv"


def write_log(path: Path, log: Sequence[Mapping[str, float]]) -> None:
    """Write the rows of a training's log as CSV, atomically."""
    with atomic_text(path) as file:
        writer = csv.DictWriter(file, list(log[0]) if log else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(log)


def read_log(path: Path) -> list[dict[str, float]]:
    """The rows that ``write_log`` wrote, none where the file is missing; ``ModelError`` where it is damaged."""
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [
                {
                    name: int(value) if value.isdecimal() else float(value)
                    for name, value in row.items()
                }
                for row in csv.DictReader(file)
            ]
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{path}: no readable log ({error}). Train the model again.") from None
