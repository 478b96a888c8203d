"""The task from files to page: run, evaluate, render, and the command line."""

from __future__ import annotations

import csv
import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from benchmarks.__main__ import main
from benchmarks.evaluation.expression import ALIGNMENT, VALUES, evaluate_regressors, reference_of
from benchmarks.metrics.expression import Draws, draw_genes, everything, spearman_of_rows
from benchmarks.regressors import resolve_regressor
from benchmarks.report.expression import render_markdown
from benchmarks.results import ResultsStore, group_runs
from benchmarks.tasks.expression import read_told, run_expression
from features.errors import DatasetError, ModelError
from features.expression import ExpressionSet, expression_set_from_files
from features.expression.kinds import REGRESSORS
from tests.expression_samples import write_files


@pytest.fixture(scope="module")
def samples(tmp_path_factory) -> ExpressionSet:
    folder = tmp_path_factory.mktemp("expression")
    options = write_files(folder)
    return expression_set_from_files(*options.values())


@pytest.fixture
def store(tmp_path):
    return ResultsStore(tmp_path / "results", "samples", "abc")


SPECS = [resolve_regressor(name) for name in ("gene-mean", "sample-mean", "ridge")]


def test_runs_are_kept_and_evaluated(samples, store) -> None:
    folders = run_expression(samples, SPECS, store)
    # ridge has nothing to say of genes that it has not seen.
    assert len(folders) == 11
    assert run_expression(samples, SPECS, store, rerun="never") == folders
    found = evaluate_regressors(group_runs(store.runs()), samples, resamples=50)
    values = {row[:4]: row for row in found.rows}
    split = "leave-one-sample-out"
    (run,) = (r for r in store.runs() if (r.model, r.record["split"]) == ("ridge", split))
    told, truth = read_told(run, samples).expression[:, :-1], samples.target[:, :-1]
    row = values[split, "ridge", VALUES, "mse"]
    assert row.value == pytest.approx(((told - truth) ** 2).mean())
    assert row.low <= row.value <= row.high
    across = [stats.spearmanr(*pair).statistic for pair in zip(told, truth, strict=True)]
    assert values[split, "ridge", VALUES, "spearman_genes"].value == pytest.approx(np.mean(across))
    for transfer in (split, "tissues-to-cell-lines"):
        assert values[transfer, "gene-mean", VALUES, "mse_difference"].value == pytest.approx(0)
        # What leaves a sample out is no news of it.
        assert values[transfer, "gene-mean", VALUES, "spearman_samples"].value == 0
        assert values[transfer, "sample-mean", VALUES, "spearman_samples"].value == 0
        # Samples are of two kinds, so that few draws of them say anything of others.
        genes, both = (
            values[transfer, "ridge", VALUES, f"mse_difference{each}"] for each in ("", "_both")
        )
        assert genes.high < 0
        assert both.high >= genes.high
        assert values[transfer, "ridge", VALUES, "spearman_samples"].value > 0.5
    assert found.tested[f"{split}/tissue"] == (6, 11)
    reference = reference_of(samples, "leave-genes-out")
    assert values["leave-genes-out", "sample-mean", VALUES, "mse"].value == pytest.approx(
        np.nanmean((reference - samples.target) ** 2)
    )
    assert set(found.bin_weights) == {"ridge"}


def test_genes_that_few_samples_have_and_odd_names_of_groups(tmp_path, capsys) -> None:
    options = write_files(tmp_path)
    rows = [line.split("\t") for line in (tmp_path / "tpm.tsv").read_text().splitlines()]
    rows[1][1:-1] = ["NA"] * (len(rows[1]) - 2)
    rows[2][3:5] = ["NA", "NA"]
    (tmp_path / "tpm.tsv").write_text("\n".join("\t".join(row) for row in rows) + "\n")
    sheet = tmp_path / "samples.tsv"
    sheet.write_text(sheet.read_text().replace("cell line", "T/B cell"))
    task = ["--task", "expression", *(part for pair in options.items() for part in pair)]
    task += ["--results", str(tmp_path / "r")]
    models = [part for name in REGRESSORS if name != "mlp" for part in ("--model", name)]
    splits = ["--split", "tissues-to-T-B-cells", "--split", "leave-genes-out"]
    assert main(["run", *task, *models, *splits]) == 0
    assert "genes of the region: 0 in the table" in capsys.readouterr().err
    assert main(["leaderboard", *task, "--output", str(tmp_path / "pages"), "--quiet"]) == 0
    page = capsys.readouterr().out
    assert "## Split tissues-to-T-B-cells" in page
    assert "4 samples, 10 genes, 1 fold(s)" in page


