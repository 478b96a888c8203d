from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from baselines import expression as package
from baselines.expression import BinRidge, ExpressionXgb, GeneMean, GeneWindows, SampleMean
from baselines.expression.__main__ import main
from baselines.expression.base import Training
from baselines.expression.dual import column_weights, left_out, sample_weights
from baselines.expression.windows import _without_genes, _without_samples
from features.errors import ModelError, TrainingError
from features.expression.windows import unit_rows, window_shares
from tests.expression_samples import GENES, make_arrays, write_files

MODELS = [getattr(package, name) for name in package.__all__]


@pytest.fixture(scope="module")
def arrays():
    return make_arrays(14)


@pytest.mark.parametrize("model", MODELS)
def test_a_model_is_the_same_again_and_from_its_folder(model, arrays, tmp_path: Path) -> None:
    accessibility, expression, layout = arrays
    told = []
    for _ in range(2):
        fitted = model(seed=1, threads=1)
        fitted.fit(accessibility[:12], expression[:12], layout)
        told.append(fitted.predict(accessibility[12:]))
    assert told[0].shape == (2, GENES)
    assert np.isfinite(told[0]).all()
    assert (told[0] >= 0).all()
    assert (told[0] == told[1]).all()
    fitted.save(tmp_path)
    assert (model.load(tmp_path, 1).predict(accessibility[12:]) == told[0]).all()


@pytest.mark.parametrize("model", MODELS)
def test_expression_of_samples_without_any_is_passed_over(model, arrays) -> None:
    accessibility, expression, layout = arrays
    with_gap = expression.copy()
    with_gap[3] = np.nan
    one, other = model(threads=1), model(threads=1)
    one.fit(accessibility, with_gap, layout)
    kept = np.arange(len(accessibility)) != 3
    other.fit(accessibility[kept], expression[kept], layout)
    assert (one.predict(accessibility) == other.predict(accessibility)).all()


def test_chromatin_that_tells_kinds_apart_is_used(arrays) -> None:
    accessibility, expression, layout = arrays
    errors = {}
    for model in (GeneMean, BinRidge):
        fitted = model(threads=1)
        fitted.fit(accessibility[:12], expression[:12], layout)
        told = fitted.predict(accessibility[12:])
        errors[model] = np.nanmean((told - expression[12:]) ** 2)
    assert errors[BinRidge] < 0.3 * errors[GeneMean]
    weights = fitted.bin_weights()
    assert weights.shape == (GENES, layout.bins.count)
    assert np.abs(weights[:, 100:120]).mean() > 3 * np.abs(weights[:, :100]).mean()
    assert not weights[-1].any()


def test_means() -> None:
    accessibility, expression, layout = make_arrays(5)
    genes, samples = GeneMean(), SampleMean()
    for model in (genes, samples):
        model.fit(accessibility, expression, layout)
    told = genes.predict(accessibility)
    np.testing.assert_allclose(told[:, :-1], np.tile(expression[:, :-1].mean(axis=0), (5, 1)))
    np.testing.assert_allclose(told[:, -1], np.nanmean(expression))
    np.testing.assert_allclose(samples.predict(accessibility), np.nanmean(expression))
    known = np.full_like(expression, np.nan)
    known[:, :4] = expression[:, :4]
    of_others = samples.predict(accessibility, known)
    np.testing.assert_allclose(of_others[:, 7], expression[:, :4].mean(axis=1))


@pytest.mark.parametrize("model", [GeneWindows, ExpressionXgb])
def test_unseen_genes_follow_their_windows(model) -> None:
    """Genes with an open start are high: a gene that was never measured is told by its own."""
    generator = np.random.default_rng(2)
    accessibility, expression, layout = make_arrays(30)
    first, _ = layout.anchors()
    accessibility[:, first] = generator.random((30, GENES)) < 0.5
    expression = 4.0 * accessibility[:, first] + generator.normal(2, 0.1, (30, GENES))
    hidden = expression.copy()
    hidden[:, 3] = np.nan
    fitted = model(threads=1)
    fitted.fit(accessibility, hidden, layout)
    told = fitted.predict(accessibility, hidden)[:, 3]
    assert np.corrcoef(told, expression[:, 3])[0, 1] > 0.8


