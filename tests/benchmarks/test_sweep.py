"""Sweeps: plans and what is wrong with them, runs on validation chromosomes alone, reports."""

from __future__ import annotations

import json
import pickle
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from benchmarks import sweep as sweep_module
from benchmarks.__main__ import main
from benchmarks.report.sweep import write_sweep_report
from benchmarks.sweep import Plan, Variant, evaluate_sweep, read_plan, run_sweep
from features.datasets import Dataset
from features.errors import DatasetError, InputFileError, ModelError
from features.progress import set_quiet

VARIANTS = """
title = "Spans"
dataset = "tiny"
model = "toys:EveryCandidate+hmm"
seeds = [1, 2]

[[variants]]
name = "six"

[[variants]]
name = "three"
options = { span = 3 }

[[variants]]
name = "another decoder"
model = "toys:EveryCandidate"

[[variants]]
name = "half"
training_share = 0.5
"""
GRID = """
dataset = "tiny"
model = "toys:EveryCandidate+hmm"
axis = "span"
[grid]
span = [2, 4, 20]
"""


def write(folder, text, name="spans.toml"):
    path = folder / name
    path.write_text(text)
    return path


@pytest.fixture
def tiny(toys, dataset, monkeypatch):
    """Dataset ``tiny``, whose test chromosome must not be looked at."""
    monkeypatch.setattr(sweep_module, "load_dataset", lambda name, data_root: dataset)
    fetch = dataset.genome.fetch

    def fetch_but_test(name, *arguments):
        assert name not in dataset.split.test
        return fetch(name, *arguments)

    monkeypatch.setattr(dataset.genome, "fetch", fetch_but_test)
    return dataset


def test_a_plan_lists_variants(tmp_path):
    plan = read_plan(write(tmp_path, VARIANTS))
    assert (plan.name, plan.title, plan.dataset, plan.seeds) == ("spans", "Spans", "tiny", (1, 2))
    assert [variant.name for variant in plan.variants] == [
        "six",
        "three",
        "another decoder",
        "half",
    ]
    assert plan.variants[1] == Variant("three", "toys:EveryCandidate+hmm", {"span": 3})
    assert plan.variants[2].model == "toys:EveryCandidate"
    assert plan.variants[3].training_share == 0.5


def test_beside_an_axis_an_option_may_have_one_value(tmp_path):
    plan = read_plan(write(tmp_path, GRID + 'other = ["x"]'))
    assert [variant.options["other"] for variant in plan.variants] == ["x"] * 3
    assert [plan.position(variant) for variant in plan.variants] == [2, 4, 20]


def test_a_grid_is_every_combination(tmp_path):
    text = """
    dataset = "demo"
    model = "xgb+hmm"
    [grid]
    training_share = [0.5, 1]
    negatives = [1.0]
    "decoder.without" = ["", "lengths"]
    """
    plan = read_plan(write(tmp_path, text))
    assert len(plan.variants) == 4
    last = plan.variants[-1]
    assert last.name == "training_share 1, negatives 1.0, decoder.without lengths"
    assert (last.options, last.decoder_options) == ({"negatives": 1.0}, {"without": "lengths"})
    assert [variant.training_share for variant in plan.variants] == [0.5, 0.5, 1, 1]
    assert plan.seeds == (0,)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("dataset = ", "not TOML"),
        ('model = "pwm"\n[grid]\nspan = [1]', "dataset is missing"),
        ("", "dataset is missing"),
        (GRID.replace('"tiny"', "3"), "dataset must be a text"),
        (GRID.replace("span = [2, 4, 20]", ""), "grid must hold lists"),
        (GRID.replace("[grid]", "seeds = [1, 1]\n[grid]"), "seeds must differ"),
        (GRID + "[other]", "unknown key other (known: axis, dataset,"),
        (GRID.replace("[grid]", "seeds = [1.5]\n[grid]"), "seeds must be"),
        (GRID.replace("[grid]", "seeds = []\n[grid]"), "seeds must be"),
        (GRID.replace("[grid]", "seeds = [-1]\n[grid]"), "seeds must be"),
        (GRID + "training_share = [0.5, 1.0]", "a grid with an axis can vary nothing but it"),
        (VARIANTS.replace("{ span = 3 }", "3"), "three: options is not what it should be"),
        (VARIANTS.replace('model = "toys:EveryCandidate"\n', "model = 5\n"), "model is not"),
        (GRID.replace("[2, 4, 20]", "2"), "grid must hold lists"),
        (
            GRID.replace("[2, 4, 20]", '["a"]'),
            "its option span, which the axis shows, is no number",
        ),
        (GRID.replace('axis = "span"', 'axis = "other"'), "can vary nothing but it"),
        (
            GRID.replace('axis = "span"\n[grid]', "[grid]\ntraining_share = [0]"),
            "training_share must",
        ),
        (GRID.split("[grid]")[0], "either [[variants]] or [grid]"),
        ('axis = "other"' + VARIANTS, "six: its option other, which the axis shows"),
        (VARIANTS + "[grid]\nspan = [1]", "either [[variants]] or [grid]"),
        (VARIANTS.replace('"half"', '"six"'), "same name"),
        (VARIANTS.replace('name = "half"', ""), "needs a name"),
        (VARIANTS.replace("training_share", "share"), "unknown key share of a variant"),
    ],
)
def test_what_is_wrong_with_a_plan_is_told(tmp_path, text, complaint):
    path = write(tmp_path, text)
    with pytest.raises(InputFileError, match=re.escape(complaint)) as caught:
        read_plan(path)
    assert str(path) in str(caught.value)


