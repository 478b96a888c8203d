"""Confidence of exons and genes against what the posterior probabilities of their events allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from baselines.hmm import HmmDecoder
from baselines.hmm.confidence import fit_confidence, grade_gene, weakest_sites
from baselines.hmm.path import Segment, Weights, solve, trace
from baselines.hmm.posterior import sum_paths
from baselines.hmm.topology import EDGE, START, STOP, build_events
from baselines.hmm.truth import annotated, structure_f1
from features.genome import reverse_complement
from features.labelled import LabelledChromosome, ScoredChromosome
from features.sites import SiteScores
from features.transcripts import Interval, Transcript
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


def one_exon_genes(
    count: int, chance: Callable[[float, float], float]
) -> tuple[ScoredChromosome, list[Transcript]]:
    """Predicted genes of one exon, right with a ``chance`` that depends on their posterior and weakest log odds.

    The last half is masked and always wrong.
    """
    rng = np.random.default_rng(0)
    posterior, start = rng.normal(0, 2, (2, count)).astype(np.float32)
    predicted, right = [], []
    for number in range(count):
        place = (100 * number, 100 * number + 30)
        gene = Transcript("c", "+", f"g{number}", f"g{number}", (place,), (place,))
        odds = float(posterior[number])
        predicted.append(replace(gene, score=odds, cds_scores=(odds,)))
        if number < count // 2 and rng.random() < chance(odds, float(start[number])):
            right.append(gene)
    nowhere = np.empty(0, np.int64)
    starts = 100 * np.arange(count)
    positions = {"donor": nowhere, "acceptor": nowhere, "start": starts, "stop": starts + 27}
    log_odds = {kind: np.full(len(sites), 8, np.float32) for kind, sites in positions.items()}
    log_odds["start"] = start
    length = 100 * count
    scores = SiteScores.from_dense_content(positions, log_odds, np.zeros((length, 4)))
    mask = np.array([[length // 2, length]])
    chromosome = LabelledChromosome("c", np.zeros(length, np.uint8), right, mask)
    return ScoredChromosome(chromosome, scores, scores), predicted


def test_graded_shares_are_those_that_are_right() -> None:
    predicted = one_exon_genes(8000, lambda posterior, start: expit(0.5 * posterior + start - 1))
    confidence = fit_confidence([predicted])
    for grading in (confidence.exon, confidence.gene):
        assert grading.posterior == pytest.approx(0.5, abs=0.1)
        assert grading.weakest == pytest.approx(1, abs=0.15)
        assert grading.intercept == pytest.approx(-1, abs=0.15)
    assert confidence.gene.probability(2.0, 0.0) == pytest.approx(0.5, abs=0.05)
    assert confidence.gene.probability(0.0, -20.0) == pytest.approx(0, abs=0.01)


def test_genes_too_unsure_to_help_are_left_out() -> None:
    """A prediction helps F1 if it is right more often than half of the F1 that is reached."""
    scored, predicted = one_exon_genes(8000, lambda posterior, start: expit(2 * posterior))
    confidence = fit_confidence([(scored, predicted)])
    genes = [confidence.grade(gene, scored.forward, scored.reverse) for gene in predicted]
    kept = [gene for gene in genes if gene.score >= confidence.least]
    truth = annotated(scored.chromosome)
    reached = structure_f1([(truth, kept)]) / 2
    assert confidence.least == pytest.approx(reached / 2, abs=0.06)
    assert reached > structure_f1([(truth, genes)]) / 2 + 0.05


def test_genes_are_all_kept_where_all_help() -> None:
    assert fit_confidence([one_exon_genes(400, lambda posterior, start: 1.0)]).least == 0


@pytest.mark.parametrize("strand", ["+", "-"])
def test_weakest_sites_of_each_exon(strand: str) -> None:
    positions = {"donor": [20, 60], "acceptor": [40, 80], "start": [3], "stop": [97]}
    log_odds = {"donor": [1, 2], "acceptor": [3, -1], "start": [0.5], "stop": [-2]}
    scores = SiteScores.from_dense_content(
        {kind: np.array(each) for kind, each in positions.items()},
        {kind: np.array(each, np.float32) for kind, each in log_odds.items()},
        np.zeros((120, 4)),
    )
    cds: Sequence[Interval] = ((3, 20), (40, 60), (80, 100))
    expected = [0.5, 2, -2]
    if strand == "-":
        cds, expected = [(120 - end, 120 - start) for start, end in cds[::-1]], expected[::-1]
    gene = Transcript("c", strand, "g", "g", tuple(cds), tuple(cds))
    assert weakest_sites(gene, scores, scores) == expected
    # Without a start codon the first exon has its donor only.
    cut = replace(gene, start_complete=False)
    assert weakest_sites(cut, scores, scores) == [1 if each == 0.5 else each for each in expected]


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
