"""The task from files to page: run, evaluate, render, and the command line."""

from __future__ import annotations

import csv
import json
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics

from baselines.gene_finders.program import MissingProgramError
from benchmarks.__main__ import main
from benchmarks.evaluation.gene_symbols import evaluate_symbols
from benchmarks.metrics.symbols import weighted_precision
from benchmarks.registry import ClassifierSpec
from benchmarks.report.gene_symbols import render_markdown
from benchmarks.results import ResultsStore, group_runs
from benchmarks.symbol_models import (
    QUICK_SYMBOL_MODELS,
    missing_symbol_programs,
    resolve_symbol_model,
)
from benchmarks.tasks.gene_symbols import read_assigned, run_gene_symbols
from features.errors import DatasetError, ModelError
from features.proteins import Assigned, Proteins, ProteinSet
from features.proteins.splits import SplitRule, apply_split
from tests.protein_families import families, write_families


class Guess:
    """Tells the symbol of the training protein of most nearly the same length, rightly or not."""

    fitted = 0

    def __init__(self, seed: int = 0, offset: int = 0) -> None:
        self.offset = offset

    def fit(self, training: Proteins, validation: Proteins | None = None) -> None:
        type(self).fitted += 1
        assert validation is not None
        assert len(validation.sequences)
        self.training = training

    def assign(self, proteins: Proteins) -> Assigned:
        assert not len(proteins.symbols), "the symbols of test proteins are not told"
        known = np.array([int(each[0]) for each in self.training.sequences])
        asked = np.array([int(each[0]) for each in proteins.sequences])
        best = np.abs(asked[:, None] - known + self.offset).argmin(axis=1)
        sure = (asked % 4) / 4 + 0.2
        return Assigned(self.training.symbols[best], sure)


class Broken(Guess):
    def assign(self, proteins: Proteins) -> Assigned:
        return Assigned(*(np.full(1, np.nan) for _ in range(2)))


class Absent(Guess):
    def fit(self, training: Proteins, validation: Proteins | None = None) -> None:
        raise MissingProgramError("not installed: absent (nowhere)")


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("toys")
    module.Guess, module.Broken, module.Absent = Guess, Broken, Absent
    Guess.fitted = 0
    monkeypatch.setitem(sys.modules, "toys", module)


@pytest.fixture
def proteins(tmp_path: Path) -> ProteinSet:
    found = families(tmp_path, symbols=20)
    rule = SplitRule("unseen", ["Mus musculus"], ["Bos taurus"], share=0.2)
    found.folds["unseen-symbols"] = apply_split(rule, found.symbols, found.species, [])
    rule = SplitRule("species", ["Mus musculus", "Sus scrofa"], ["Bos taurus"])
    found.folds["two"] = apply_split(rule, found.symbols, found.species, [])
    return found


@pytest.fixture
def store(tmp_path: Path) -> ResultsStore:
    return ResultsStore(tmp_path / "results", "toy", "abc")


SPECS = [
    ClassifierSpec("guess", "toys:Guess"),
    ClassifierSpec("other", "toys:Guess", {"offset": 3}),
]


def test_only_what_is_missing_is_run(toys: None, proteins: ProteinSet, store: ResultsStore) -> None:
    (first,) = run_gene_symbols(proteins, SPECS[:1], store, splits=["random"])
    assert Guess.fitted == 1
    more = run_gene_symbols(proteins, SPECS[:1], store)
    assert Guess.fitted == len(proteins.folds)
    assert first in more
    assert first.folder is not None
    record = json.loads((first.folder / "run.json").read_text())
    assert (record["split"], record["test_proteins"]) == ("random", 5)
    with pytest.raises(DatasetError, match="no split 'x'"):
        run_gene_symbols(proteins, SPECS[:1], store, splits=["x"])
    with pytest.raises(DatasetError, match="no stored run"):
        run_gene_symbols(proteins, SPECS, store, rerun="never")
    with pytest.raises(ModelError, match="values that are no probabilities"):
        run_gene_symbols(proteins, [ClassifierSpec("b", "toys:Broken")], store)
    absent = run_gene_symbols(proteins, [ClassifierSpec("a", "toys:Absent")], store, splits=["two"])
    assert absent[0][1:] == (None, "not installed: absent (nowhere)")


def test_metrics_agree_with_scikit_learn(
    toys: None, proteins: ProteinSet, store: ResultsStore
) -> None:
    run_gene_symbols(proteins, SPECS, store, seed=1)
    runs = group_runs(store.runs())
    assert list(runs) == ["guess", "other"]
    found = evaluate_symbols(runs, proteins, resamples=50)
    values = {row[:4]: row for row in found.rows}
    for split in ("held-out-species", "unseen-symbols"):
        (run,) = (run for run in runs["guess"] if run.record["split"] == split)
        indices, told = read_assigned(run)
        fold = proteins.fold(split)
        assert indices.tolist() == fold.test.tolist()
        seen = np.isin(proteins.symbols[indices], proteins.symbols[fold.train])
        truth, given = proteins.symbols[indices][seen], told.symbols[seen]
        accepted = told.probability[seen] >= 0.9
        expected = {
            "accuracy": metrics.accuracy_score(truth, given),
            "recall": metrics.recall_score(truth, given, average="weighted", zero_division=0),
            "precision": metrics.precision_score(truth, given, average="weighted", zero_division=0),
            "coverage_at_0.9": accepted.mean(),
        }
        if accepted.any():
            expected["accuracy_at_0.9"] = (truth == given)[accepted].mean()
        if not seen.all():
            expected["unknown_auroc"] = metrics.roc_auc_score(seen, told.probability)
            expected["unseen_accepted"] = (told.probability[~seen] >= 0.9).mean()
        for metric, value in expected.items():
            row = values[split, "guess", "symbol", metric]
            assert row.value == pytest.approx(value)
            assert row.low <= row.value <= row.high
    assert found.unseen["unseen-symbols"] == 4
    assert ("held-out-species", "guess", "symbol", "unknown_auroc") not in values
    assert found.tested["two/Sus scrofa"] == 20
    assert found.tested["two"] == 40