def test_what_is_left_out_to_choose_a_penalty_is_not_learnt_from(arrays) -> None:
    accessibility, expression, layout = arrays
    changed = expression.copy()
    changed[3] += 1
    pairs = [Training(accessibility, each, layout) for each in (expression, changed)]
    shares = window_shares(unit_rows(accessibility), layout)
    of_known = shares[:, pairs[0].known]
    one, other = (list(_without_samples(each, of_known, 1.0))[3] for each in pairs)
    for name in ("inputs", "wanted", "asked"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_allclose(one.truth + 1, other.truth)
    assert len(one.truth) == 1
    changed = expression.copy()
    changed[:, :3] += 1
    pairs = [Training(accessibility, each, layout) for each in (expression, changed)]
    one, other = (next(_without_genes(each, shares)) for each in pairs)
    for name in ("inputs", "wanted", "asked"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_ridge_between_samples_is_ridge_between_columns() -> None:
    generator = np.random.default_rng(0)
    inputs, outputs, new = (generator.normal(size=shape) for shape in ((7, 20), (7, 3), (2, 20)))
    middle = inputs.mean(axis=0)
    centred, deviations = inputs - middle, outputs - outputs.mean(axis=0)
    scale = np.trace(centred @ centred.T) / 7
    direct = np.linalg.solve(centred.T @ centred + 0.3 * scale * np.eye(20), centred.T @ deviations)
    told = sample_weights(inputs, new, 0.3) @ deviations
    np.testing.assert_allclose(told, (new - middle) @ direct)
    np.testing.assert_allclose(column_weights(inputs, deviations, 0.3), direct)
    again = left_out(inputs, outputs, 0.3)
    weights = sample_weights(inputs[1:], inputs[:1], 0.3)
    mean = outputs[1:].mean(axis=0)
    np.testing.assert_allclose(again[0], mean + (weights @ (outputs[1:] - mean))[0])


def test_what_cannot_be_is_told(arrays, tmp_path: Path) -> None:
    accessibility, expression, layout = arrays
    with pytest.raises(TrainingError, match="2 training samples with expression"):
        GeneMean().fit(accessibility[:2], expression[:2], layout)
    with pytest.raises(TrainingError, match="do not fit 12 genes and 200 bins"):
        GeneMean().fit(accessibility[:, 1:], expression, layout)
    with pytest.raises(ModelError, match="not fitted"):
        GeneMean().predict(accessibility)
    fitted = GeneMean()
    fitted.fit(accessibility, expression, layout)
    with pytest.raises(ModelError, match="199 bins, where it was fitted to 200"):
        fitted.predict(accessibility[:, 1:])
    fitted.save(tmp_path)
    with pytest.raises(ModelError, match="where 'ridge' was expected"):
        BinRidge.load(tmp_path)
    (tmp_path / "model.npz").write_bytes(b"x")
    with pytest.raises(ModelError, match="damaged"):
        GeneMean.load(tmp_path)


def test_the_command_line(tmp_path: Path, capsys) -> None:
    options = [part for pair in write_files(tmp_path).items() for part in pair]
    model = str(tmp_path / "model")
    assert main(["train", "--kind", "ridge", *options, "--output", model, "--quiet"]) == 0
    out = tmp_path / "out.tsv"
    sheet = ["--samples", str(tmp_path / "samples.tsv")]
    assert main(["predict", "--model", model, *sheet, "--output", str(out), "--quiet"]) == 0
    lines = [line.split("\t") for line in out.read_text().splitlines()]
    assert lines[0][:3] == ["gene", "s0", "s1"]
    assert len(lines) == 1 + GENES
    assert float(lines[1][1]) >= 0
    # The last gene was not quantified.
    assert ["NA" in line for line in lines] == [False] * GENES + [True]
    assert set(lines[-1][1:]) == {"NA"}
    prefix = str(tmp_path / "why")
    explain = ["explain", "--model", model, "--output", prefix, "--gene"]
    assert main([*explain, lines[1][0]]) == 0
    assert f">{lines[1][0]}<" in (tmp_path / "why.svg").read_text()
    fitted = BinRidge.load(Path(model))
    told = [line.split("\t") for line in (tmp_path / "why.bedgraph").read_text().splitlines()]
    bins = fitted.layout.bins
    numbers = [(int(start) - bins.start) // bins.size for _, start, _, _ in told]
    weights = fitted.bin_weights()[0]
    assert numbers == np.flatnonzero(weights).tolist()
    assert [float(row[3]) for row in told] == pytest.approx(weights[numbers].tolist(), rel=1e-3)
    capsys.readouterr()
    assert main([*explain, lines[-1][0]]) == 2
    assert "had no expression in training" in capsys.readouterr().err
    assert main([*explain, lines[1][0] + "x"]) == 2
    assert f"Did you mean {lines[1][0]}?" in capsys.readouterr().err
    assert main(["train", "--kind", "gene-mean", *options, "--output", model, "--quiet"]) == 0
    assert main([*explain, lines[1][0]]) == 2
    assert "Train one of kind ridge" in capsys.readouterr().err
    assert main(["train", *options[:2], "--output", model]) == 2
    assert "give --dataset NAME, or all of --samples, --expression" in capsys.readouterr().err
    (tmp_path / "s3.bed").write_text("chr7\t1\t2\n")
    assert main(["train", *options, "--output", model]) == 2
    assert "s3.bed, line 1: no peak on chromosome 'chr1'" in capsys.readouterr().err