def test_a_sweep_runs_what_is_missing_and_reports_it(tiny, toys, tmp_path):
    plan = read_plan(write(tmp_path, VARIANTS))
    folders = run_sweep(plan, None, tmp_path / "runs")
    assert len(set(folders)) == 8
    records = [json.loads((folder / "run.json").read_text()) for folder in folders]
    assert sorted(each["options"]["model"]["span"] for each in records) == [3, 3, *[6] * 6]
    assert {tuple(each["split"]["test"]) for each in records} == {tiny.split.validation}
    # Of "six" and "another decoder" the scorer is the same.
    assert toys.EveryCandidate.fitted == 6
    stamp = [(folder / "run.json").stat().st_mtime_ns for folder in folders]
    assert run_sweep(plan, None, tmp_path / "runs") == folders
    assert [(folder / "run.json").stat().st_mtime_ns for folder in folders] == stamp

    evaluation = evaluate_sweep(plan, None, tmp_path / "runs", resamples=20)
    assert list(evaluation.seeds) == [variant.name for variant in plan.variants]
    ranked = {row.model for row in evaluation.rows if row.metric == "ap"}
    assert ranked == set(evaluation.seeds)
    written = write_sweep_report(plan, evaluation, "gene-structure", tmp_path / "report")
    page = written[0].read_text()
    assert page.startswith("# Spans\n")
    assert page.count("\n| ") == 5
    assert "(spans.svg)" in page
    again = write_sweep_report(plan, evaluation, "gene-structure", tmp_path / "again")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written]


def test_a_grid_is_drawn_over_its_axis(tiny, tmp_path):
    plan = read_plan(write(tmp_path, GRID, "grid.toml"))
    run_sweep(plan, None, tmp_path)
    evaluation = evaluate_sweep(plan, None, tmp_path, resamples=20)
    _, table, picture = write_sweep_report(plan, evaluation, "gene-structure", tmp_path)
    assert "span" in picture.read_text()
    assert "span 20,exon,f1" in table.read_text()


def test_a_single_variant_is_drawn_too(tiny, tmp_path):
    text = VARIANTS.split("[[variants]]")[0] + '[[variants]]\nname = "alone"'
    plan = read_plan(write(tmp_path, text))
    run_sweep(plan, None, tmp_path)
    evaluation = evaluate_sweep(plan, None, tmp_path, resamples=5)
    assert write_sweep_report(plan, evaluation, "gene-structure", tmp_path)[2].exists()


def test_places_are_checked_before_anything_runs(tiny, toys, tmp_path, capsys):
    path = write(tmp_path, GRID)
    for option in ("--results", "--output"):
        assert main(["sweep", str(path), option, str(path / "below"), "--quiet"]) == 2
        assert "cannot be written" in capsys.readouterr().err
    assert toys.EveryCandidate.fitted == 0


def test_a_missing_run_is_told(tiny, tmp_path):
    plan = read_plan(write(tmp_path, GRID))
    with pytest.raises(DatasetError, match="no stored run"):
        evaluate_sweep(plan, None, tmp_path)


def test_an_option_that_is_not_taken_is_told_before_anything_runs(tiny, toys, tmp_path):
    plan = read_plan(write(tmp_path, GRID.replace("span", "width")))
    with pytest.raises(ModelError, match="takes no option 'width'. Its options: span"):
        run_sweep(plan, None, tmp_path)
    assert toys.EveryCandidate.fitted == 0


