"""The command line of the harness: ``python -m benchmarks`` and ``genestruct``."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.evaluation.gene_structure import evaluate_runs, group_runs
from benchmarks.evaluation.window_boundaries import TASK as WINDOW_TASK
from benchmarks.evaluation.window_boundaries import evaluate_windows
from benchmarks.evaluation.window_feeder import evaluate_feeders
from benchmarks.machine import describe_machine
from benchmarks.registry import (
    CLASSIFIERS,
    external_names,
    missing_programs,
    model_names,
    neural_names,
    resolve_classifier,
    resolve_model,
)
from benchmarks.report import gene_structure, window_boundaries, window_feeder
from benchmarks.report.page import NAMES_SHOWN, SPLIT_OF_RUN
from benchmarks.report.sweep import write_sweep_report
from benchmarks.results import RERUN_CHOICES, ResultsStore
from benchmarks.score import render_score, score_files
from benchmarks.speed import measure_speed, render_speed
from benchmarks.sweep import evaluate_sweep, read_plan, run_sweep
from benchmarks.tasks.gene_structure import TASK, run_gene_structure
from benchmarks.tasks.window_feeder import TASK as FEEDER_TASK
from benchmarks.tasks.window_feeder import run_window_feeder
from features.annotation import describe_left_out
from features.command_line import (
    add_command,
    add_common_options,
    add_dataset_options,
    blame_annotation,
    blame_option,
    call_command,
    command_parser,
    dataset_from_options,
    positive_number,
    run_command,
)
from features.datasets import Dataset, dataset_names
from features.datasets.fetch import fetch_files
from features.datasets.manifest import read_manifest
from features.errors import DatasetError
from features.storage import atomic_file, check_output_file, check_output_folder, write_json

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a fault of the program, 2 a fault of the input."""
    return run_command(_main, arguments)


