"""The task from files to page: run, evaluate, render, and the command line."""

from __future__ import annotations

import csv
import json
import shutil
import sys
import types
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn import metrics

from benchmarks.__main__ import main
from benchmarks.evaluation.sequence_classification import evaluate_classifiers
from benchmarks.registry import ClassifierSpec, resolve_classifier
from benchmarks.report.sequence_classification import render_markdown
from benchmarks.results import ResultsStore, group_runs
from benchmarks.tasks.sequence_classification import (
    read_log_probabilities,
    run_sequence_classification,
)
from features.errors import DatasetError, ModelError
from features.sequence_sets import Fold, SequenceSet
from features.sequence_sets.sequence_set import hash_sequences


class Guess:
    """Tells a class by the share of the first base, learnt by nobody."""

    fitted = 0

    def __init__(self, seed: int = 0, slope: float = 1.0) -> None:
        self.seed = seed
        self.slope = slope

    def fit(self, sequences, labels, validation=None):
        type(self).fitted += 1
        self.classes_ = np.unique(labels)
        assert len(validation[0]) == len(validation[1]) > 0

    def predict_proba(self, sequences):
        generator = np.random.default_rng(self.seed)
        shares = np.array([float((codes == 0).mean()) for codes in sequences])
        odds = self.slope * (shares - 0.3) * 10 + generator.normal(0, 0.5, len(shares))
        first = 1 / (1 + np.exp(odds))
        rest = np.tile((1 - first)[:, None] / (len(self.classes_) - 1), len(self.classes_) - 1)
        return np.column_stack([first, rest])


class Broken(Guess):
    def predict_proba(self, sequences):
        return np.full((len(sequences), 2), np.nan)


class Raising(Guess):
    def fit(self, sequences, labels, validation=None):
        raise RuntimeError("of its own")


@pytest.fixture
def toys(monkeypatch):
    module = types.ModuleType("toys")
    module.Guess, module.Broken, module.Raising = Guess, Broken, Raising
    Guess.fitted = 0
    monkeypatch.setitem(sys.modules, "toys", module)


