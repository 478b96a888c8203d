import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from benchmarks.evaluation.window_boundaries import evaluate_windows
from benchmarks.registry import resolve_model
from benchmarks.report.window_boundaries import render_markdown, write_leaderboard
from benchmarks.results import ResultsStore, group_runs
from benchmarks.rows import look_up
from benchmarks.tasks.gene_structure import run_gene_structure
from features.errors import DatasetError
from features.sites import candidate_sites

NAMES = ["toys:EveryCandidate", "toys:EveryCandidate+hmm", "toys:FrameFinder"]


@pytest.fixture
def store(toys, dataset, tmp_path):
    kept = ResultsStore(tmp_path, dataset.name, dataset.data_hash)
    run_gene_structure(dataset, [resolve_model(name) for name in NAMES], kept)
    return kept


@pytest.fixture
def evaluation(store, dataset):
    return evaluate_windows(group_runs(store.runs()), dataset, resamples=20)


def test_average_precision_and_f1_are_those_of_scikit_learn(toys, store, evaluation, dataset):
    """Chromosome c is one window of 4,000 bases, so every candidate of its forward strand counts."""
    lookup = look_up(evaluation.rows)
    (strand, _) = dataset.labelled("test")[0].strands()
    scores = toys.EveryCandidate().score(strand.sequence)
    for kind in ("donor", "acceptor"):
        candidates = candidate_sites(strand.sequence)[kind]
        true, _ = strand.select(kind, candidates)
        odds = np.full(len(candidates), -99.0)
        odds[np.searchsorted(candidates, scores.positions[kind])] = scores.log_odds[kind]
        row = lookup["sense", NAMES[0], kind, "ap"]
        assert row.value == pytest.approx(average_precision_score(true, odds))
        (other, _) = dataset.labelled("validation")[0].strands()
        known = toys.EveryCandidate().score(other.sequence)
        its_own = candidate_sites(other.sequence)[kind]
        labels, _ = other.select(kind, its_own)
        its_odds = np.full(len(its_own), -99.0)
        its_odds[np.searchsorted(its_own, known.positions[kind])] = known.log_odds[kind]
        cuts = np.unique(known.log_odds[kind])
        cut = max(cuts, key=lambda each: (f1_score(labels, its_odds >= each), each))
        expected = f1_score(true, odds >= cut)
        assert lookup["sense", NAMES[0], kind, "f1"].value == pytest.approx(expected)


def test_a_decoded_model_is_judged_by_its_introns_and_ranks_nothing(evaluation):
    lookup = look_up(evaluation.rows)
    # The toys' genes have no introns.
    assert lookup["sense", NAMES[2], "boundary", "f1"].value == 0
    assert ("sense", NAMES[1], "boundary", "ap") not in lookup


def test_the_windows_are_those_with_boundaries(evaluation):
    assert evaluation.windows == {"sense": 1, "both": 1}
    assert evaluation.boundaries["sense"] == evaluation.boundaries["both"] == 6


def test_a_run_of_an_earlier_version_is_refused(store, dataset):
    for path in store.folder.glob("*/*/validation_sites.parquet"):
        path.unlink()
    with pytest.raises(DatasetError, match="--rerun always"):
        evaluate_windows(group_runs(store.runs()), dataset, resamples=2)


def test_the_page(evaluation, dataset, tmp_path):
    page = render_markdown(evaluation, dataset, "--genome x.fa --annotation x.gff3 --test c")
    assert page.startswith("# window-boundaries: tiny\n")
    assert "1 windows with 6 boundaries, 1.20 per 1,000 bp" in page
    assert "leaderboard --task window-boundaries --genome x.fa" in page
    ranked = page.split("## Sense strand")[1].split("\n\n")[2]
    assert [line.split(" | ")[0] for line in ranked.splitlines()[2:]] == [f"| {n}" for n in NAMES]
    paths = write_leaderboard(evaluation, dataset, tmp_path, "")
    assert [path.name for path in paths] == ["tiny.md", "tiny.csv", "tiny.svg"]
    assert "<svg" in paths[2].read_text()
