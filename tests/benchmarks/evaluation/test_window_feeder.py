import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.evaluation.window_feeder import evaluate_feeders
from benchmarks.registry import resolve_classifier, resolve_model
from benchmarks.report.window_feeder import render_markdown, write_leaderboard
from benchmarks.results import ResultsStore, group_runs
from benchmarks.rows import look_up
from benchmarks.tasks.gene_structure import run_gene_structure
from benchmarks.tasks.window_feeder import examples, read_probabilities, run_window_feeder
from features import windows
from features.errors import DatasetError
from features.windows import label_windows

SCORER = "toys:EveryCandidate"


CLASSIFIERS = [resolve_classifier(name) for name in ("kmer-logistic", "kmer-xgb")]


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    """Windows of 200 bases, so that some of the tiny chromosomes hold no boundary."""
    for module in ("features.windows", "benchmarks.evaluation.window_feeder"):
        monkeypatch.setattr(f"{module}.WINDOW", 200)


@pytest.fixture
def stores(toys, dataset, tmp_path):
    fed = ResultsStore(tmp_path / "fed", dataset.name, dataset.data_hash)
    run_window_feeder(dataset, CLASSIFIERS, fed, threads=1)
    scored = ResultsStore(tmp_path / "scored", dataset.name, dataset.data_hash)
    run_gene_structure(dataset, [resolve_model(n) for n in (SCORER, SCORER + "+hmm")], scored)
    return fed, scored


@pytest.fixture
def evaluation(stores, dataset):
    fed, scored = (group_runs(store.runs()) for store in stores)
    return evaluate_feeders(fed, scored, dataset, resamples=20)


def test_windows_are_ranked_as_scikit_learn_says(stores, evaluation, dataset):
    (run, _) = stores[0].runs()
    lookup = look_up(evaluation.rows)
    cut = label_windows(dataset.labelled("test")[0])
    for variant in ("sense", "both"):
        labels = {key: label for key, _, label in examples(cut, variant)}
        told = read_probabilities(run, variant, "test")
        assert told.keys() == labels.keys()
        pair = list(labels.values()), [told[key] for key in labels]
        found = {m: lookup[variant, run.model, "window", m].value for m in ("ap", "auroc")}
        assert found["ap"] == pytest.approx(average_precision_score(*pair))
        assert found["auroc"] == pytest.approx(roc_auc_score(*pair))
        assert evaluation.windows[variant] == len(labels)
        assert evaluation.positive[variant] == sum(labels.values())


def test_a_scorer_is_a_feeder_too(evaluation, toys, dataset):
    lookup = look_up(evaluation.rows)
    assert 0 < lookup["both", SCORER, "window", "ap"].value <= 1
    assert SCORER + "+hmm" not in evaluation.seeds  # its row has no scores of its own
    (chromosome,) = dataset.labelled("test")
    strand, _ = chromosome.strands()
    scores = toys.EveryCandidate().score(strand.sequence)
    sure = 0.0
    for kind in ("donor", "acceptor"):
        inside = scores.positions[kind] // windows.WINDOW == 3
        odds = scores.log_odds[kind][inside].astype(float)
        sure -= np.log(1 - 1 / (1 + np.exp(-odds))).sum()
    from benchmarks.evaluation.window_feeder import _Windows

    scored = {
        (chromosome.name, "+", kind): (scores.positions[kind], scores.log_odds[kind])
        for kind in ("donor", "acceptor")
    }
    told = _Windows(dataset, "test").from_sites(scored, "sense")
    assert told["c", "+", 3] == pytest.approx(sure)
    assert told["c", "-", 3] == 0


def test_pipelines_stand_beside_the_scorer_alone(evaluation):
    models = [
        row.model for row in evaluation.rows if row.level == "pipeline" and row.metric == "f1"
    ]
    assert models == [SCORER, f"kmer-logistic > {SCORER}", f"kmer-xgb > {SCORER}"]
    assert all(0 <= row.value <= 1 for row in evaluation.rows if row.metric == "f1")


def brute_force(dataset, run, feeder, cut, thresholds):
    """(true, found, predicted) boundaries in the windows that count, of those called where the feeder says so."""
    (chromosome,) = dataset.labelled("test")
    fed = read_probabilities(feeder, "both", "test") if feeder else {}
    usable = {key[2] for key, _, _ in examples(label_windows(chromosome), "both")}
    scored = run.sites({"c": len(chromosome.sequence)})
    true, called = set(), set()
    for strand in chromosome.strands():
        for kind in ("donor", "acceptor"):
            for position in strand.labels[kind].true.tolist():
                true.add((strand.strand, kind, position))
            for position, odds in zip(
                *scored.get(("c", strand.strand, kind), ((), ())), strict=True
            ):
                forward = position if strand.strand == "+" else len(strand.sequence) - 1 - position
                window = forward // windows.WINDOW
                passes = not feeder or fed.get(("c", "+", window), -1) >= cut
                if window in usable and passes and odds >= thresholds[kind]:
                    called.add((strand.strand, kind, int(position)))
    return len(true), len(true & called), len(called)


def test_a_pipeline_counts_what_it_calls(stores, dataset, monkeypatch):
    from benchmarks.evaluation import window_feeder as module

    fed, scored = stores
    feeder = next(run for run in fed.runs() if run.model == "kmer-xgb")
    run = next(run for run in scored.runs() if run.model == SCORER)
    test = module._Windows(dataset, "test")
    sites = test.sites(run.sites(test.lengths))
    told = read_probabilities(feeder, "both", "test")
    probabilities = module._by_number(test, told)
    cut = float(np.median(probabilities))
    for threshold in (-3.0, 2.0):
        monkeypatch.setattr(module, "best_threshold", lambda *_, t=threshold: t)
        monkeypatch.setattr(module.np, "quantile", lambda *_, **__: np.array([cut]))
        counts = module._pipeline((sites, sites), (probabilities, probabilities)).sum(axis=0)
        expected = brute_force(
            dataset, run, feeder, cut, dict.fromkeys(("donor", "acceptor"), threshold)
        )
        assert tuple(counts[:3]) == expected
        assert counts[3] == counts[1]


def test_what_is_stored_is_not_run_again(stores, dataset, monkeypatch):
    fed, _ = stores
    monkeypatch.setattr("benchmarks.tasks.window_feeder.build", None)
    assert len(run_window_feeder(dataset, CLASSIFIERS[1:], fed, rerun="never")) == 1
    with pytest.raises(DatasetError, match="no stored run"):
        run_window_feeder(dataset, CLASSIFIERS[1:], fed, seed=9, rerun="never")


def test_the_page(evaluation, dataset, tmp_path):
    page = render_markdown(evaluation, dataset, "--genome x.fa --annotation x.gff3 --test c")
    assert page.startswith("# window-feeder: tiny\n")
    assert "## Pipeline" in page
    paths = write_leaderboard(evaluation, dataset, tmp_path, "")
    assert [path.name for path in paths] == ["tiny.md", "tiny.csv", "tiny.svg"]
    commands = [line for line in page.splitlines() if line.startswith("python -m benchmarks run")]
    assert [("--task window-feeder" in line, "kmer-xgb" in line) for line in commands] == [
        (False, False),
        (True, True),
    ]
    assert page.count("| kmer-xgb > toys:EveryCandidate |") == 1