def make_set(classes: int = 2, count: int = 60) -> SequenceSet:
    generator = np.random.default_rng(0)
    numbers = np.arange(count) % classes
    sequences = [
        np.where(generator.random(50) < 0.2 + 0.2 * (number > 0), 0, 1).astype(np.uint8)
        for number in numbers
    ]
    labels = np.array([f"class {number}" for number in numbers])
    everything = np.arange(count)
    parts = np.array_split(everything, 3)
    folds = tuple(Fold(parts[i - 1], parts[i - 2], parts[i]) for i in range(3))
    taxa = {"family": {f"class {number}": f"family {number // 2}" for number in range(classes)}}
    return SequenceSet(
        "toy",
        "A toy set",
        "nowhere",
        [str(number) for number in everything],
        sequences,
        labels,
        everything // 2,
        {"clean": folds, "published": folds[:1]},
        "class 1" if classes == 2 else "",
        taxa if classes > 2 else {},
        {"first half": everything[: count // 2]},
        "abc",
        explained={"clean": "Thirds of the set.", "first half": "Those that come first."},
        notes=("most of them say nothing",),
    )


@pytest.fixture
def store(tmp_path):
    return ResultsStore(tmp_path / "results", "toy", "abc")


SPECS = [ClassifierSpec("guess", "toys:Guess"), ClassifierSpec("other", "toys:Guess", {"slope": 2})]


def test_only_what_is_missing_is_run(toys, store):
    sequences = make_set()
    folders = run_sequence_classification(sequences, SPECS[:1], store, splits=["published"])
    assert Guess.fitted == 1
    more = run_sequence_classification(sequences, SPECS[:1], store)
    assert Guess.fitted == 4
    assert more[1] == folders[0]
    record = json.loads((more[0] / "run.json").read_text())
    assert (record["split"], record["folds"], record["test_sequences"]) == ("clean", 3, 60)
    with pytest.raises(DatasetError, match="no split 'x'. Its splits: clean, published"):
        run_sequence_classification(sequences, SPECS[:1], store, splits=["x"])
    with pytest.raises(DatasetError, match="no stored run"):
        run_sequence_classification(sequences, SPECS, store, rerun="never")
    with pytest.raises(
        ModelError, match="b: predict_proba gave 20 of 20 sequences no probabilities"
    ):
        run_sequence_classification(sequences, [ClassifierSpec("b", "toys:Broken")], store)
    with pytest.raises(RuntimeError, match="of its own") as raised:
        run_sequence_classification(sequences, [ClassifierSpec("c", "toys:Raising")], store)
    assert raised.value.__notes__ == ["This was c on split clean of toy."]


def test_a_stored_run_holds_what_its_figures_are_computed_from(toys, store):
    sequences = make_set()
    (folder,) = run_sequence_classification(sequences, SPECS[:1], store, splits=["clean"])
    table = pq.read_table(folder / "log_probabilities.parquet").to_pydict()
    assert table["sequence"] == list(range(60))
    assert table["id"] == list(sequences.ids)
    assert table["label"] == sequences.labels.tolist()
    for number, fold in enumerate(sequences.folds["clean"], 1):
        assert {table["fold"][i] for i in fold.test.tolist()} == {number}
    sums = np.exp(table["class_0"]) + np.exp(table["class_1"])
    np.testing.assert_allclose(sums, 1, rtol=1e-5)
    assert json.loads((folder / "run.json").read_text())["classes"] == ["class 0", "class 1"]


def test_metrics_agree_with_scikit_learn(toys, store):
    sequences = make_set()
    run_sequence_classification(sequences, SPECS, store, seed=1)
    runs = group_runs(store.runs())
    assert list(runs) == ["guess", "other"]
    found = evaluate_classifiers(runs, sequences, resamples=50)
    values = {row[:4]: row for row in found.rows}
    (clean,) = (run for run in runs["guess"] if run.record["split"] == "clean")
    indices, told = read_log_probabilities(clean, sequences)
    assert indices.tolist() == list(range(60))
    truth = sequences.labels == "class 1"
    called = told.argmax(axis=1) == 1
    tests = [fold.test for fold in sequences.folds["clean"]]

    def of_folds(metric):
        return np.average(
            [metric(truth[test], told[test, 1] - told[test, 0]) for test in tests],
            weights=[truth[test].sum() * (~truth[test]).sum() for test in tests],
        )

    for metric, expected in (
        ("mcc", metrics.matthews_corrcoef(truth, called)),
        ("precision", metrics.precision_score(truth, called)),
        ("specificity", metrics.recall_score(~truth, ~called)),
        ("auroc", of_folds(metrics.roc_auc_score)),
        ("ap", of_folds(metrics.average_precision_score)),
    ):
        row = values["clean", "guess", "sequence", metric]
        assert row.value == pytest.approx(expected)
        assert row.low <= row.value <= row.high
    half = values["clean/first half", "guess", "sequence", "accuracy"]
    assert half.value == pytest.approx((truth == called)[:30].mean())
    assert found.tested == {
        "clean": 60,
        "clean/first half": 30,
        "published": 20,
        "published/first half": 20,
    }
    assert found.groups["clean"] == 30


def test_taxa_sum_their_classes(toys, store):
    sequences = make_set(classes=4, count=120)
    run_sequence_classification(sequences, SPECS[:1], store)
    found = evaluate_classifiers(group_runs(store.runs()), sequences, resamples=20)
    values = {row[:4]: row.value for row in found.rows}
    run = next(run for run in store.runs() if run.record["split"] == "clean")
    indices, told = read_log_probabilities(run, sequences)
    families = np.exp(told).reshape(-1, 2, 2).sum(axis=2).argmax(axis=1)
    truth = np.arange(120)[indices] % 4 // 2
    assert values["clean", "guess", "family", "accuracy"] == pytest.approx(
        (families == truth).mean()
    )
    page = render_markdown(found, sequences, "--dataset toy")
    assert "family accuracy" in page
    assert "macro F1" in page


def test_intervals_of_macro_means_over_small_classes_hold_their_value(toys, store):
    sequences = make_set(classes=40, count=160)
    run_sequence_classification(sequences, SPECS[:1], store)
    found = evaluate_classifiers(group_runs(store.runs()), sequences)
    of_macro = [row for row in found.rows if row.metric.startswith("macro")]
    assert {row.level for row in of_macro} == {"sequence", "family"}
    for row in of_macro:
        assert row.low < row.value < row.high


def test_the_page(toys, store):
    sequences = make_set()
    run_sequence_classification(sequences, SPECS, store, seed=1)
    runs = group_runs(store.runs())
    found = evaluate_classifiers(runs, sequences, resamples=50)
    page = render_markdown(found, sequences, "--dataset toy")
    for text in (
        "# sequence-classification: A toy set",
        "class 0 30, class 1 30",
        "bold.\n\nMost of them say nothing.",
        "## Split clean\n\n60 test sequences in 30 groups. Thirds of the set.",
        "## Split clean: first half\n\n30 test sequences in 15 groups. Those that come first.",
        "python -m benchmarks run --task sequence-classification --dataset toy --model guess "
        "--model other --seed 1",
    ):
        assert text in page
    assert "No network has been run on this split." in page
    found.neural = {"other"}
    assert "by which networks are ahead of the best classical model" in render_markdown(
        found, sequences, "--dataset toy"
    )
    for table in (part for part in page.split("\n\n") if part.startswith("| model |")):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_runs_of_another_split_are_told(toys, store):
    sequences = make_set()
    run_sequence_classification(sequences, SPECS[:1], store)
    changed = make_set()
    changed.folds["clean"] = changed.folds["clean"][:2]
    with pytest.raises(DatasetError, match="tells other sequences than split clean"):
        evaluate_classifiers(group_runs(store.runs()), changed)


def test_the_command_line(tmp_path: Path, capsys) -> None:
    generator = np.random.default_rng(1)
    table = tmp_path / "toy.tsv"
    rows = ["sequence\tlabel\tset"]
    for number in range(90):
        shares = (0.4, 0.1, 0.1, 0.4) if number % 2 else (0.1, 0.4, 0.4, 0.1)
        letters = "".join(generator.choice(list("ACGT"), 60, p=shares))
        rows.append(
            f"{letters}\t{'at' if number % 2 else 'gc'}\t{('train', 'validation', 'test')[number // 2 % 3]}"
        )
    table.write_text("\n".join(rows) + "\n")
    task = [
        "--task",
        "sequence-classification",
        "--table",
        str(table),
        "--results",
        str(tmp_path / "r"),
    ]
    names = ["kmer-centroid", "kmer-centroid+canonical", "kmer-bayes"]
    models = [part for name in reversed(names) for part in ("--model", name)]
    assert main(["run", *task, *models, "--quiet"]) == 0
    capsys.readouterr()
    assert main(["run", *task, *models[:2], "--model", "kmer-xgb"]) == 0
    kept = [line for line in capsys.readouterr().err.splitlines() if line.startswith("kept: ")]
    assert len(kept) == 1
    assert kept[0].startswith("kept: kmer-bayes, stated (commit ")
    shutil.rmtree(next((tmp_path / "r").glob("*/*/kmer-xgb-*")))
    assert main(["leaderboard", *task, "--output", str(tmp_path / "pages"), "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "--table toy.tsv" in printed
    rows = [line.split(" | ")[0].removeprefix("| ") for line in printed.splitlines()]
    assert [row for row in rows if row in names] == names
    pages = tmp_path / "pages" / "sequence-classification"
    written = list(csv.DictReader((pages / "toy.csv").read_text().splitlines()))
    (accuracy,) = (
        row
        for row in written
        if (row["subset"], row["model"], row["metric"]) == ("stated", "kmer-centroid", "accuracy")
    )
    assert float(accuracy["value"]) > 0.9
    assert (pages / "toy.svg").exists()
    assert main(["run", "--task", "sequence-classification"]) == 2
    assert "one set of sequences is needed" in capsys.readouterr().err


def test_classifiers_are_named_in_the_registry(tmp_path: Path) -> None:
    assert resolve_classifier("kmer-svm").options["k"] == 6
    with pytest.raises(ModelError, match="no classifier 'kmer'.* Known classifiers: kmer-centroid"):
        resolve_classifier("kmer")
    with pytest.raises(ModelError, match="kmer-svm takes no language model"):
        resolve_classifier(f"kmer-svm@{tmp_path}")


def test_options_of_a_classifier_stand_behind_its_name(tmp_path: Path) -> None:
    spec = resolve_classifier("kmer-bayes+k7+canonical")
    assert spec.name == "kmer-bayes+k7+canonical"
    assert spec.arguments == {"k": 7, "canonical": True}
    assert resolve_classifier("kmer-bayes").options["canonical"] is False
    for name, message in (
        ("kmer-svm+k", r"no option \+k. Give \+canonical, or \+k1 to \+k7"),
        ("kmer-svm+canonical7", "no option"),
        ("coding-xgb+canonical", "coding-xgb takes no option canonical"),
        (f"ulmfit+k5@{tmp_path}", r"has words of its own. Leave out \+k5"),
    ):
        with pytest.raises(ModelError, match=message):
            resolve_classifier(name)


def test_only_finetune_at_the_end_is_an_option_of_a_language_model(tmp_path: Path) -> None:
    folder = tmp_path / "lm+finetuned"
    folder.mkdir()
    (folder / "model.json").write_text(json.dumps({"kind": "language-model"}))
    spec = resolve_classifier(f"ulmfit@{folder}")
    assert spec.name == "ulmfit@lm+finetuned"
    assert "finetune_epochs" not in spec.arguments
    with pytest.raises(ModelError, match="lm.finetuned-for-5"):
        resolve_classifier(f"ulmfit@{folder}-for-5")


class Plain(Guess):
    """As scikit-learn has it: no validation."""

    def fit(self, sequences, labels):
        self.classes_ = np.unique(labels)


class Misnamed(Guess):
    def fit(self, sequences, labels, validation=None):
        super().fit(sequences, labels, validation)
        self.classes_ = np.array(["class 0", "else"])


def test_a_classifier_may_do_without_validation(toys, store):
    sys.modules["toys"].Plain, sys.modules["toys"].Misnamed = Plain, Misnamed
    sequences = make_set()
    assert run_sequence_classification(sequences, [ClassifierSpec("p", "toys:Plain")], store)
    with pytest.raises(ModelError, match="classes_ are class 0, else, which are not"):
        run_sequence_classification(sequences, [ClassifierSpec("m", "toys:Misnamed")], store)


@pytest.mark.parametrize("place", [0, 1])
def test_a_language_model_must_not_have_read_the_set(toys, store, tmp_path, place):
    folder = tmp_path / "read"
    folder.mkdir()
    read = [{"sequences_hash": "of something else", "split": "clean"}]
    # In another order and with other splits they are the same sequences.
    own = hash_sequences(make_set().sequences[::-1])
    read.insert(place, {"sequences_hash": own, "data_hash": "other", "split": "clean"})
    (folder / "model.json").write_text(json.dumps({"kind": "language-model", "trained_on": read}))
    spec = resolve_classifier(f"ulmfit@{folder}+finetune")
    assert spec.name == "ulmfit@read+finetune"
    assert spec.options["finetune_epochs"] > 0
    with pytest.raises(ModelError, match="fine-tuned on sequences of toy, which other folds test"):
        run_sequence_classification(make_set(), [spec], store)