def test_weighted_precision_by_weights() -> None:
    truth, told = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1])
    measure = weighted_precision(truth, told, np.arange(4))
    weights = np.array([[1.0, 1, 1, 1], [2, 0, 1, 1]])
    for row, value in zip(weights, measure(weights), strict=True):
        expected = metrics.precision_score(
            truth, told, average="weighted", sample_weight=row, zero_division=0
        )
        assert value == pytest.approx(expected)
    assert measure(weights[0]) == pytest.approx(measure(weights)[0])


def test_the_page(toys: None, proteins: ProteinSet, store: ResultsStore) -> None:
    run_gene_symbols(proteins, SPECS, store, seed=1)
    found = evaluate_symbols(group_runs(store.runs()), proteins, resamples=50)
    page = render_markdown(found, proteins, "--dataset toy")
    for text in (
        "# gene-symbols: families",
        "| proteins | 100 of 5 species |",
        "## Split held-out-species\n\n20 test proteins.",
        "## Split two: Sus scrofa",
        "20 test proteins, 4 of symbols that training lacks. A tenth",
        "unknown AUROC",
        "The fewer the better:",
        "python -m benchmarks run --task gene-symbols --dataset toy --model guess --model other --seed 1",
    ):
        assert text in page
    assert "networks are ahead" not in page
    found.neural = {"other"}
    assert "Points of accuracy by which networks are ahead" in render_markdown(
        found, proteins, "--dataset toy"
    )
    for table in (part for part in page.split("\n\n") if part.startswith("| model |")):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_runs_of_another_split_are_told(
    toys: None, proteins: ProteinSet, store: ResultsStore
) -> None:
    run_gene_symbols(proteins, SPECS[:1], store, splits=["two"])
    proteins.folds["two"] = proteins.folds["random"]
    with pytest.raises(DatasetError, match="assigns other proteins than split two"):
        evaluate_symbols(group_runs(store.runs()), proteins)


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_families(tmp_path / "toy.fa")
    task = ["--task", "gene-symbols", "--sequences", str(path), "--test-species", "Mus musculus"]
    where = ["--results", str(tmp_path / "r")]
    models = ["--model", "word-containment", "--model", "diamond", "--split", "held-out-species"]
    missing = missing_symbol_programs()["diamond"]
    assert main(["run", *task, *where, *models, "--quiet"]) == 0
    assert missing in capsys.readouterr().err
    assert main(["run", *task, *where, *models[:2], *models[4:], "--seed", "2", "--quiet"]) == 0
    assert len(list((tmp_path / "r" / "gene-symbols").iterdir())) == 1, "both seeds of one set"
    assert main(["leaderboard", *task, *where, "--output", str(tmp_path / "pages"), "--quiet"]) == 0
    assert "--sequences toy.fa --test-species 'Mus musculus'" in capsys.readouterr().out
    pages = tmp_path / "pages" / "gene-symbols"
    written = list(csv.DictReader((pages / "toy.csv").read_text().splitlines()))
    (accuracy,) = (
        row
        for row in written
        if (row["subset"], row["metric"]) == ("held-out-species", "accuracy")
        and row["model"] == "word-containment"
    )
    assert float(accuracy["value"]) > 0.9
    assert (pages / "toy.svg").exists()
    assert main(["run", "--task", "gene-symbols"]) == 2
    assert "one set of proteins is needed" in capsys.readouterr().err
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    assert "mammal-symbols" in printed
    assert "word-containment" in printed


def test_models_are_named_in_the_registry() -> None:
    assert QUICK_SYMBOL_MODELS == ["word-containment", "word-centroid", "word-linear"]
    assert resolve_symbol_model("word-containment").options["k"] == 5
    with pytest.raises(ModelError, match="no gene-symbol model 'words'. Known: word-containment"):
        resolve_symbol_model("words")
    with pytest.raises(ModelError, match="word-linear has no presets"):
        resolve_symbol_model("word-linear@small")
    with pytest.raises(ModelError, match="cannot be imported"):
        resolve_symbol_model("nothing.here:Model")
    with pytest.raises(ModelError, match="assign"):
        resolve_symbol_model("baselines.expression:GeneMean")


def test_a_network_is_named_with_its_preset() -> None:
    pytest.importorskip("torch")
    found = resolve_symbol_model("gst@gst-development")
    assert (found.name, found.options["preset"]) == ("gst@gst-development", "gst-development")
    with pytest.raises(ModelError, match="Known sizes: gst, gst-development"):
        resolve_symbol_model("gst@large")
