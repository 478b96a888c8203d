"""The gene-structure task: fit on training chromosomes, choose on validation, predict the test chromosomes, store."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from baselines.gene_finders.program import MissingProgramError
from baselines.greedy import choose_thresholds
from benchmarks.contracts import Decoder, GeneFinder, SiteScorer
from benchmarks.machine import Stopwatch
from benchmarks.registry import ModelSpec, build, constructor_options
from benchmarks.results import ResultsStore, RunWriter
from benchmarks.tasks.record import describe_dataset, describe_run
from features.datasets import Dataset
from features.errors import ModelError
from features.genome import Codes
from features.labelled import LabelledChromosome, ScoredChromosome
from features.progress import track
from features.scorers.strands import score_both_strands
from features.sites import SiteScores
from features.transcripts import Transcript

__all__ = ["TASK", "Outcome", "run_gene_structure", "run_options"]

TASK = "gene-structure"


class Outcome(NamedTuple):
    """What became of one model.

    Attributes
    ----------
    model : its name.
    folder : where its run lies; ``None`` where its program is not installed.
    missing : which program is not installed; else empty.
    """

    model: str
    folder: Path | None
    missing: str = ""


def run_gene_structure(
    dataset: Dataset,
    models: Sequence[ModelSpec],
    store: ResultsStore,
    *,
    seed: int = 0,
    threads: int = 1,
    rerun: str = "missing",
) -> list[Outcome]:
    """Run ``models`` on ``dataset`` and return what became of each, in the same order.

    A scorer named with several decoders is fitted once and scores each chromosome once. Nothing of the test chromosomes
    but their sequence is read, and that only to predict them. A model whose program is not installed is passed over. A
    stored run counts as there whatever commit made it.

    Raises
    ------
    DatasetError : ``rerun`` is "never" and a run is missing.
    ModelError, TrainingError : a model that cannot be made or learnt; the runs finished before it stay.
    """
    task = _Task(dataset, store, seed, threads)
    folders = [store.run_folder(spec.name, run_options(spec), seed) for spec in models]
    wanted: dict[tuple[str, str], list[ModelSpec]] = {}
    outcomes = {}
    for spec, folder in zip(models, folders, strict=True):
        if store.wanted(folder, rerun):
            wanted.setdefault((spec.model, repr(spec.arguments)), []).append(spec)
        outcomes[folder] = Outcome(spec.name, folder)
    for specs in track(wanted.values(), "models", total=len(wanted), unit="model"):
        if all(spec.decoder is not None for spec in specs):
            task.run_scorer(specs)
            continue
        for spec in specs:
            try:
                task.run_gene_finder(spec)
            except MissingProgramError as error:
                folder = store.run_folder(spec.name, run_options(spec), seed)
                outcomes[folder] = Outcome(spec.name, None, missing=str(error))
    return [outcomes[folder] for folder in folders]


class _Task:
    """One dataset, its training and validation chromosomes read when the first model needs them."""

    def __init__(self, dataset: Dataset, store: ResultsStore, seed: int, threads: int) -> None:
        self.dataset = dataset
        self.store = store
        self.seed = seed
        self.threads = threads
        self.lengths = {
            role: {name: dataset.genome.length(name) for name in names}
            for role, names in (
                ("validation", dataset.split.validation),
                ("test", dataset.split.test),
            )
        }
        self._labelled: dict[str, list[LabelledChromosome]] = {}

    def labelled(self, role: str) -> list[LabelledChromosome]:
        if role not in self._labelled:
            self._labelled[role] = self.dataset.labelled(role)
        return self._labelled[role]

    def run_gene_finder(self, spec: ModelSpec) -> None:
        training, validation = self.labelled("train"), self.labelled("validation")
        watch = Stopwatch()
        finder = build(spec.model, GeneFinder, self.seed, self.threads, spec.arguments)
        with watch.stage("fit"):
            finder.fit(training, validation)
        folder = self.store.run_folder(spec.name, run_options(spec), self.seed)
        with self.store.write(folder) as writer:
            for name in self._test_names(spec.name):
                with watch.stage("read"):
                    sequence = self.dataset.genome.fetch(name)
                with watch.stage("predict"):
                    writer.add_transcripts(_checked(spec, finder.predict(sequence, name)))
            usage = getattr(finder, "usage", None)
            self._finish(writer, spec, watch.seconds, watch, {}, usage)

    def run_scorer(self, specs: Sequence[ModelSpec]) -> None:
        """Run ``specs``, which share their scorer and its arguments."""
        scorer_spec = specs[0]
        training, validation = self.labelled("train"), self.labelled("validation")
        watch = Stopwatch()
        scorer = build(
            scorer_spec.model, SiteScorer, self.seed, self.threads, scorer_spec.arguments
        )
        with watch.stage("fit"):
            scorer.fit(training, validation)
        with watch.stage("score_validation"):
            scored = [
                ScoredChromosome(chromosome, *_scores(scorer_spec, scorer, chromosome.sequence))
                for chromosome in track(validation, "validation scores", unit="chromosome")
            ]
        thresholds = {
            kind: threshold if math.isfinite(threshold) else None
            for kind, threshold in choose_thresholds(scored).items()
        }
        rows = []
        for spec in specs:
            assert spec.decoder is not None
            folder = self.store.run_folder(spec.name, run_options(spec), self.seed)
            decoder = build(spec.decoder, Decoder, self.seed, self.threads, spec.decoder_arguments)
            with watch.stage(f"fit {folder}"):
                decoder.fit(training, scored)
            rows.append((spec, folder, decoder))
        with ExitStack() as open_runs:
            writers = [open_runs.enter_context(self.store.write(folder)) for _, folder, _ in rows]
            for (spec, folder, decoder), writer in zip(rows, writers, strict=True):
                for each in scored:
                    name, sequence = each.chromosome.name, each.chromosome.sequence
                    with watch.stage(f"decode_validation {folder}"):
                        found = decoder.decode(each.forward, each.reverse, sequence, name)
                    writer.add_transcripts(_checked(spec, found), "validation")
                    if not spec.decoded:
                        writer.add_sites(name, each.forward, each.reverse, "validation")
            for name in self._test_names(scorer_spec.model):
                with watch.stage("read"):
                    sequence = self.dataset.genome.fetch(name)
                with watch.stage("score"):
                    forward, reverse = _scores(scorer_spec, scorer, sequence)
                for (spec, folder, decoder), writer in zip(rows, writers, strict=True):
                    with watch.stage(f"decode {folder}"):
                        found = decoder.decode(forward, reverse, sequence, name)
                    writer.add_transcripts(_checked(spec, found))
                    if not spec.decoded:
                        writer.add_sites(name, forward, reverse)
            for (spec, folder, _), writer in zip(rows, writers, strict=True):
                seconds = {
                    stage: watch.seconds[stage]
                    for stage in ("fit", "score_validation", "read", "score")
                }
                seconds["fit_decoder"] = watch.seconds[f"fit {folder}"]
                seconds["decode_validation"] = watch.seconds[f"decode_validation {folder}"]
                seconds["decode"] = watch.seconds[f"decode {folder}"]
                self._finish(
                    writer, spec, seconds, watch, {"thresholds": {} if spec.decoded else thresholds}
                )

    def _test_names(self, title: str) -> Iterable[str]:
        return track(self.dataset.split.test, f"{title}: test", unit="chromosome")

    def _finish(
        self,
        writer: RunWriter,
        spec: ModelSpec,
        seconds: dict[str, float],
        watch: Stopwatch,
        extra: dict[str, Any],
        usage: object = None,
    ) -> None:
        record = describe_run(
            TASK,
            describe_dataset(self.dataset),
            spec.name,
            run_options(spec),
            self.seed,
            self.threads,
            watch,
            seconds,
            usage,
        )
        record |= {"test_bases": sum(self.lengths["test"].values()), **extra}
        writer.finish(record, self.lengths)


def _scores(spec: ModelSpec, scorer: SiteScorer, sequence: Codes) -> tuple[SiteScores, SiteScores]:
    """Scores of both strands; ``ModelError`` where they are no ``SiteScores`` of them."""
    both = score_both_strands(scorer, sequence)
    for each in both:
        if not isinstance(each, SiteScores) or each.length != len(sequence):
            said = f"those of {each.length:,} bases" if isinstance(each, SiteScores) else repr(each)
            raise ModelError(
                f"{spec.model}: score gave {said:.80} for a strand of {len(sequence):,} bases, where "
                "features.sites.SiteScores of that length were expected."
            )
    return both


def _checked(spec: ModelSpec, found: Iterable[object]) -> list[Transcript]:
    """``found``; ``ModelError`` where it holds anything but transcripts."""
    checked = []
    for each in found:
        if not isinstance(each, Transcript):
            raise ModelError(
                f"{spec.name}: predicted a {type(each).__name__}, where features.transcripts.Transcript was expected."
            )
        checked.append(each)
    return checked


def run_options(spec: ModelSpec) -> dict[str, Any]:
    """What a run of ``spec`` is stored under: every option of the model and of its decoder."""
    options: dict[str, Any] = {
        "model": {"class": spec.model, **constructor_options(spec.model), **spec.arguments}
    }
    if spec.decoder is not None:
        options["decoder"] = {
            "class": spec.decoder,
            **constructor_options(spec.decoder),
            **spec.decoder_arguments,
        }
    return options
