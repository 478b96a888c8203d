"""Sweeps: one model with many options, compared on validation chromosomes; a plan file says which."""

from __future__ import annotations

import itertools
import multiprocessing
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.contracts import Decoder, GeneFinder, SiteScorer
from benchmarks.evaluation.gene_structure import Evaluation, evaluate_runs
from benchmarks.registry import ModelSpec, build, check_arguments, resolve_model
from benchmarks.results import ResultsStore, Run
from benchmarks.tasks.gene_structure import run_gene_structure, run_options
from features.command_line import LARGEST_SEED
from features.datasets import Dataset, load_dataset
from features.errors import DatasetError, GenestructError, InputFileError, ModelError
from features.lines import read_lines
from features.progress import set_quiet, track

__all__ = ["Plan", "Variant", "evaluate_sweep", "read_plan", "run_sweep"]

PLAN_KEYS = {"title", "dataset", "model", "seeds", "axis", "variants", "grid"}
VARIANT_KEYS = {"name", "model", "options", "decoder_options", "training_share"}
REMEDY = "See benchmarks/plans for examples."


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of a sweep.

    Attributes
    ----------
    name : as the report shows it.
    model : as ``benchmarks.registry.resolve_model`` reads it.
    options, decoder_options : what the constructors of the model and of its decoder are given.
    training_share : share of the training chromosomes that is learnt from, in blocks that the seed draws.
    """

    name: str
    model: str
    options: Mapping[str, Any] = field(default_factory=dict)
    decoder_options: Mapping[str, Any] = field(default_factory=dict)
    training_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared.

    Attributes
    ----------
    path : the plan's file.
    title, dataset, seeds : of the whole sweep.
    axis : option, or training_share, that a picture's horizontal axis shows; empty where the variants have no order.
    variants : the first is what the others are compared with.
    """

    path: Path
    title: str
    dataset: str
    seeds: tuple[int, ...]
    axis: str
    variants: tuple[Variant, ...]

    @property
    def name(self) -> str:
        """Stem of the plan's file."""
        return self.path.stem

    def position(self, variant: Variant) -> float:
        """Where ``variant`` stands on the axis."""
        return float({**variant.options, "training_share": variant.training_share}[self.axis])


def read_plan(path: str | Path) -> Plan:
    """Read a TOML plan; ``InputFileError`` says what is wrong with it.

    Its keys: ``title``, ``dataset``, ``model``, ``seeds`` (default [0]), ``axis``; ``[[variants]]``, each with a
    ``name`` and any of ``model``, ``options``, ``decoder_options``, ``training_share``; or ``[grid]`` with lists of
    values of options, of ``training_share`` and of ``decoder.OPTION``, of which every combination is a variant.
    """
    path = Path(path)
    try:
        stated = tomllib.loads("\n".join(text for _, text in read_lines(path)))
    except tomllib.TOMLDecodeError as error:
        raise InputFileError(path, f"not TOML ({error})", REMEDY) from None

    def require(condition: bool, complaint: str) -> None:
        if not condition:
            raise InputFileError(path, complaint, REMEDY)

    unknown = sorted(stated.keys() - PLAN_KEYS)
    require(
        not unknown, f"unknown key {', '.join(unknown)} (known: {', '.join(sorted(PLAN_KEYS))})"
    )
    for key in ("dataset", "model"):
        require(key in stated, f"{key} is missing")
        require(isinstance(stated[key], str), f"{key} must be a text")
    seeds = stated.get("seeds", [0])
    require(
        isinstance(seeds, list)
        and bool(seeds)
        and all(type(seed) is int and 0 <= seed <= LARGEST_SEED for seed in seeds),
        f"seeds must be a list of whole numbers from 0 to {LARGEST_SEED}",
    )
    require(
        len(set(seeds)) == len(seeds),
        "seeds must differ from each other",
    )
    require(("variants" in stated) != ("grid" in stated), "needs either [[variants]] or [grid]")
    if "variants" in stated:
        entries = stated["variants"]
        require(
            isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries),
            "variants must be written as [[variants]]",
        )
        for entry in entries:
            unknown = sorted(entry.keys() - VARIANT_KEYS)
            known = ", ".join(sorted(VARIANT_KEYS))
            require(not unknown, f"unknown key {', '.join(unknown)} of a variant (known: {known})")
            require(isinstance(entry.get("name"), str), "every variant needs a name")
            for key, kind in (("model", str), ("options", dict), ("decoder_options", dict)):
                fits = isinstance(entry.get(key, kind()), kind)
                require(fits, f"{entry['name']}: {key} is not what it should be")
        variants = [Variant(**{"model": stated["model"], **entry}) for entry in entries]
    else:
        grid = stated["grid"]
        require(
            isinstance(grid, dict)
            and bool(grid)
            and all(isinstance(values, list) and values for values in grid.values()),
            "grid must hold lists of values",
        )
        require(
            not stated.get("axis")
            or {key for key, values in grid.items() if len(values) > 1} <= {stated["axis"]},
            f"a grid with an axis can vary nothing but it, this one varies {', '.join(grid)}",
        )
        variants = list(_grid_variants(stated["model"], grid))
    names = [variant.name for variant in variants]
    require(len(set(names)) == len(names), "two variants have the same name")
    require(bool(variants), "has no variant")
    plan = Plan(
        path,
        str(stated.get("title", path.stem)),
        stated["dataset"],
        tuple(seeds),
        str(stated.get("axis", "")),
        tuple(variants),
    )
    for variant in variants:
        share = variant.training_share
        require(
            isinstance(share, (int, float)) and type(share) is not bool and 0 < share <= 1,
            f"{variant.name}: training_share must lie above 0, at most 1",
        )
        if plan.axis:
            try:
                plan.position(variant)
            except (KeyError, TypeError, ValueError):
                require(
                    False,
                    f"{variant.name}: its option {plan.axis}, which the axis shows, is no number",
                )
    return plan


