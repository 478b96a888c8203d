"""``sweep``: compare variants of a model on validation chromosomes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks.commands.options import add_results_option
from benchmarks.report.sweep import write_sweep_report
from benchmarks.sweep import evaluate_sweep, read_plan, run_sweep
from benchmarks.tasks.gene_structure import TASK
from features.command_line import add_command, add_common_options, positive_number
from features.storage import check_output_folder

__all__ = ["add_sweep"]


def add_sweep(commands: Any) -> None:
    """Add the command ``sweep``."""
    sweep = add_command(
        commands,
        "sweep",
        _sweep,
        "compare variants of a model on validation chromosomes, as a plan says",
        "sweep benchmarks/plans/ablation.toml",
        "sweep my_plan.toml --jobs 2 --threads 1",
        details="The plan is TOML: dataset, model, seeds, and [[variants]] with options, or a [grid] of them.\n"
        "What is stored already is not run again. The report is written to OUTPUT as .md, .csv and .svg.\n",
    )
    sweep.add_argument("plan", metavar="PLAN", type=Path, help="TOML file of the plan")
    sweep.add_argument(
        "--data",
        metavar="DIR",
        help="data root of named datasets (default: GENESTRUCT_DATA, then the cache)",
    )
    add_results_option(sweep, "results/sweeps")
    sweep.add_argument(
        "--output",
        type=Path,
        default=Path("results/sweeps"),
        metavar="DIR",
        help="folder of the report (default: %(default)s)",
    )
    sweep.add_argument(
        "--jobs",
        type=positive_number,
        default=1,
        metavar="N",
        help="runs at a time, each with --threads threads and the memory of a model (default: %(default)s)",
    )
    add_common_options(sweep)


def _sweep(options: argparse.Namespace) -> int:
    plan = read_plan(options.plan)
    check_output_folder(options.results)
    check_output_folder(options.output)
    where = options.data, options.results
    for folder in run_sweep(plan, *where, threads=options.threads, jobs=options.jobs):
        print(folder)
    evaluation = evaluate_sweep(plan, *where, seed=options.seed)
    page, table, picture = write_sweep_report(plan, evaluation, TASK, options.output)
    print(page.read_text(encoding="utf-8"))
    print(f"{page}\n{table}\n{picture}")
    return 0
