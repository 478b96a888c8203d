"""``run``: fit models, store what they predict."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from benchmarks.commands.data import add_data_options, check_data_options
from benchmarks.commands.options import add_results_option, add_task_option, store_of
from benchmarks.evaluation import window_boundaries
from benchmarks.registry import (
    QUICK_CLASSIFIERS,
    WINDOW_CLASSIFIERS,
    external_names,
    model_names,
    neural_names,
    resolve_classifier,
    resolve_model,
)
from benchmarks.regressors import QUICK_REGRESSORS, resolve_regressor
from benchmarks.results import RERUN_CHOICES, SPLIT, ResultsStore, Run
from benchmarks.symbol_models import (
    QUICK_SYMBOL_MODELS,
    SYMBOL_PROGRAMS,
    resolve_symbol_model,
)
from benchmarks.tasks import (
    expression,
    gene_structure,
    gene_symbols,
    sequence_classification,
    window_feeder,
)
from features.classifiers.kinds import CLASSIFIERS
from features.command_line import add_command, add_common_options, blame_option, tell
from features.datasets.options import blame_annotation, dataset_from_options
from features.expression.kinds import REGRESSORS
from features.expression.options import expression_set_from_options
from features.proteins.kinds import SYMBOL_MODELS
from features.proteins.options import protein_set_from_options
from features.sequence_sets.options import sequence_set_from_options

__all__ = ["add_run"]

Spec = TypeVar("Spec")


def add_run(commands: Any) -> None:
    """Add the command ``run``."""
    run = add_command(
        commands,
        "run",
        _run,
        "fit models and store their predictions of what is held out",
        "run --dataset demo",
        "run --dataset pombe --model xgb+hmm --model pwm --seed 2",
        "run --genome x.fa --annotation x.gtf --test chr1,chr2 --model mypackage.mymodule:MyScorer+hmm",
        "run --task sequence-classification --dataset ecoli-promoters",
        "run --task sequence-classification --class promoter=p.fa --class other=o.fa --model kmer-svm",
        "run --task gene-symbols --dataset mammal-symbols --split held-out-mouse",
        "run --task expression --dataset expression-atac --split leave-one-sample-out --model ridge",
        details="models of the tasks, any of them also as module:Class of your own\n"
        f"  gene-structure           {', '.join(model_names())} (default: all of these);\n"
        f"                           {', '.join(neural_names())}; {', '.join(external_names())}\n"
        "  window-boundaries        the same runs\n"
        f"  window-feeder            {', '.join(CLASSIFIERS)} (default: {', '.join(WINDOW_CLASSIFIERS)});\n"
        "                           site scorers join from the runs of gene-structure\n"
        f"  sequence-classification  the same (default: {', '.join(QUICK_CLASSIFIERS)});\n"
        "                           ulmfit@FOLDER starts from the language model in FOLDER\n"
        f"  gene-symbols             {', '.join(SYMBOL_MODELS)};\n"
        f"                           {', '.join(SYMBOL_PROGRAMS)} (default: {', '.join(QUICK_SYMBOL_MODELS)})\n"
        f"  expression               {', '.join(REGRESSORS)} (default: {', '.join(QUICK_REGRESSORS)})\n",
    )
    add_task_option(run, tuple(RUNNERS), "what the models are run for")
    run.add_argument(
        "--model",
        action="append",
        metavar="NAME",
        help="model to run, may be repeated (default: see below)",
    )
    run.add_argument(
        "--rerun",
        choices=RERUN_CHOICES,
        default="missing",
        help="which runs to compute: none (an error where one is missing), those not stored yet, or all "
        "(default: %(default)s)",
    )
    add_results_option(run)
    add_data_options(run)
    run.add_argument(
        "--split",
        action="append",
        metavar="NAME",
        help="split of a sequence, protein or expression set to run, may be repeated (default: all it has)",
    )
    add_common_options(run)


def _run(options: argparse.Namespace) -> int:
    check_data_options(options)
    return RUNNERS[options.task](options)


def _tell_kept(options: argparse.Namespace, store: ResultsStore) -> None:
    """Say which runs were there already, and what commit made each: a model's code may have changed since."""
    tell(
        options,
        (
            f"kept: {run.model}{_of_split(run)} (commit {run.record['commit']}); --rerun always runs it again"
            for run in store.kept
        ),
    )


