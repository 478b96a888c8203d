from __future__ import annotations

import numpy as np
import pytest
import xgboost

from baselines.xgb import XgbScorer
from baselines.xgb.forest import Forest, _walk
from features.errors import ModelError
from features.labelled import LabelledChromosome
from features.site_columns import ABSENT
from features.sites import KINDS


def trained(rounds: int, rows: int = 2000, **parameters: object) -> xgboost.Booster:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(rows, 7)).astype(np.float32)
    labels = matrix[:, 0] * matrix[:, 1] + rng.normal(0, 0.3, rows) > 0.5
    options = {"objective": "binary:logistic", "tree_method": "hist", "nthread": 1, **parameters}
    return xgboost.train(options, xgboost.DMatrix(matrix, labels), rounds)


@pytest.mark.parametrize("rows", [1, 3, 4, 31, 32, 33, 70])
@pytest.mark.parametrize("depth", [1, 4, 7])
def test_margins_are_those_of_xgboost(rows: int, depth: int) -> None:
    booster = trained(30, max_depth=depth)
    matrix = np.random.default_rng(1).normal(size=(rows, 7)).astype(np.float32)
    expected = booster.predict(xgboost.DMatrix(matrix), output_margin=True)
    np.testing.assert_allclose(Forest(booster).margins(matrix), expected, rtol=0, atol=2e-6)


def test_a_value_at_a_threshold_goes_right_as_in_xgboost() -> None:
    booster = trained(1, max_depth=1)
    forest = Forest(booster)
    matrix = np.zeros((2, 7), np.float32)
    limit = forest.threshold[0, 0]
    matrix[:, forest.feature[0, 0]] = np.nextafter(limit, np.float32(-np.inf)), limit
    left, right = forest.margins(matrix) - forest.intercept
    assert [left, right] == pytest.approx(forest.leaves[0].tolist(), abs=1e-6)
    expected = booster.predict(xgboost.DMatrix(matrix), output_margin=True)
    np.testing.assert_allclose(forest.margins(matrix), expected, rtol=0, atol=2e-6)


def test_trees_of_one_leaf() -> None:
    matrix = np.ones((5, 7), np.float32)
    booster = trained(3, rows=50, min_child_weight=1000)
    assert Forest(booster).depth == 0
    expected = booster.predict(xgboost.DMatrix(matrix), output_margin=True)
    np.testing.assert_allclose(Forest(booster).margins(matrix), expected, rtol=0, atol=2e-6)


def test_no_rows() -> None:
    assert Forest(trained(2)).margins(np.empty((0, 7), np.float32)).shape == (0,)


def test_counts_trees() -> None:
    assert len(Forest(trained(12))) == 12


def test_matrix_of_other_columns_is_refused() -> None:
    with pytest.raises(ModelError, match="trained on 7 columns, the matrix has 8"):
        Forest(trained(2)).margins(np.ones((5, 8), np.float32))


def test_booster_of_another_kind_is_refused() -> None:
    regression = trained(2, objective="reg:squarederror")
    with pytest.raises(ModelError, match="Unknown kind of booster"):
        Forest(regression)


def test_the_kernel_does_what_its_python_does() -> None:
    forest = Forest(trained(5, max_depth=3))
    matrix = np.random.default_rng(1).normal(size=(9, 7)).astype(np.float32)
    margins = np.full(9, forest.intercept, np.float32)
    _walk.py_func(matrix, forest.feature, forest.threshold, forest.leaves, forest.depth, margins)
    np.testing.assert_array_equal(margins, forest.margins(matrix))


@pytest.mark.parametrize("kind", KINDS)
def test_trained_judges_give_the_margins_of_xgboost(
    xgb_scorer: XgbScorer, chromosomes: dict[str, LabelledChromosome], kind: str
) -> None:
    assert xgb_scorer.first is not None
    view = xgb_scorer.first.cascade.features.view(chromosomes["c"].sequence, 0, 30_000)
    matrix = view.matrix(kind)
    assert np.isfinite(matrix).all()
    assert (matrix == ABSENT).any()
    for forest in (
        xgb_scorer.first.cascade.screens[kind].forest,
        xgb_scorer.first.cascade.judges[kind],
    ):
        expected = forest.booster.predict(xgboost.DMatrix(matrix), output_margin=True)
        np.testing.assert_allclose(forest.margins(matrix), expected, rtol=0, atol=2e-6)
