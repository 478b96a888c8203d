from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import average_precision_score

from baselines.pwm import PwmScorer
from features.errors import ModelError
from features.labelled import LabelledChromosome
from features.sites import KINDS

Chromosomes = dict[str, LabelledChromosome]


@pytest.fixture(scope="module")
def fitted(chromosomes: Chromosomes) -> PwmScorer:
    scorer = PwmScorer(threads=1)
    scorer.fit([chromosomes["a"]], [chromosomes["b"]])
    return scorer


def test_scores_are_the_matrix_scores_on_another_scale(
    fitted: PwmScorer, chromosomes: Chromosomes
) -> None:
    sequence = chromosomes["c"].sequence
    scores = fitted.score(sequence)
    assert fitted.features is not None
    for kind in KINDS:
        raw = fitted.features.pwms[kind].scan(sequence)[scores.positions[kind]]
        calibration = fitted.calibration[kind]
        expected = calibration.slope * raw + calibration.intercept
        np.testing.assert_allclose(scores.log_odds[kind], expected, atol=1e-3)
    assert fitted.calibration["donor"].slope > 0.3


def test_unseen_true_sites_rank_high_and_odds_are_calibrated(
    fitted: PwmScorer, chromosomes: Chromosomes
) -> None:
    for kind in ("donor", "acceptor"):
        labels, odds = [], []
        for strand in chromosomes["c"].strands():
            scores = fitted.score(strand.sequence)
            labels.append(np.isin(scores.positions[kind], strand.labels[kind].true))
            odds.append(scores.log_odds[kind])
        true, log_odds = np.concatenate(labels), np.concatenate(odds)
        assert average_precision_score(true, log_odds) > 2 * true.mean()
        assert expit(log_odds).sum() == pytest.approx(true.sum(), rel=0.5)


def test_saved_and_loaded(fitted: PwmScorer, chromosomes: Chromosomes, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    again = PwmScorer.load(tmp_path, threads=1)
    assert again.seed == fitted.seed
    here, there = (scorer.score(chromosomes["c"].sequence) for scorer in (fitted, again))
    np.testing.assert_array_equal(here.content_total, there.content_total)
    for kind in KINDS:
        np.testing.assert_array_equal(here.positions[kind], there.positions[kind])
        np.testing.assert_array_equal(here.log_odds[kind], there.log_odds[kind])


def test_an_unfitted_scorer_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not fitted. Call fit"):
        PwmScorer().score(np.zeros(10, np.uint8))
    with pytest.raises(ModelError, match="not fitted. Call fit"):
        PwmScorer().save(tmp_path)
