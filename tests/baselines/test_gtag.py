from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit

from baselines.gtag import GtagScorer
from features.labelled import LabelledChromosome
from features.sites import KINDS, candidate_sites


@pytest.fixture(scope="module")
def fitted(chromosomes: dict[str, LabelledChromosome]) -> GtagScorer:
    scorer = GtagScorer(threads=1)
    scorer.fit([chromosomes["a"]], [chromosomes["b"]])
    return scorer


def test_every_candidate_gets_the_prior_of_its_motif(
    fitted: GtagScorer, chromosomes: dict[str, LabelledChromosome]
) -> None:
    sequence = chromosomes["c"].sequence
    scores = fitted.score(sequence)
    for kind, candidates in candidate_sites(sequence).items():
        np.testing.assert_array_equal(scores.positions[kind], candidates)
        second = sequence[candidates + 1] if kind == "donor" else np.zeros(len(candidates))
        # One log odds per motif: GT and GC for a donor, one otherwise.
        assert len(np.unique(scores.log_odds[kind])) == len(np.unique(second))
    cytosine = sequence[scores.positions["donor"] + 1] == 1
    assert scores.log_odds["donor"][cytosine].max() < scores.log_odds["donor"][~cytosine].min()


def test_the_prior_is_the_share_of_true_sites(
    fitted: GtagScorer, chromosomes: dict[str, LabelledChromosome]
) -> None:
    for kind in KINDS:
        expected = 0.0
        for strand in chromosomes["b"].strands():
            expected += float(expit(fitted.score(strand.sequence).log_odds[kind]).sum())
        true = chromosomes["b"].site_count(kind)
        # Twice as many decoys as true sites are drawn, so the estimate is rough.
        assert expected == pytest.approx(true, rel=0.6)


def test_saved_and_loaded(
    fitted: GtagScorer, chromosomes: dict[str, LabelledChromosome], tmp_path: Path
) -> None:
    fitted.save(tmp_path)
    again = GtagScorer.load(tmp_path, threads=1)
    sequence = chromosomes["c"].sequence
    for kind in KINDS:
        np.testing.assert_array_equal(
            again.score(sequence).log_odds[kind], fitted.score(sequence).log_odds[kind]
        )