def test_an_error_names_the_variant(tiny, tmp_path):
    plan = Plan(
        Path("p.toml"), "p", "tiny", (0,), "", (Variant("bad", "xgb", {"without": "sense"}),)
    )
    with pytest.raises(ModelError, match="p.toml, bad: xgb: no ingredient 'sense'"):
        run_sweep(plan, None, tmp_path)


@pytest.mark.parametrize(
    ("options", "decoder_options", "complaint"),
    [
        ({"without": ["bases"]}, {}, "without must be names"),
        ({"negatives": "many"}, {}, "negatives must be a number"),
        ({}, {"alternatives": -1}, "alternatives must be 0 or more"),
        ({}, {"without": "salt"}, "hmm: no ingredient 'salt'"),
    ],
)
def test_options_are_tried_before_anything_runs(
    dataset, monkeypatch, tmp_path, options, decoder_options, complaint
):
    monkeypatch.setattr(sweep_module, "load_dataset", lambda name, data_root: dataset)
    monkeypatch.setattr(sweep_module, "_run", None)
    plan = Plan(
        Path("p.toml"), "p", "tiny", (0,), "", (Variant("v", "xgb+hmm", options, decoder_options),)
    )
    with pytest.raises(ModelError, match=f"p.toml, v: .*{complaint}"):
        run_sweep(plan, None, tmp_path)


def test_a_single_pass_has_no_second_to_leave_out():
    variant = Variant("v", "xgb-single+hmm", {"without": "beliefs"})
    with pytest.raises(ModelError, match="xgb-single: no ingredient 'beliefs'"):
        sweep_module._checked_spec(Plan(Path("p.toml"), "p", "tiny", (0,), "", (variant,)), variant)


def test_a_species_is_kept():
    spec = sweep_module._spec(Variant("v", "augustus@human"))
    assert spec.arguments == {"species": "human"}


def test_several_jobs_run_the_same(tiny, tmp_path, monkeypatch):
    class Pool(ThreadPoolExecutor):
        def __init__(self, jobs, context, initializer, initargs):
            assert context.get_start_method() == "spawn"
            assert (initializer, initargs) == (set_quiet, (True,))
            super().__init__(jobs)

        def map(self, function, tasks):
            return super().map(lambda task: function(pickle.loads(pickle.dumps(task))), tasks)

    monkeypatch.setattr(sweep_module, "ProcessPoolExecutor", Pool)
    plan = read_plan(write(tmp_path, GRID))
    folders = run_sweep(plan, None, tmp_path / "pool", jobs=2)
    alone = run_sweep(plan, None, tmp_path / "alone")
    assert [each.relative_to(tmp_path / "pool") for each in folders] == [
        each.relative_to(tmp_path / "alone") for each in alone
    ]


def test_the_seed_draws_the_share(tiny, tmp_path):
    text = VARIANTS.split("[[variants]]")[0] + '[[variants]]\nname = "h"\ntraining_share = 0.5'
    folders = run_sweep(read_plan(write(tmp_path, text)), None, tmp_path)
    assert len({folder.parents[1] for folder in folders}) == 2


def test_the_command_prints_the_report(tiny, tmp_path, capsys):
    path = write(tmp_path, GRID)
    where = ["--results", str(tmp_path / "runs"), "--output", str(tmp_path / "out"), "--quiet"]
    assert main(["sweep", str(path), *where]) == 0
    printed = capsys.readouterr().out
    assert "| span 4 |" in printed
    assert str(tmp_path / "out" / "spans.svg") in printed
    assert main(["sweep", str(tmp_path / "no.toml"), *where]) == 2


def test_a_dataset_on_validation_masks_the_rest_of_training(dataset):
    part = dataset.on_validation(0.3, seed=1)
    assert isinstance(part, Dataset)
    assert part.split.test == part.split.validation == dataset.split.validation
    assert part.data_hash not in (dataset.data_hash, dataset.on_validation().data_hash)
    (training,) = part.labelled("train")
    left = 1 - np.diff(training.mask).sum() / len(training.sequence)
    assert left == pytest.approx(0.3, abs=0.03)
    assert len(part.labelled("validation")[0].mask) == 0
    for share in (0, 1.5):
        with pytest.raises(DatasetError, match="no share"):
            dataset.on_validation(share)
