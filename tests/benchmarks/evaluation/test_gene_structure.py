import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from benchmarks.evaluation import gene_structure as evaluation_module
from benchmarks.evaluation.gene_structure import TestSet as HeldOut
from benchmarks.evaluation.gene_structure import evaluate_runs
from benchmarks.metrics.structure import STRATA
from benchmarks.registry import resolve_model
from benchmarks.results import ResultsStore, group_runs
from benchmarks.tasks.gene_structure import run_gene_structure
from features.genome import reverse_complement
from features.sites import KINDS, candidate_sites, label_sites

NAMES = ["toys:EveryCandidate", "toys:EveryCandidate+hmm", "toys:FrameFinder"]


@pytest.fixture
def store(toys, dataset, tmp_path):
    return ResultsStore(tmp_path, dataset.name, dataset.data_hash)


@pytest.fixture
def evaluation(dataset, store):
    run_gene_structure(dataset, [resolve_model(name) for name in NAMES], store, seed=2)
    return evaluate_runs(group_runs(store.runs()), dataset, resamples=50)


def values(evaluation, subset="all"):
    return {
        (row.model, row.level, row.metric): row.value
        for row in evaluation.rows
        if row.subset == subset
    }


def test_every_level_and_metric_has_its_row(evaluation):
    found = values(evaluation)
    for model in NAMES:
        for level in ("nucleotide", "exon", "intron", "transcript", "gene"):
            for metric in ("tp", "predicted", "true", "sensitivity", "precision", "f1"):
                assert (model, level, metric) in found
        for level in ("exon", "intron"):
            for metric in ("missed", "partial", "overlapping", "wrong"):
                assert (model, level, metric) in found
        for metric in ("missed", "split", "merged", "partial", "wrong"):
            assert (model, "gene", metric) in found
        for stratum in STRATA:
            for metric in ("tp", "true", "sensitivity"):
                assert (model, stratum, metric) in found
        for metric in ("train_seconds", "predict_mb_per_second", "peak_gib"):
            assert (model, "run", metric) in found
    ranked = {(model, kind) for model, kind, metric in found if metric in ("ap", "topk")}
    assert ranked == {(NAMES[0], kind) for kind in KINDS}
    assert {kind for model, kind, metric in found if metric == "f1" and model == NAMES[1]} > set(
        KINDS
    )


def test_the_validation_chromosomes_are_judged_by_what_was_decoded_on_them(evaluation, dataset):
    found = values(evaluation, "validation")
    assert {model for model, _, _ in found} == set(NAMES[:2])
    genes = {each.gene for each in dataset.chromosome("b").transcripts if each.coding}
    assert found[NAMES[1], "gene", "true"] == len(genes)
    assert found[NAMES[1], "gene", "tp"] == values(evaluation)[NAMES[1], "gene", "tp"] > 0


def test_average_precision_is_over_every_candidate_of_both_strands(evaluation, dataset, toys):
    chromosome = dataset.chromosome("c")
    scorer = toys.EveryCandidate(seed=2)
    scores, true = {kind: [] for kind in KINDS}, {kind: [] for kind in KINDS}
    for strand in "+-":
        codes = chromosome.sequence if strand == "+" else reverse_complement(chromosome.sequence)
        scored = scorer.score(codes)
        for kind, positions in candidate_sites(codes).items():
            known = dict(
                zip(scored.positions[kind].tolist(), scored.log_odds[kind].tolist(), strict=True)
            )
            labels = label_sites(chromosome.transcripts, strand, 4000)[kind].true
            scores[kind] += [known.get(p, -99.0) for p in positions.tolist()]
            true[kind] += np.isin(positions, labels).tolist()
    for kind in KINDS:
        expected = average_precision_score(true[kind], scores[kind])
        assert values(evaluation)[NAMES[0], kind, "ap"] == pytest.approx(expected)


def test_structure_counts_are_those_of_the_planted_genes(evaluation):
    found = values(evaluation)
    assert found[NAMES[2], "gene", "true"] == 6
    assert found[NAMES[2], "gene", "tp"] == 3  # the intron-free half, each an open reading frame
    assert found[NAMES[1], "exon", "f1"] == found[NAMES[2], "exon", "f1"]
    assert found[NAMES[2], "start", "f1"] > 0


