"""Tidy rows: what every leaderboard and report is made of, and the CSV that holds them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.metrics.bootstrap import Estimate

__all__ = ["CSV_COLUMNS", "Lookup", "Row", "look_up", "plain", "render_csv"]

CSV_COLUMNS = (
    "task",
    "dataset",
    "subset",
    "model",
    "level",
    "metric",
    "value",
    "low",
    "high",
    "seeds",
    "commit",
)


class Row(NamedTuple):
    """One metric of one model; ``low`` and ``high`` are NaN where it has no interval."""

    subset: str
    model: str
    level: str
    metric: str
    value: float
    low: float
    high: float
    seeds: int
    commit: str

    @property
    def estimate(self) -> Estimate:
        """Value and interval."""
        return Estimate(self.value, self.low, self.high)


Lookup = dict[tuple[str, str, str, str], Row]
"""Rows by subset, model, level and metric."""


def look_up(rows: Sequence[Row]) -> Lookup:
    """The rows by subset, model, level and metric."""
    return {row[:4]: row for row in rows}


def plain(value: float) -> Estimate:
    """A value without an interval."""
    return Estimate(value, math.nan, math.nan)


def render_csv(rows: Sequence[Row], task: str, dataset: str) -> str:
    """The tidy table, columns ``CSV_COLUMNS``; empty where there is no interval."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        numbers = ["" if math.isnan(x) else f"{x:.6g}" for x in (row.low, row.high)]
        value = f"{row.value:.6g}" if row.value % 1 else f"{row.value:.0f}"
        writer.writerow((task, dataset, *row[:4], value, *numbers, row.seeds, row.commit))
    return text.getvalue()
