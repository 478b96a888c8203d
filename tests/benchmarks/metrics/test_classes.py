from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from benchmarks.metrics.classes import (
    CURVES,
    LARGEST_BLOCKS,
    MANY_CLASSES,
    blocks_of_groups,
    count_classes,
    count_ranks,
    mean_over_folds,
    two_classes,
)


def drawn(classes: int, seed: int, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, classes, count)
    return truth, np.where(
        generator.random(count) < 0.6, truth, generator.integers(0, classes, count)
    )


def pooled(truth: np.ndarray, told: np.ndarray, classes: int, blocks: int = 7) -> np.ndarray:
    block = np.arange(len(truth)) % blocks
    return count_classes(truth, told, classes, block, blocks).sum(axis=0).astype(float)


@given(seed=st.integers(0, 200), positive=st.integers(0, 1))
def test_two_classes_agree_with_scikit_learn(seed: int, positive: int) -> None:
    truth, told = drawn(2, seed)
    found = {name: metric(pooled(truth, told, 2)) for name, metric in two_classes(positive).items()}
    of = {"pos_label": positive, "zero_division": 0.0}
    assert found["mcc"] == pytest.approx(metrics.matthews_corrcoef(truth, told))
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(truth, told))
    assert found["precision"] == pytest.approx(metrics.precision_score(truth, told, **of))
    assert found["recall"] == pytest.approx(metrics.recall_score(truth, told, **of))
    assert found["f1"] == pytest.approx(metrics.f1_score(truth, told, **of))
    of["pos_label"] = 1 - positive
    assert found["specificity"] == pytest.approx(metrics.recall_score(truth, told, **of))


@given(seed=st.integers(0, 200), classes=st.integers(2, 9))
def test_many_classes_agree_with_scikit_learn(seed: int, classes: int) -> None:
    truth, told = drawn(classes, seed, 40)
    # More classes are known than occur: those do not count.
    found = {
        name: metric(pooled(truth, told, classes + 2)) for name, metric in MANY_CLASSES.items()
    }
    of = {"average": "macro", "zero_division": 0.0}
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(truth, told, **of))
    assert found["macro_precision"] == pytest.approx(metrics.precision_score(truth, told, **of))
    assert found["macro_recall"] == pytest.approx(metrics.recall_score(truth, told, **of))
    assert found["mcc"] == pytest.approx(metrics.matthews_corrcoef(truth, told))


@given(seed=st.integers(0, 200), levels=st.sampled_from([2, 5, 1000]))
def test_curves_agree_with_scikit_learn(seed: int, levels: int) -> None:
    generator = np.random.default_rng(seed)
    positive = generator.random(50) < 0.3
    positive[:2] = True, False
    scores = np.round(generator.random(50) + 0.3 * positive, 3) * levels // 1
    block = np.arange(50) % 4
    ranks = count_ranks(positive, scores, block, 4, exact=True)[0].astype(float)
    assert CURVES["auroc"](ranks) == pytest.approx(metrics.roc_auc_score(positive, scores))
    assert CURVES["ap"](ranks) == pytest.approx(metrics.average_precision_score(positive, scores))
    in_bins = count_ranks(positive, scores, block, 4)
    assert in_bins.shape[0] == 4
    assert in_bins.sum() == 50


@given(seed=st.integers(0, 100))
def test_folds_are_ranked_apart(seed: int) -> None:
    generator = np.random.default_rng(seed)
    fold = np.repeat([0, 1, 2, 3, 4], [20, 30, 10, 5, 5])
    positive = generator.random(70) < 0.4
    positive[[0, 20, 50]], positive[[1, 21, 51]] = True, False
    positive[fold == 3], positive[fold == 4] = False, True  # of one class: do not count
    # Every fold has a scale of its own, which a ranking of all would take for knowledge.
    scores = generator.random(70) + 0.3 * positive + 10.0 * fold
    block = np.arange(70) % 4
    exact = count_ranks(positive, scores, block, 4, exact=True, fold=fold)[0].astype(float)
    for name, of in (
        ("auroc", metrics.roc_auc_score),
        ("ap", metrics.average_precision_score),
    ):
        by_fold = [of(positive[fold == each], scores[fold == each]) for each in range(3)]
        pairs = [
            positive[fold == each].sum() * (~positive[fold == each]).sum() for each in range(3)
        ]
        expected = np.average(by_fold, weights=pairs)
        mean = mean_over_folds(CURVES[name], 5)
        assert mean(exact) == pytest.approx(expected)
    assert np.isnan(mean(np.zeros(exact.shape)))


@pytest.mark.parametrize("share", [0.03, 0.5])
def test_bins_of_folds_rank_nearly_as_single_scores(share: float) -> None:
    generator = np.random.default_rng(1)
    fold = np.arange(20_000) % 5
    positive = generator.random(20_000) < share
    scores = generator.normal(size=20_000) + 1.5 * positive
    block = np.arange(20_000) % 100
    binned = count_ranks(positive, scores, block, 100, fold=fold).astype(float)
    exact = count_ranks(positive, scores, block, 100, exact=True, fold=fold)[0].astype(float)
    assert binned.shape[1] < exact.shape[0] / 2
    for curve in CURVES.values():
        mean = mean_over_folds(curve, 5)
        assert mean(binned.sum(axis=0)) == pytest.approx(float(mean(exact)), abs=0.001)


def test_one_class_has_no_curve() -> None:
    ranks = count_ranks(np.ones(5, np.bool_), np.arange(5.0), np.zeros(5, np.int64), 1, exact=True)
    assert np.isnan(CURVES["auroc"](ranks[0].astype(float)))


def test_a_group_is_drawn_as_one() -> None:
    block, count = blocks_of_groups(np.array([7, 3, 7, 100]))
    assert (block.tolist(), count) == ([1, 0, 1, 2], 3)
    block, count = blocks_of_groups(np.repeat(np.arange(5000), 2))
    assert count == LARGEST_BLOCKS
    assert (block[::2] == block[1::2]).all()
    assert blocks_of_groups(np.empty(0, np.int64))[1] == 0


def test_one_class_alone_is_no_correlation() -> None:
    for classes, metric in ((2, two_classes(1)["mcc"]), (3, MANY_CLASSES["mcc"])):
        alone = pooled(np.ones(20, np.int64), np.arange(20) % classes, classes)
        assert np.isnan(metric(alone))
        both = pooled(np.arange(20) % 2, np.zeros(20, np.int64), classes)
        assert metric(both) == 0