def _grid_variants(model: str, grid: Mapping[str, Sequence[Any]]) -> Iterator[Variant]:
    for values in itertools.product(*grid.values()):
        options, decoder_options, share = {}, {}, 1.0
        for key, value in zip(grid, values, strict=True):
            if key == "training_share":
                share = value
            elif key.startswith("decoder."):
                decoder_options[key.removeprefix("decoder.")] = value
            else:
                options[key] = value
        name = ", ".join(f"{key} {value}" for key, value in zip(grid, values, strict=True))
        yield Variant(name, model, options, decoder_options, share)


def run_sweep(
    plan: Plan,
    data_root: str | Path | None,
    results: str | Path,
    *,
    threads: int = 1,
    jobs: int = 1,
) -> list[Path]:
    """Run what is not stored yet below ``results``/``plan.name`` and return the folders of all runs.

    Models learn from training chromosomes and are tuned and judged on validation chromosomes; the test chromosomes are
    not read. Variants that differ in their decoders alone share a fitted scorer. ``jobs`` scorers are fitted at a time,
    each in a process with ``threads`` threads and a model's whole memory.

    Raises what loading the dataset or running a model raises; the runs finished before it stay.
    """
    try:  # a fault of the data shows before anything runs
        load_dataset(plan.dataset, data_root)
    except DatasetError as error:
        raise DatasetError(f"{plan.path}: {error}") from None
    alike: dict[tuple[str, str, float], list[Variant]] = {}
    for variant in plan.variants:
        spec = _checked_spec(plan, variant)
        key = spec.model, repr(sorted(spec.arguments.items())), variant.training_share
        alike.setdefault(key, []).append(variant)
    tasks = [
        (plan, variants, seed, data_root, Path(results), threads)
        for variants in alike.values()
        for seed in plan.seeds
    ]
    if jobs == 1:
        finished = [_run(task) for task in track(tasks, "runs", unit="run")]
    else:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(jobs, context, initializer=set_quiet, initargs=(True,)) as pool:
            finished = list(track(pool.map(_run, tasks), "runs", len(tasks), "run"))
    return [folder for folders in finished for folder in folders]


def evaluate_sweep(
    plan: Plan,
    data_root: str | Path | None,
    results: str | Path,
    resamples: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """The validation figures of every variant, in the plan's order; ``DatasetError`` where a run is missing."""
    dataset = load_dataset(plan.dataset, data_root)
    runs = {
        variant.name: [_stored(plan, variant, seed, dataset, Path(results)) for seed in plan.seeds]
        for variant in plan.variants
    }
    return evaluate_runs(runs, dataset.on_validation(), resamples, seed)


def _stored(plan: Plan, variant: Variant, seed: int, dataset: Dataset, results: Path) -> Run:
    store, _ = _store(plan, variant, seed, dataset, results)
    spec = _spec(variant)
    folder = store.run_folder(spec.name, run_options(spec), seed)
    store.wanted(folder, "never")
    return store.run(folder)


def _run(
    task: tuple[Plan, Sequence[Variant], int, str | Path | None, Path, int],
) -> list[Path]:
    """Run variants that differ in their decoders alone: their scorer is fitted once."""
    plan, variants, seed, data_root, results, threads = task
    dataset = load_dataset(plan.dataset, data_root)
    store, part = _store(plan, variants[0], seed, dataset, results)
    specs = [_spec(variant) for variant in variants]
    names = ", ".join(variant.name for variant in variants)
    try:
        outcomes = run_gene_structure(part, specs, store, seed=seed, threads=threads)
    except GenestructError as error:
        error.args = (f"{plan.path}, {names}: {error}",)
        raise
    for outcome in outcomes:
        if outcome.folder is None:
            raise ModelError(f"{plan.path}, {outcome.model}: {outcome.missing}")
    return [outcome.folder for outcome in outcomes if outcome.folder is not None]


def _store(
    plan: Plan, variant: Variant, seed: int, dataset: Dataset, results: Path
) -> tuple[ResultsStore, Dataset]:
    part = dataset.on_validation(variant.training_share, seed)
    return ResultsStore(results / plan.name, part.name, part.data_hash), part


def _spec(variant: Variant) -> ModelSpec:
    spec = resolve_model(variant.model)
    return replace(
        spec,
        decoded=False,  # so that the sites are kept as well
        arguments={**spec.arguments, **variant.options},
        decoder_arguments=dict(variant.decoder_options),
    )


def _checked_spec(plan: Plan, variant: Variant) -> ModelSpec:
    """The spec; ``ModelError`` where it cannot be built."""
    try:
        spec = _spec(variant)
        check_arguments(spec)
        contract = GeneFinder if spec.decoder is None else SiteScorer
        build(spec.model, contract, 0, 1, spec.arguments)
        if spec.decoder is not None:
            build(spec.decoder, Decoder, 0, 1, spec.decoder_arguments)
    except ModelError as error:
        raise ModelError(f"{plan.path}, {variant.name}: {error}") from None
    return spec
