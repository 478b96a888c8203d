"""What the pages of all tasks share: their files, head, tables of rows and how to make them again."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from benchmarks.report.markdown import bold, grid, percent
from benchmarks.rows import Row, render_csv
from features.datasets import Dataset
from features.storage import atomic_text

__all__ = [
    "NAMES_SHOWN",
    "SPLIT_OF_RUN",
    "column",
    "commits_of",
    "percent_with_interval",
    "render_head",
    "render_reproduction",
    "table",
    "write_page",
]

SPLIT_OF_RUN = "NAMES"
"""Stands in a command line for a list of records too long to print."""
NAMES_SHOWN = 12
"""A role of more chromosomes is not printed in full."""


def write_page(
    folder: str | Path,
    task: str,
    name: str,
    markdown: str,
    rows: Sequence[Row],
    draw: Callable[[Path], None],
) -> list[Path]:
    """Write ``<folder>/<task>/<name>.md``, ``.csv`` and, with ``draw``, ``.svg``; returns the three paths."""
    pages = Path(folder) / task
    page, csv, picture = (pages / f"{name}.{kind}" for kind in ("md", "csv", "svg"))
    for path, text in ((page, markdown), (csv, render_csv(rows, task, name))):
        with atomic_text(path) as file:
            file.write(text)
    draw(picture)
    return [page, csv, picture]


def commits_of(rows: Sequence[Row]) -> str:
    """The commits of all ``rows``, each once, for a page's head."""
    return ", ".join(dict.fromkeys(commit for row in rows for commit in row.commit.split()))


def render_head(task: str, dataset: Dataset, rows: Sequence[Row]) -> str:
    """Title, where the data and the figures come from, the split."""
    simulated = ", simulated" if dataset.simulated else ""
    commits = commits_of(rows)
    split = dataset.split
    bases = sum(dataset.genome.length(name) for name in split.test) / 1e6
    return f"""# {task}: {dataset.title}{simulated}

{dataset.source}. Data `{dataset.data_hash}`, commit {commits}.

| role | records |
|---|---|
| train | {_names(split.train)} |
| validation | {_names(split.validation)} |
| test | {_names(split.test)}, {bases:.1f} Mb |"""


def render_reproduction(
    dataset: Dataset,
    data: str,
    seeds: Mapping[str, Sequence[int]],
    seed: int,
    task: str = "",
    of_task: Collection[str] = (),
) -> str:
    """The commands that make the page again.

    Parameters
    ----------
    data : the part of a command line that names the dataset.
    seeds : of the runs, by model.
    seed : of the leaderboard.
    task : of the leaderboard, if it is not the one that the command takes by itself.
    of_task : the models that are run for ``task`` alone.
    """
    option = f" --task {task}" if task else ""
    by_seed: dict[tuple[str, int], list[str]] = {}
    for model, of_model in seeds.items():
        named = f"--model {model.split(' ')[0]}"  # without the hash of its options
        for each in of_model:
            models = by_seed.setdefault((option if model in of_task else "", each), [])
            if named not in models:
                models.append(named)
    lines = [
        f"python -m benchmarks run{run} {data} {' '.join(named)} --seed {each}"
        for (run, each), named in sorted(by_seed.items())
    ]
    lines.append(f"python -m benchmarks leaderboard{option} {data} --seed {seed}")
    remark = ""
    if SPLIT_OF_RUN in data:
        remark = f"`{SPLIT_OF_RUN}`: those of the role under `split` in a run's `run.json`, parted by commas. "
    return (
        "```\n" + "\n".join(lines) + "\n```\n\n"
        f"{remark}Every figure, counts included: `{dataset.name}.csv` beside this page."
    )


def table(
    models: Sequence[str],
    columns: dict[str, list[Row | None]],
    best: Callable[[list[float]], float],
    show: Callable[[Row], str],
) -> str:
    """One row for each of ``models`` that has any value; the best value of a column is bold."""
    kept = [i for i in range(len(models)) if any(rows[i] is not None for rows in columns.values())]
    cells = {title: column([rows[i] for i in kept], best, show) for title, rows in columns.items()}
    return grid([models[i] for i in kept], cells)


def column(
    rows: Sequence[Row | None], best: Callable[[list[float]], float], show: Callable[[Row], str]
) -> list[str]:
    """The cells of a column, empty where there is no row, bold where its value as shown is the best."""
    values = [row.value for row in rows if row is not None]
    shown = {show(row).split()[0] for row in rows if row is not None and row.value == best(values)}
    return [
        "" if row is None else bold(show(row), show(row).split()[0] in shown and row.value != 0)
        for row in rows
    ]


def percent_with_interval(row: Row, decimals: int = 1) -> str:
    """A share and its interval as per cent."""
    if math.isnan(row.low):
        return percent(row.value, decimals)
    value, low, high = (percent(each, decimals) for each in row.estimate)
    between = " to " if row.low < 0 else "-"  # a correlation may be negative
    return f"{value} ({low}{between}{high})"


def _names(names: Sequence[str]) -> str:
    rest = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + rest