def _main(arguments: Sequence[str] | None = None) -> int:
    return call_command(_parser(), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "python -m benchmarks",
        "Benchmark gene finders on held-out chromosomes.",
        "list",
        "run --dataset demo --model xgb+hmm",
        "leaderboard --dataset demo --output results/leaderboards",
        "score --predicted p.gff3 --annotation truth.gtf --genome x.fa",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    add = partial(add_command, commands)
    add("list", _list, "list the datasets, the models and which programs are installed", "list")

    fetch = add(
        "fetch",
        _fetch,
        "download datasets into the cache",
        "fetch demo",
        "fetch ensembl-worm --quiet",
    )
    fetch.add_argument("names", nargs="+", metavar="NAME", help="dataset to fetch (see list)")
    add_common_options(fetch)

    run = add(
        "run",
        _run,
        "fit models and store their predictions of the test chromosomes",
        "run --dataset demo",
        "run --dataset pombe --model xgb+hmm --model pwm --seed 2",
        "run --genome x.fa --annotation x.gtf --test chr1,chr2 --model mypackage.mymodule:MyScorer+hmm",
    )
    run.add_argument(
        "--model",
        action="append",
        metavar="NAME",
        help=f"model to run, may be repeated: {', '.join(model_names())} (default: all of these), "
        f"a neural scorer ({', '.join(neural_names())}), an installed program ({', '.join(external_names())}), "
        f"module:Class or module:Class+hmm; of the task window-feeder {', '.join(CLASSIFIERS)} or module:Class",
    )
    run.add_argument(
        "--task",
        choices=(TASK, FEEDER_TASK),
        default=TASK,
        help="what the models are run for (default: %(default)s)",
    )
    run.add_argument(
        "--rerun",
        choices=RERUN_CHOICES,
        default="missing",
        help="which runs to compute: none (an error where one is missing), those not stored yet, or all "
        "(default: %(default)s)",
    )
    _add_results_option(run)
    add_dataset_options(run)
    add_common_options(run)

    leaderboard = add(
        "leaderboard",
        _leaderboard,
        "compute every metric of the stored runs, write and print the leaderboard",
        "leaderboard --dataset demo",
        "leaderboard --dataset worm --results results --output benchmarks/leaderboards",
        "leaderboard --task window-boundaries --dataset worm",
        details="tasks, all from the same runs, window-feeder also from those of run --task window-feeder:\n"
        "  gene-structure     sites, exons, introns, transcripts and genes of the test chromosomes\n"
        "  window-boundaries  donors and acceptors in the 5,000-bp windows that hold any\n"
        "  window-feeder      does a 5,000-bp window hold any, and what does it help to ask that first?\n",
    )
    leaderboard.add_argument(
        "--task",
        choices=(TASK, WINDOW_TASK, FEEDER_TASK),
        default=TASK,
        help="what is compared (default: %(default)s)",
    )
    _add_results_option(leaderboard)
    leaderboard.add_argument(
        "--output",
        type=Path,
        default=Path("results/leaderboards"),
        metavar="DIR",
        help="folder of the leaderboards (default: %(default)s)",
    )
    add_dataset_options(leaderboard)
    add_common_options(leaderboard)

    sweep = add(
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
    _add_results_option(sweep, "results/sweeps")
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

    score = add(
        "score",
        _score,
        "compare any predicted GFF3 or GTF with a true one, at CDS level",
        "score --predicted augustus.gff3 --annotation truth.gtf --genome x.fa",
        "score --predicted p.gff3 --annotation t.gff3 --genome x.fa --chromosomes IV,X --json score.json",
    )
    score.add_argument("--predicted", required=True, metavar="FILE", help="predicted GFF3 or GTF")
    score.add_argument("--annotation", required=True, metavar="FILE", help="true GFF3 or GTF")
    score.add_argument("--genome", required=True, metavar="FASTA", help="genome, plain or gzipped")
    score.add_argument("--chromosomes", metavar="A,B", help="records that count (default: all)")
    score.add_argument("--regions", metavar="BED", help="count only features wholly inside these")
    score.add_argument("--mask", metavar="BED", help="do not count features that overlap these")
    score.add_argument(
        "--chromosome-names",
        metavar="TSV",
        help="two columns, name in the annotations and BED files and name in the genome, where they differ",
    )
    score.add_argument(
        "--json", metavar="FILE", help="also write the scores, with intervals, as JSON"
    )
    add_common_options(score)

    speed = add(
        "speed",
        _speed,
        "time every stage of the suite on this machine, beside peers",
        "speed --dataset demo",
        "speed --dataset worm --output speed-worm.md",
        details="peers, each on one core of the same process and the same sequence:\n"
        "  k-mer index        numpy.convolve\n"
        "  PWM scan           numpy, column by column\n"
        "  HMM decoding       hmmlearn's Viterbi, 13 states\n"
        "  networks           a dense matrix product in the same precision, on as many cores or on the GPU\n"
        "The feature matrix and xgb+hmm have none.\n",
    )
    speed.add_argument("--output", type=Path, metavar="FILE", help="also write the table here")
    add_dataset_options(speed)
    add_common_options(speed)
    return parser


def _add_results_option(parser: argparse.ArgumentParser, default: str = "results") -> None:
    parser.add_argument(
        "--results",
        type=Path,
        default=Path(default),
        metavar="DIR",
        help="folder of the stored runs (default: %(default)s)",
    )


def _speed(options: argparse.Namespace) -> int:
    if options.output is not None:
        check_output_file(options.output)
    dataset = dataset_from_options(options)
    with blame_annotation(dataset):
        timings = measure_speed(dataset, options.threads, options.seed)
    machine = describe_machine()
    title = f"{dataset.name}: {machine['processor']}, {machine['cores']} cores"
    page = render_speed(timings, title)
    if options.output is not None:
        with atomic_file(options.output) as scratch:
            scratch.write_text(page, encoding="utf-8")
    print(page, end="")
    return 0


def _list(_: argparse.Namespace) -> int:
    print("datasets")
    for name in dataset_names():
        print(f"  {name:<18}{read_manifest(name).title}")
    print("models")
    for name in model_names():
        print(f"  {name}")
    print("neural models, to be named")
    for name in neural_names():
        print(f"  {name}")
    print("classifiers of windows (--task window-feeder)")
    for name in CLASSIFIERS:
        print(f"  {name}")
    print("other gene finders, to be named")
    for name, missing in missing_programs().items():
        print(f"  {name:<18}{missing or 'installed'}")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    for name in options.names:
        for role, path in fetch_files(read_manifest(name)).items():
            print(f"{name}\t{role}\t{path}")
    return 0


def _run(options: argparse.Namespace) -> int:
    if options.task == FEEDER_TASK:
        return _run_feeders(options)
    with blame_option("--model"):
        models = [resolve_model(name) for name in dict.fromkeys(options.model or model_names())]
    dataset = dataset_from_options(options)
    store = ResultsStore(options.results, dataset.name, dataset.data_hash)
    with blame_annotation(dataset):
        outcomes = run_gene_structure(
            dataset,
            models,
            store,
            seed=options.seed,
            threads=options.threads,
            rerun=options.rerun,
        )
    for outcome in outcomes:
        if outcome.folder is None:
            print(f"genestruct: {outcome.model}: {outcome.missing}", file=sys.stderr)
            continue
        print(outcome.folder)
        if outcome.kept is not None and not options.quiet:
            print(
                f"kept: {outcome.model} (commit {outcome.kept}); --rerun always runs it again",
                file=sys.stderr,
            )
        if not (store.run(outcome.folder).record["transcripts"] or options.quiet):
            print(
                f"genestruct: warning: {outcome.model}: predicted no gene on the test chromosomes",
                file=sys.stderr,
            )
    return 0 if any(outcome.folder for outcome in outcomes) else 2


def _run_feeders(options: argparse.Namespace) -> int:
    names = list(dict.fromkeys(options.model or CLASSIFIERS))
    with blame_option("--model"):
        for name in names:
            resolve_classifier(name)
    dataset = dataset_from_options(options)
    with blame_annotation(dataset):
        folders = run_window_feeder(
            dataset,
            names,
            _feeder_store(options.results, dataset),
            seed=options.seed,
            threads=options.threads,
            rerun=options.rerun,
        )
    print(*folders, sep="\n")
    return 0


def _feeder_store(results: Path, dataset: Dataset) -> ResultsStore:
    return ResultsStore(results / FEEDER_TASK, dataset.name, dataset.data_hash)


def _leaderboard(options: argparse.Namespace) -> int:
    dataset = dataset_from_options(options)
    store = ResultsStore(options.results, dataset.name, dataset.data_hash)
    order = {name: place for place, name in enumerate(model_names())}
    runs = sorted(store.runs(), key=lambda run: order.get(run.model, len(order)))
    classifiers = (
        _feeder_store(options.results, dataset).runs() if options.task == FEEDER_TASK else []
    )
    if not (runs or classifiers):
        raise DatasetError(
            f"{store.folder}: no stored runs of these files and this split. Run python -m benchmarks run first, with "
            "the same data options: names, split and mask are part of what a run is stored under."
        )
    where = dataset, options.output, _data_arguments(options)
    grouped = group_runs(runs)
    if options.task == FEEDER_TASK:
        fed = evaluate_feeders(group_runs(classifiers), grouped, dataset, seed=options.seed)
        page, *others = window_feeder.write_leaderboard(fed, *where)
    elif options.task == WINDOW_TASK:
        cut = evaluate_windows(grouped, dataset, seed=options.seed)
        page, *others = window_boundaries.write_leaderboard(cut, *where)
    else:
        whole = evaluate_runs(grouped, dataset, seed=options.seed)
        page, *others = gene_structure.write_leaderboard(whole, *where)
    print(page.read_text(encoding="utf-8"))
    print(page, *others, sep="\n")
    return 0


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


def _data_arguments(options: argparse.Namespace) -> str:
    """The options that name the data, as given, files without their folder; for a page, so of bounded length."""
    if options.dataset is not None:
        return f"--dataset {options.dataset}"
    parts = []
    for name in ("genome", "annotation", "mask", "chromosome_names"):
        path = getattr(options, name)
        if path is not None:
            parts += [f"--{name.replace('_', '-')}", Path(path).name]
    roles = {role: getattr(options, role) for role in ("train", "validation", "test")}
    if any(names is not None and len(names) > NAMES_SHOWN for names in roles.values()):
        # The records of the split, one by one, need no --group.
        return shlex.join(
            [*parts, *(part for role in roles for part in (f"--{role}", SPLIT_OF_RUN))]
        )
    for role, names in roles.items():
        if names is not None:
            parts += [f"--{role}", ",".join(names)]
    if options.group is not None:
        parts += ["--group", options.group]
    return shlex.join(parts)


def _score(options: argparse.Namespace) -> int:
    chromosomes = options.chromosomes.split(",") if options.chromosomes else None
    if options.json is not None:
        check_output_file(options.json)
    score = score_files(
        options.predicted,
        options.annotation,
        options.genome,
        chromosomes=chromosomes,
        regions=options.regions,
        mask=options.mask,
        chromosome_names=options.chromosome_names,
        seed=options.seed,
    )
    if not options.quiet:
        for role, left_out in score["left_out"].items():
            if left_out:
                kept = score["transcripts"][role]
                line = describe_left_out(getattr(options, role), left_out, kept)
                print(line, file=sys.stderr)
    if options.json is not None:
        write_json(options.json, score)
    print(render_score(score))
    return 0


if __name__ == "__main__":
    sys.exit(main())
