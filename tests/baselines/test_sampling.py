from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from baselines import chunks
from baselines.sampling import SiteSample, sample_sites
from features.errors import TrainingError
from features.labelled import LabelledChromosome
from features.scorers.calibration import Calibration
from features.site_columns import COLUMNS
from features.site_matrix import SiteFeatures
from features.sites import KINDS

Chromosomes = dict[str, LabelledChromosome]


def draw(
    chromosomes: Chromosomes,
    features: SiteFeatures,
    per_true: float,
    seed: int = 5,
    threads: int = 1,
    **options: object,
) -> dict[str, SiteSample]:
    rates = dict.fromkeys(KINDS, per_true)
    chosen = [chromosomes["b"]]
    return sample_sites(chosen, features, rates, seed, threads, "sites", **options)  # type: ignore[arg-type]


def count_sites(chromosome: LabelledChromosome, features: SiteFeatures, kind: str) -> np.ndarray:
    """True, false and left-out candidates that pass the prefilter."""
    counts = np.zeros(3, int)
    for strand in chromosome.strands():
        view = features.view(strand.sequence, 0, len(strand.sequence))
        true, left_out = view.labels(strand, kind)
        counts += true.sum(), (~true & ~left_out).sum(), left_out.sum()
    return counts


def test_every_true_site_and_the_asked_share_of_false_ones(
    chromosomes: Chromosomes, site_features: SiteFeatures
) -> None:
    sample = draw(chromosomes, site_features, 3.0)
    for kind in KINDS:
        true, false, _ = count_sites(chromosomes["b"], site_features, kind)
        drawn = sample[kind]
        assert drawn.matrix.shape == (len(drawn.labels), len(COLUMNS))
        assert drawn.labels.sum() == true
        assert drawn.negative_rate == pytest.approx(3.0 * true / false)
        expected = 3.0 * true
        assert abs((~drawn.labels).sum() - expected) < 5 * np.sqrt(expected)
        # Weighted, the sample stands for the chromosome.
        assert drawn.weights.sum() == pytest.approx(true + false, rel=0.35)


def test_at_most_all_false_sites(chromosomes: Chromosomes, site_features: SiteFeatures) -> None:
    sample = draw(chromosomes, site_features, 1e9)
    for kind in KINDS:
        true, false, _ = count_sites(chromosomes["b"], site_features, kind)
        assert sample[kind].negative_rate == 1
        assert sample[kind].labels.tolist().count(False) == false
        assert sample[kind].weights.sum() == true + false


def test_masked_sites_are_in_no_sample(
    chromosomes: Chromosomes, site_features: SiteFeatures
) -> None:
    n = len(chromosomes["b"].sequence)
    masked = replace(chromosomes["b"], mask=np.array([[0, n // 2]]))
    here = draw({"b": masked}, site_features, 1e9)
    there = draw(chromosomes, site_features, 1e9)
    for kind in KINDS:
        left_out = count_sites(masked, site_features, kind)[2]
        ignored = count_sites(chromosomes["b"], site_features, kind)[2]
        assert left_out > ignored
        assert len(here[kind].labels) == len(there[kind].labels) - (left_out - ignored)


def test_one_seed_draws_the_same_whatever_the_threads(
    chromosomes: Chromosomes, site_features: SiteFeatures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 30_000)
    first = draw(chromosomes, site_features, 2.0)
    again = draw(chromosomes, site_features, 2.0, threads=3)
    other = draw(chromosomes, site_features, 2.0, seed=6)
    for kind in KINDS:
        np.testing.assert_array_equal(first[kind].matrix, again[kind].matrix)
        np.testing.assert_array_equal(first[kind].labels, again[kind].labels)
    assert any(not np.array_equal(first[kind].matrix, other[kind].matrix) for kind in KINDS)


def test_keep_chooses_among_the_drawn_rows(
    chromosomes: Chromosomes, site_features: SiteFeatures
) -> None:
    pwm = COLUMNS.index("pwm")
    everything = draw(chromosomes, site_features, 2.0)
    kept = draw(chromosomes, site_features, 2.0, keep=lambda _, matrix: matrix[:, pwm] > 1)
    for kind in KINDS:
        high = everything[kind].matrix[:, pwm] > 1
        np.testing.assert_array_equal(kept[kind].matrix, everything[kind].matrix[high])
        np.testing.assert_array_equal(kept[kind].labels, everything[kind].labels[high])


def test_without_true_sites_there_is_nothing_to_learn(site_features: SiteFeatures) -> None:
    blank = LabelledChromosome("b", np.full(500, 4, np.uint8), [])
    with pytest.raises(TrainingError, match=r"No true donor site on .* sites \(b\)\. Name"):
        draw({"b": blank}, site_features, 2.0)


def test_calibration_puts_the_prior_back() -> None:
    rng = np.random.default_rng(0)
    log_odds = rng.normal(-4, 2, 200_000)
    labels = rng.random(len(log_odds)) < expit(log_odds)
    # The raw score is another scale of the log odds; one decoy in ten was drawn.
    raw = ((log_odds + 1) / 2).astype(np.float32)
    drawn = labels | (rng.random(len(labels)) < 0.1)
    sample = SiteSample(np.empty((drawn.sum(), 0), np.float32), labels[drawn], 0.1)
    calibration = Calibration.fit(raw[drawn], sample.labels, sample.weights)
    assert calibration.slope == pytest.approx(2, abs=0.1)
    assert calibration.intercept == pytest.approx(-1, abs=0.1)
    applied = calibration.apply(raw)
    assert applied.dtype == np.float32
    assert expit(applied).sum() == pytest.approx(labels.sum(), rel=0.03)


@pytest.mark.parametrize("labels", [[False] * 50, [], [True] * 3])
def test_calibration_of_one_sided_samples_is_finite(labels: list[bool]) -> None:
    calibration = Calibration.fit(np.linspace(-1, 1, len(labels)), np.array(labels, bool))
    assert np.isfinite([calibration.slope, calibration.intercept]).all()
