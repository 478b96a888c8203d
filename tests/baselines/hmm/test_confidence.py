"""Confidence of exons and genes against what the posterior probabilities of their events allow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from baselines.hmm import HmmDecoder
from baselines.hmm.confidence import Confidence, grade_gene
from baselines.hmm.path import Segment, Weights, solve, trace
from baselines.hmm.posterior import sum_paths
from baselines.hmm.topology import EDGE, START, STOP, build_events
from baselines.hmm.training import calibrate_confidence
from features.genome import reverse_complement
from features.labelled import LabelledChromosome, ScoredChromosome
from features.transcripts import Transcript
from tests.baselines.hmm.random_events import at_least, flat_lengths, random_scores

WEIGHTS = Weights(edge=-3.0, donor_bias=0.5, start_bias=1.5)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), length=st.integers(60, 700))
def test_no_gene_is_surer_than_its_exons_nor_they_than_their_ends(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.choice(4, length, p=[0.32, 0.16, 0.2, 0.32]).astype(np.uint8)
    scores = [random_scores(each, rng, 0.7) for each in (codes, reverse_complement(codes))]
    events = build_events(*scores, codes, at_least(-2.0))
    solution = solve(events, flat_lengths(), WEIGHTS)
    sums = sum_paths(events, codes, flat_lengths(), WEIGHTS)
    genes: list[list[Segment]] = [[]]
    for exon in trace(events, solution, solution.last, solution.phase):
        genes[-1].append(exon)
        if events.kind[exon.closing] in (START, STOP, EDGE):
            genes.append([])
    for exons in filter(None, genes):
        of_gene, of_exons = grade_gene(exons, solution, sums)
        assert expit(of_gene) <= expit(min(of_exons)) + 1e-6
        for exon, odds in zip(exons, of_exons, strict=True):
            ends = (
                sums.probability[exon.opening, exon.phase],
                sums.probability[exon.closing, exon.unfinished],
            )
            assert expit(odds) <= min(ends) + 1e-6


def test_probability_of_a_site_is_the_slope_of_the_total() -> None:
    rng = np.random.default_rng(4)
    codes = rng.choice(4, 400, p=[0.32, 0.16, 0.2, 0.32]).astype(np.uint8)
    scores = [random_scores(each, rng, 0.7) for each in (codes, reverse_complement(codes))]
    events = build_events(*scores, codes, at_least(-2.0))
    weights = Weights(edge=-3.0, start_bias=1.5)  # every site's log odds count once
    sums = sum_paths(events, codes, flat_lengths(), weights)
    used = sums.probability.sum(axis=1)
    chosen = np.argsort(-used * (events.kind != EDGE))[:12]
    assert used[chosen].min() > 0.05
    for event in chosen:
        log_odds = events.log_odds.copy()
        log_odds[event] += 1e-5
        moved = sum_paths(events._replace(log_odds=log_odds), codes, flat_lengths(), weights)
        assert (moved.total - sums.total) / 1e-5 == pytest.approx(used[event], abs=1e-4)


def test_calibrated_shares_are_those_that_are_right() -> None:
    """Genes of one exon, wrong in a known share by posterior log odds, the masked ones left out."""
    rng = np.random.default_rng(0)
    predicted, annotated = [], []
    for number in range(4000):
        odds = float(rng.normal(0, 2))
        place = (100 * number, 100 * number + 30)
        gene = Transcript("c", "+", f"g{number}", f"g{number}", (place,), (place,))
        predicted.append(replace(gene, score=odds, cds_scores=(odds,)))
        if rng.random() < expit(0.5 * odds - 1) and number < 2000:
            annotated.append(gene)
    mask = np.array([[200_000, 400_000]])
    chromosome = LabelledChromosome("c", np.zeros(400_000, np.uint8), annotated, mask)
    for calibration in calibrate_confidence([(chromosome, predicted)]):
        assert calibration.slope == pytest.approx(0.5, abs=0.1)
        assert calibration.intercept == pytest.approx(-1, abs=0.15)
    confidence = Confidence(*calibrate_confidence([(chromosome, predicted)]))
    assert confidence.of_gene(2.0) == pytest.approx(0.5, abs=0.05)
    assert confidence.of_exons(np.array([-20.0, 20.0])) == pytest.approx([0, 1], abs=0.01)


def test_a_fitted_decoder_tells_probabilities_and_keeps_them(
    hmm_decoder: HmmDecoder, scored: dict[str, ScoredChromosome], tmp_path: Path
) -> None:
    each = scored["c"]
    genes = hmm_decoder.decode(each.forward, each.reverse, each.chromosome.sequence, "c")
    right = {exon for t in each.chromosome.transcripts if t.coding for exon in t.cds}
    shares: dict[bool, list[float]] = {True: [], False: []}
    for gene in genes:
        assert 0 <= gene.score <= 1
        for exon, score in zip(gene.cds, gene.cds_scores, strict=True):
            assert 0 <= score <= 1
            shares[exon in right].append(score)
    assert np.mean(shares[True]) > np.mean(shares[False]) + 0.05
    hmm_decoder.save(tmp_path)
    loaded = HmmDecoder.load(tmp_path)
    assert loaded.confidence == hmm_decoder.confidence
    assert loaded.decode(each.forward, each.reverse, each.chromosome.sequence, "c") == genes
