from __future__ import annotations

import numpy as np
import pytest

from benchmarks.metrics.reliability import (
    reliability,
    tells_probabilities,
)
from features.scorers.calibration import BINS, calibration_error
from features.transcripts import Interval, Transcript


def gene(
    cds: tuple[Interval, ...],
    score: float | None = None,
    scores: tuple[float, ...] = (),
    strand: str = "+",
) -> Transcript:
    return Transcript("c", strand, "g", str(cds), cds, cds, score=score, cds_scores=scores)


TRUE = [gene(((10, 20), (30, 42))), gene(((60, 90),), strand="-")]


def test_shares_that_are_right_by_probability() -> None:
    predicted = [
        gene(((10, 20), (30, 42)), 0.71, (0.95, 0.79)),
        gene(
            ((10, 20), (30, 48)), 0.05, (0.15, 0.05)
        ),  # the first exon once, with the higher probability
        gene(((60, 90),), 1.0, (1.0,)),  # the other strand
    ]
    tables = reliability(TRUE, predicted, {})
    expected = {"exon": np.zeros((BINS, 3)), "gene": np.zeros((BINS, 3))}
    expected["exon"][[9, 7, 0]] = [2, 1.95, 1], [1, 0.79, 1], [1, 0.05, 0]
    expected["gene"][[7, 0, 9]] = [1, 0.71, 1], [1, 0.05, 0], [1, 1, 0]
    for level, table in expected.items():
        np.testing.assert_allclose(tables[level], table)
    assert calibration_error(tables["gene"]) == pytest.approx((0.29 + 0.05 + 1) / 3)


def test_what_overlaps_a_mask_does_not_count() -> None:
    predicted = [gene(((10, 20), (30, 42)), 0.71, (0.95, 0.79))]
    tables = reliability(TRUE, predicted, {"c": np.array([[35, 36], [35, 40]])})
    assert tables["gene"].sum() == 0
    assert tables["exon"][:, 0].sum() == 1


def test_without_predictions_nothing_is_wrong() -> None:
    tables = reliability(TRUE, [], {})
    assert calibration_error(tables["exon"]) == 0


def test_a_calibrated_model_has_no_error() -> None:
    rng = np.random.default_rng(0)
    true, predicted = [], []
    for number in range(20_000):
        cds = ((100 * number, 100 * number + 30),)
        probability = float(rng.random())
        predicted.append(gene(cds, probability, (probability,)))
        if rng.random() < probability:
            true.append(gene(cds))
    tables = reliability(true, predicted, {})
    assert calibration_error(tables["gene"]) < 0.02
    shy = [gene(each.cds, each.score / 2, (each.score / 2,)) for each in predicted]  # type: ignore[operator]
    assert calibration_error(reliability(true, shy, {})["gene"]) > 0.2


@pytest.mark.parametrize(
    ("predicted", "told"),
    [
        ([], False),
        ([gene(((0, 9),), 0.5, (0.5,))], True),
        ([gene(((0, 9),), 0.5, (0.5,)), Transcript("c", "+", "n", "n", ((0, 5),))], True),
        ([gene(((0, 9),), 0.5)], False),
        ([gene(((0, 9),), None, (0.5,))], False),
        ([gene(((0, 9),), 2.5, (0.5,))], False),
        ([gene(((0, 9),), 0.5, (-0.1,))], False),
    ],
)
def test_which_scores_are_probabilities(predicted: list[Transcript], told: bool) -> None:
    assert tells_probabilities(predicted) is told
