"""Confidence of exons and genes against what the posterior probabilities of their events allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from baselines.hmm import HmmDecoder, confidence
from baselines.hmm.alternatives import Reading
from baselines.hmm.confidence import (
    WORTH,
    Confidence,
    Evidence,
    GradedGene,
    Grading,
    fit_confidence,
    grade_gene,
)
from baselines.hmm.path import Segment, Solution, Weights, path_genes, solve, trace
from baselines.hmm.posterior import Sums, sum_paths
from baselines.hmm.topology import ACCEPTOR, DONOR, EDGE, START, STOP, build_events
from baselines.hmm.truth import annotated, structure_f1
from features.genome import reverse_complement
from features.labelled import LabelledChromosome, ScoredChromosome
from features.sites import KINDS, SiteScores
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
    path = trace(events, solution, solution.last, solution.phase)
    for gene in path_genes(events, path, "c"):
        graded = grade_gene(Reading.of(gene, solution), events, sums)
        of_exons = [exon.posterior for exon in graded.exons]
        assert expit(graded.evidence.posterior) <= expit(min(of_exons)) + 1e-6
        assert graded.evidence.weakest == min(exon.weakest for exon in graded.exons)
        for exon, odds in zip(gene.exons, of_exons, strict=True):
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


def two_exon_genes(
    count: int, chance: Callable[[float, float], float]
) -> tuple[LabelledChromosome, list[GradedGene]]:
    """Predicted genes, right with a ``chance`` that depends on their posterior and weakest log odds.

    The first exon of a wrong one is right all the same. The last half is masked and always wrong.
    """
    rng = np.random.default_rng(0)
    posterior, weakest = rng.normal(0, 2, (2, count))
    predicted, right = [], []
    for number in range(count):
        begin = 200 * number
        cds = ((begin, begin + 30), (begin + 100, begin + 130))
        gene = Transcript("c", "+", f"g{number}", f"g{number}", cds, cds)
        evidence = Evidence(float(posterior[number]), float(weakest[number]))
        predicted.append(GradedGene(gene, evidence, [evidence, evidence]))
        if number < count // 2:
            if rng.random() >= chance(*evidence):
                cds = (cds[0], (begin + 100, begin + 160))
            right.append(replace(gene, exons=cds, cds=cds))
    length = 200 * count
    mask = np.array([[length // 2, length]])
    return LabelledChromosome("c", np.zeros(length, np.uint8), right, mask), predicted


def test_graded_shares_are_those_that_are_right() -> None:
    predicted = two_exon_genes(
        8000, lambda posterior, weakest: expit(0.5 * posterior + weakest - 1)
    )
    learnt = fit_confidence([predicted])
    assert learnt.gene.posterior == pytest.approx(0.5, abs=0.1)
    assert learnt.gene.weakest == pytest.approx(1, abs=0.15)
    assert learnt.gene.intercept == pytest.approx(-1, abs=0.15)
    assert learnt.gene.probability(Evidence(2.0, 0.0)) == pytest.approx(0.5, abs=0.05)
    assert learnt.gene.probability(Evidence(0.0, -20.0)) == pytest.approx(0, abs=0.01)
    # At least half of the exons are right in any gene.
    assert learnt.exon.intercept > learnt.gene.intercept + 0.5


def test_genes_too_unsure_to_help_are_left_out() -> None:
    chromosome, predicted = two_exon_genes(8000, lambda posterior, weakest: expit(2 * posterior))
    predicted = [
        replace_exons(gene) if gene.evidence.posterior < -1 else gene for gene in predicted
    ]
    learnt = fit_confidence([(chromosome, predicted)])
    genes = [learnt.grade(gene) for gene in predicted]
    kept = [gene for gene in genes if gene.score >= learnt.least]
    assert 0.1 < learnt.least < 0.45
    assert len(kept) < 0.9 * len(genes)
    truth = annotated(chromosome)
    assert structure_f1([(truth, kept)]) > structure_f1([(truth, genes)]) + WORTH


def replace_exons(gene: GradedGene) -> GradedGene:
    """The same with no exon right."""
    cds = tuple((start + 3, end + 3) for start, end in gene.transcript.cds)
    return gene._replace(transcript=replace(gene.transcript, exons=cds, cds=cds))


def test_no_gene_is_surer_than_one_of_its_exons() -> None:
    learnt = Confidence(exon=Grading(1.0, 0.0, 0.0), gene=Grading(1.0, 0.0, 2.0))
    _, (pair, *_) = two_exon_genes(2, lambda posterior, weakest: 1.0)
    graded = learnt.grade(pair._replace(exons=[Evidence(0.0, 0.0), Evidence(9.0, 0.0)]))
    assert graded.cds_scores == pytest.approx((0.5, 0.9999), abs=1e-4)
    assert graded.score == 0.5
    single = replace(pair.transcript, cds=pair.transcript.cds[:1])
    graded = learnt.grade(GradedGene(single, Evidence(0.0, 0.0), [Evidence(-5.0, 0.0)]))
    assert graded.cds_scores == (graded.score,) == (pytest.approx(0.8808, abs=1e-3),)


def test_genes_are_all_kept_where_all_help() -> None:
    assert fit_confidence([two_exon_genes(400, lambda posterior, weakest: 1.0)]).least == 0


def test_a_gain_that_may_be_chance_leaves_out_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    predicted = two_exon_genes(8000, lambda posterior, weakest: expit(2 * posterior))
    monkeypatch.setattr(confidence, "WORTH", 2.0)
    assert fit_confidence([predicted]).least == 0


@pytest.mark.parametrize("reverse", [0, 1])
def test_evidence_of_a_gene_is_that_of_its_weakest_site(reverse: int) -> None:
    """A gene open to the left, whose events are a donor, an acceptor and a stop (a start on the reverse strand)."""
    kinds = [EDGE, DONOR, ACCEPTOR, STOP] if not reverse else [EDGE, ACCEPTOR, DONOR, START]
    here = [0, 30, 60, 90]
    codes = np.full(120, 1, np.uint8)
    nothing = SiteScores.from_dense_content(
        dict.fromkeys(KINDS, np.empty(0, np.int64)),
        dict.fromkeys(KINDS, np.empty(0, np.float32)),
        np.zeros((120, 4)),
    )
    events = build_events(nothing, nothing, codes, at_least(-2.0))
    count = len(here)
    events = events._replace(
        boundary=np.array(here),
        kind=np.array(kinds, events.kind.dtype),
        reverse=np.full(count, reverse, events.reverse.dtype),
        opens=np.array([1, 0, 1, 0], events.opens.dtype),
        log_odds=np.array([0, 3, -1, 2], np.float32),
    )
    flat = np.zeros((count, 3))
    solution = Solution(flat, flat.astype(int), flat, flat.astype(int), 0.0, 3, 0)
    sums = Sums(flat, flat - 1, 0.0, events, np.arange(count))
    (gene,) = path_genes(events, [Segment(0, 1, 0, 0), Segment(2, 3, 0, 0)], "c")
    graded = grade_gene(Reading.of(gene, solution), events, sums)
    assert graded.evidence.weakest == -1
    assert [exon.weakest for exon in graded.exons] == [3, -1]
    (cut,) = path_genes(events._replace(kind=np.full(count, EDGE)), [Segment(0, 3, 0, 0)], "c")
    open_ends = grade_gene(
        Reading.of(cut, solution), events._replace(kind=np.full(count, EDGE)), sums
    )
    assert open_ends.evidence.weakest == 0
    assert graded.evidence.posterior == pytest.approx(np.log(np.exp(-1) / (1 - np.exp(-1))))


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
