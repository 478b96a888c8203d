from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from features.errors import ModelError, TrainingError
from neural.expression_mlp import ExpressionMlp, PooledExpressionMlp
from neural.expression_mlp.__main__ import main
from neural.expression_mlp.network import pool
from tests.expression_samples import GENES, make_arrays, write_files


def make(**options: object) -> ExpressionMlp:
    return ExpressionMlp(seed=1, threads=1, hidden=64, epochs=50, device="cpu", **options)


def test_it_learns_and_is_the_same_again_and_from_its_folder(tmp_path: Path) -> None:
    accessibility, expression, layout = make_arrays(24)
    told = []
    for _ in range(2):
        model = make(learning_rate=0.01)
        model.fit(accessibility[:20], expression[:20], layout)
        told.append(model.predict(accessibility[20:]))
    assert told[0].shape == (4, GENES)
    assert (told[0] == told[1]).all()
    overall = np.nanmean((np.nanmean(expression[:20]) - expression[:20]) ** 2)
    assert np.nanmean((model.predict(accessibility[:20]) - expression[:20]) ** 2) < 0.5 * overall
    model.save(tmp_path)
    assert (ExpressionMlp.load(tmp_path, 1, "cpu").predict(accessibility[20:]) == told[0]).all()
    with pytest.raises(ModelError, match="where 'mlp-1000' was expected"):
        PooledExpressionMlp.load(tmp_path)


def test_the_published_sizes() -> None:
    accessibility, expression, layout = make_arrays(6)
    wide = np.repeat(accessibility, 50, axis=1)
    for model, inputs in (
        (ExpressionMlp(threads=1, epochs=1, device="cpu"), 10_000),
        (PooledExpressionMlp(threads=1, epochs=1, device="cpu"), 1000),
    ):
        model.fit(wide, expression, layout)
        assert model.network is not None
        shapes = [tuple(each.shape) for each in model.network.parameters()]
        hidden = 400 if inputs == 10_000 else 500
        assert shapes == [(hidden, inputs), (hidden,), (GENES, hidden), (GENES,)]


def test_bins_are_joined() -> None:
    rows = torch.tensor([[0.0, 1.0, 0.0, 0.0, 1.0]])
    assert pool(rows, 5) is rows
    assert pool(rows, 3).tolist() == [[1, 0, 1]]


def test_what_cannot_be_is_told() -> None:
    accessibility, expression, layout = make_arrays(6)
    with pytest.raises(ModelError, match="hidden must be a whole number"):
        ExpressionMlp(hidden=0)
    with pytest.raises(ModelError, match="not fitted"):
        make().predict(accessibility)
    with pytest.raises(TrainingError, match="2 training samples"):
        make().fit(accessibility[:2], expression[:2], layout)
    model = make()
    model.fit(accessibility, expression, layout)
    with pytest.raises(ModelError, match="199 bins"):
        model.predict(accessibility[:, 1:])


def test_the_command_line(tmp_path: Path) -> None:
    options = [part for pair in write_files(tmp_path).items() for part in pair]
    model = str(tmp_path / "model")
    command = ["train", "--kind", "mlp-1000", *options, "--output", model, "--epochs", "7"]
    assert main([*command, "--learning-rate", "0.01", "--threads", "1", "--quiet"]) == 0
    fitted = PooledExpressionMlp.load(Path(model), 1)
    assert (fitted.epochs, fitted.learning_rate) == (7, 0.01)
    out = tmp_path / "o.tsv"
    sheet = ["--samples", str(tmp_path / "samples.tsv")]
    assert main(["predict", "--model", model, *sheet, "--output", str(out)]) == 0
    *known, last = (line.split("\t")[1:] for line in out.read_text().splitlines()[1:])
    assert all(float(value) >= 0 for line in known for value in line)
    assert set(last) == {"NA"}  # it was not quantified