def test_another_order_of_genes_shows(samples, store) -> None:
    published = np.nan_to_num(samples.tpm).copy()
    lines = np.array(samples.groups) == "cell line"
    published[lines] = published[lines][:, ::-1]
    misaligned = replace(samples, as_published=published)
    run_expression(misaligned, SPECS, store, splits=["tissues-to-cell-lines"])
    found = evaluate_regressors(group_runs(store.runs()), misaligned, resamples=20)
    values = {row[1:4]: row.value for row in found.rows}
    aligned = values["ridge", ALIGNMENT, "mse_aligned_order"]
    assert values["ridge", ALIGNMENT, "mse_published_order"] > 3 * aligned
    page = render_markdown(found, misaligned, "--dataset x")
    assert "tissue: of 11 genes with expression 11 are in their place" in page
    assert "cell line: of 11 genes with expression 0 are in their place" in page
    assert "MSE, published columns" in page


def test_the_page_says_whether_a_win_is_supported(samples, store) -> None:
    run_expression(samples, SPECS, store)
    found = evaluate_regressors(group_runs(store.runs()), samples, resamples=50)
    page = render_markdown(found, samples, "--samples samples.tsv")
    assert "The best model, ridge, is ahead of the reference" in page
    for number, row in enumerate(found.rows):
        if row.metric == "mse_difference_both" and row.model == "ridge":
            found.rows[number] = row._replace(high=0.1)
    page = render_markdown(found, samples, "--samples samples.tsv")
    assert "10 samples do not support a win" in page
    for table in (part for part in page.split("\n\n") if part.startswith("| model |")):
        assert len({line.count("|") for line in table.splitlines()}) == 1
    for model in ("ridge",):
        del found.seeds[model]
    found.rows = [row for row in found.rows if row.model != "ridge"]
    assert "No model is ahead of the reference here" in render_markdown(found, samples, "x")


def test_spearman_with_weights_is_that_of_the_drawn_values() -> None:
    generator = np.random.default_rng(1)
    truth, told = np.round(generator.normal(size=(2, 3, 12)), 1)
    truth[1, 4] = np.nan
    draws = draw_genes(3, 12, 5, 0)
    found = spearman_of_rows(truth, told, draws.samples, draws.genes)
    for draw, weights in enumerate(draws.genes.astype(int)):
        drawn = np.repeat(np.arange(12), weights)
        expected = []
        for row in range(3):
            kept = drawn[~np.isnan(truth[row, drawn])]
            expected.append(stats.spearmanr(truth[row, kept], told[row, kept]).statistic)
        assert found[draw] == pytest.approx(np.mean(expected))
    one = everything(3, 12)
    flat = spearman_of_rows(truth, np.ones((3, 12)), one.samples, one.genes)
    assert flat.tolist() == [0]
    assert np.isnan(spearman_of_rows(np.ones((3, 12)), told, *Draws(*one))).all()


def test_models_of_ones_own(samples, store, monkeypatch) -> None:
    class Broken:
        def fit(self, accessibility, expression, layout):
            assert not np.isnan(expression[:, :-1]).any()

        def predict(self, accessibility, known=None):
            return np.full((len(accessibility), 12), np.nan)

    module = types.ModuleType("mine")
    module.Broken = Broken
    monkeypatch.setitem(sys.modules, "mine", module)
    spec = resolve_regressor("mine:Broken")
    with pytest.raises(ModelError, match="mine:Broken: predict gave .* no numbers"):
        run_expression(samples, [spec], store, splits=["tissues-to-cell-lines"])
    with pytest.raises(ModelError, match="no model 'lasso' of expression. Known models: gene-mean"):
        resolve_regressor("lasso")
    with pytest.raises(DatasetError, match="no split 'x'. Its splits: tissues-to-cell-lines"):
        run_expression(samples, [spec], store, splits=["x"])


def test_the_command_line(tmp_path: Path, capsys) -> None:
    options = [part for pair in write_files(tmp_path).items() for part in pair]
    task = ["--task", "expression", *options, "--results", str(tmp_path / "r"), "--quiet"]
    models = ["--model", "gene-mean", "--model", "ridge", "--split", "leave-one-sample-out"]
    assert main(["run", *task, *models]) == 0
    assert main(["leaderboard", *task, "--output", str(tmp_path / "pages")]) == 0
    printed = capsys.readouterr().out
    assert "--samples samples.tsv --expression tpm.tsv --region chr1:1-200000" in printed
    pages = tmp_path / "pages" / "expression"
    written = list(csv.DictReader((pages / "samples.csv").read_text().splitlines()))
    assert {row["model"] for row in written} == {"gene-mean", "ridge"}
    for picture in ("samples.svg", "samples-bins.svg"):
        assert (pages / picture).read_text().startswith("<?xml")
    assert main(["run", "--task", "expression", "--samples", "x.tsv"]) == 2
    assert "one expression set is needed" in capsys.readouterr().err
    table = tmp_path / "tpm.tsv"
    lines = table.read_text().splitlines()
    lines[3] = lines[3].replace("\t", "\t-", 1)
    table.write_text("\n".join(lines) + "\n")
    assert main(["run", *task]) == 2
    assert "tpm.tsv, line 4: a negative TPM" in capsys.readouterr().err