def _of_split(run: Run) -> str:
    split = run.record["options"].get(SPLIT)
    return f", {split}" if split else ""


def _run_gene_structure(options: argparse.Namespace) -> int:
    models = _models(options, resolve_model, model_names())
    dataset = dataset_from_options(options)
    store = store_of(gene_structure.TASK, options.results, dataset)
    with blame_annotation(dataset):
        outcomes = gene_structure.run_gene_structure(
            dataset,
            models,
            store,
            **_how(options),
        )
    _tell_kept(options, store)
    for outcome in outcomes:
        if outcome.folder is None:
            print(f"genestruct: {outcome.model}: {outcome.missing}", file=sys.stderr)
            continue
        print(outcome.folder)
        if not (store.run(outcome.folder).record["transcripts"] or options.quiet):
            print(
                f"genestruct: warning: {outcome.model}: predicted no gene on the test chromosomes",
                file=sys.stderr,
            )
    return 0 if any(outcome.folder for outcome in outcomes) else 2


def _run_window_feeder(options: argparse.Namespace) -> int:
    models = _models(options, resolve_classifier, WINDOW_CLASSIFIERS)
    dataset = dataset_from_options(options)
    store = store_of(options.task, options.results, dataset)
    with blame_annotation(dataset):
        folders = window_feeder.run_window_feeder(dataset, models, store, **_how(options))
    print(*folders, sep="\n")
    _tell_kept(options, store)
    return 0


def _run_sequence_classification(options: argparse.Namespace) -> int:
    models = _models(options, resolve_classifier, QUICK_CLASSIFIERS)
    sequences = sequence_set_from_options(options)
    store = store_of(options.task, options.results, sequences)
    folders = sequence_classification.run_sequence_classification(
        sequences, models, store, splits=options.split or (), **_how(options)
    )
    print(*folders, sep="\n")
    _tell_kept(options, store)
    return 0


def _run_gene_symbols(options: argparse.Namespace) -> int:
    models = _models(options, resolve_symbol_model, QUICK_SYMBOL_MODELS)
    proteins = protein_set_from_options(options)
    store = store_of(options.task, options.results, proteins)
    outcomes = gene_symbols.run_gene_symbols(
        proteins, models, store, splits=options.split or (), **_how(options)
    )
    missing = dict.fromkeys(
        f"{outcome.model}: {outcome.missing}" for outcome in outcomes if outcome.missing
    )
    for line in missing:
        print(f"genestruct: {line}", file=sys.stderr)
    folders = [outcome.folder for outcome in outcomes if outcome.folder is not None]
    for folder in folders:
        print(folder)
    _tell_kept(options, store)
    return 0 if folders else 2


def _run_expression(options: argparse.Namespace) -> int:
    models = _models(options, resolve_regressor, QUICK_REGRESSORS)
    samples = expression_set_from_options(options)
    store = store_of(options.task, options.results, samples)
    folders = expression.run_expression(
        samples, models, store, splits=options.split or (), **_how(options)
    )
    print(*folders, sep="\n")
    _tell_kept(options, store)
    return 0


def _models(
    options: argparse.Namespace, resolve: Callable[[str], Spec], default: Iterable[str]
) -> list[Spec]:
    """What ``--model`` names, each once, or the ``default`` ones."""
    with blame_option("--model"):
        return [resolve(name) for name in dict.fromkeys(options.model or default)]


def _how(options: argparse.Namespace) -> dict[str, Any]:
    """Options of running that every task takes."""
    return {"seed": options.seed, "threads": options.threads, "rerun": options.rerun}


RUNNERS: dict[str, Callable[[argparse.Namespace], int]] = {
    gene_structure.TASK: _run_gene_structure,
    window_boundaries.TASK: _run_gene_structure,
    window_feeder.TASK: _run_window_feeder,
    sequence_classification.TASK: _run_sequence_classification,
    gene_symbols.TASK: _run_gene_symbols,
    expression.TASK: _run_expression,
}
"""What ``run`` does for each task."""