def test_fates_and_strata_add_up(evaluation):
    found = values(evaluation)
    finder = {
        (level, metric): value for (m, level, metric), value in found.items() if m == NAMES[2]
    }
    fates = [finder["exon", fate] for fate in ("partial", "overlapping", "wrong")]
    assert finder["exon", "tp"] + sum(fates) == finder["exon", "predicted"]
    assert finder["exon", "wrong"] > 0
    assert finder["exon", "missed"] <= finder["exon", "true"] - finder["exon", "tp"]
    fates = [finder["gene", fate] for fate in ("missed", "split", "merged", "partial")]
    assert finder["gene", "tp"] + sum(fates) == finder["gene", "true"]
    assert 0 < finder["gene", "wrong"] < finder["gene", "predicted"]
    assert finder["intron", "missed"] == finder["intron", "true"] == 3
    assert finder["single_exon_genes", "true"] == finder["single_exon_genes", "tp"] == 3
    assert finder["single_exon_genes", "sensitivity"] == 1
    assert values(evaluation, "no-near-copy")[NAMES[2], "single_exon_genes", "true"] == 2


def test_every_model_has_a_progress_bar_of_its_own(dataset, store, monkeypatch):
    run_gene_structure(dataset, [resolve_model(name) for name in NAMES], store)
    titles = []

    def record(items, title, **_):
        titles.append(title)
        yield from items

    monkeypatch.setattr(evaluation_module, "track", record)
    evaluate_runs(group_runs(store.runs()), dataset, resamples=5)
    for name in NAMES:
        assert {f"{name}, all", f"{name}, no-near-copy"} <= set(titles)


def test_candidates_are_found_once_however_many_models(toys, dataset, store, monkeypatch):
    for seed in (2, 3):
        run_gene_structure(dataset, [resolve_model(NAMES[0])], store, seed=seed)
    found = []
    find = evaluation_module.find_sites
    monkeypatch.setattr(
        evaluation_module,
        "find_sites",
        lambda strand: (found.append(strand.strand), find(strand))[1],
    )
    evaluate_runs(group_runs(store.runs()), dataset, resamples=5)
    assert found == ["+", "-"] * 2  # once for each subset


def test_near_copies_leave_the_subset(evaluation):
    assert evaluation.near_copies == 2
    found = values(evaluation, "no-near-copy")
    assert found[NAMES[2], "gene", "true"] == 4
    assert found[NAMES[2], "gene", "tp"] == 2
    before = values(evaluation)[NAMES[2], "gene", "predicted"]
    assert found[NAMES[2], "gene", "predicted"] < before


def test_nothing_but_the_store_and_the_dataset_matters(evaluation, dataset, store):
    again = evaluate_runs(group_runs(store.runs()), dataset, resamples=50)
    assert repr(again.rows) == repr(evaluation.rows)


def test_seeds_are_averaged_and_other_options_are_another_model(evaluation, dataset, store):
    finder = resolve_model(NAMES[2])
    run_gene_structure(dataset, [finder], store, seed=3)
    rows = [
        row
        for row in evaluate_runs(group_runs(store.runs()), dataset, 20).rows
        if row.model == finder.name
    ]
    assert {row.seeds for row in rows} == {2}
    other = store.runs()[-1]
    record = {**other.record, "options": {"model": "changed"}}
    (other.folder / "run.json").write_text(json.dumps(record))
    names = {row.model for row in evaluate_runs(group_runs(store.runs()), dataset, 20).rows}
    assert len([name for name in names if name.startswith(f"{finder.name} [")]) == 2


def test_the_mask_of_a_subset_keeps_the_dataset_mask(dataset):
    test = HeldOut(dataset)
    copied = test.left_out["no-near-copy"]["c"]
    assert len(copied) == 2
    strand = next(test.strands(test.chromosomes[0], "no-near-copy"))
    assert strand.mask.tolist() == copied.tolist()
    assert next(test.strands(test.chromosomes[0], "all")).mask.shape == (0, 2)


def test_models_that_tell_probabilities_have_their_reliability(toys, dataset, store):
    run_gene_structure(
        dataset, [resolve_model(f"toys:{name}Finder") for name in ("Sure", "Frame")], store
    )
    found = values(evaluate_runs(group_runs(store.runs()), dataset, resamples=5))
    for level, probability, range_ in (("gene", 0.5, "0.5-0.6"), ("exon", 0.75, "0.7-0.8")):
        of_level = {
            m: v
            for (model, where, m), v in found.items()
            if (model, where) == ("toys:SureFinder", level)
        }
        assert of_level[f"predicted_{range_}"] == of_level["predicted"] > 0
        assert of_level[f"probability_{range_}"] == pytest.approx(probability)
        assert of_level[f"right_{range_}"] == pytest.approx(of_level["precision"])
        assert of_level["calibration_error"] == pytest.approx(
            abs(probability - of_level["precision"])
        )
        assert of_level["predicted_0.1-0.2"] == 0
        assert "right_0.1-0.2" not in of_level
        assert ("toys:FrameFinder", level, "calibration_error") not in found
