"""What every best path must satisfy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.hmm.lengths import LengthModel
from baselines.hmm.path import Weights, find_path, path_genes, path_transcripts
from baselines.hmm.topology import build_events
from features.genome import reverse_complement
from features.sites import KINDS, SiteScores
from features.transcripts import cds_codes, translate
from tests.baselines.hmm.random_events import at_least, flat_lengths, random_scores, run_kernel


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_complete_genes_translate_without_stops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, 3000).astype(np.uint8)
    forward = random_scores(codes, rng)
    reverse = random_scores(reverse_complement(codes), rng)
    events = build_events(forward, reverse, codes, at_least(-9.0))
    weights = Weights(start_bias=4.0, stop_bias=4.0)
    genes = path_transcripts(events, find_path(events, flat_lengths(), weights), "c")
    assert genes
    end = 0
    for gene in genes:
        assert gene.start >= end
        end = gene.end
        assert all(right - left >= 4 for left, right in gene.introns)
        if gene.start_complete and gene.end_complete:
            protein = translate(cds_codes(gene, codes))
            assert gene.cds_length % 3 == 0
            assert protein[0] == "M"
            assert protein.index("*") == len(protein) - 1


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_reverse_complement_symmetry(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, 800).astype(np.uint8)
    forward = random_scores(codes, rng)
    reverse = random_scores(reverse_complement(codes), rng)
    lengths, weights = flat_lengths(), Weights(start_bias=2.0)
    here = build_events(forward, reverse, codes, at_least(-3.0))
    there = build_events(reverse, forward, reverse_complement(codes), at_least(-3.0))
    genes = path_transcripts(here, find_path(here, lengths, weights), "c")
    mirrored = path_transcripts(there, find_path(there, lengths, weights), "c")
    n = len(codes)
    flipped = [
        ("+-"[gene.strand == "+"], tuple((n - b, n - a) for a, b in gene.cds[::-1]))
        for gene in mirrored[::-1]
    ]
    assert [(gene.strand, gene.cds) for gene in genes] == flipped


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), length=st.integers(1, 120))
def test_partial_genes_keep_their_frame(seed: int, length: int) -> None:
    """Whatever runs off the ends, translation by the transcript's own phases meets no stop codon before the end."""
    rng = np.random.default_rng(seed)
    codes = rng.choice(5, length, p=[0.3, 0.1, 0.3, 0.29, 0.01]).astype(np.uint8)
    scores = [random_scores(sequence, rng) for sequence in (codes, reverse_complement(codes))]
    events = build_events(*scores, codes, at_least(-3.0))
    weights = Weights(edge=2.0, donor_bias=1.0, acceptor_bias=1.0)
    path = find_path(events, flat_lengths(), weights)
    for gene, exons in path_genes(events, path, "c"):
        assert all(0 <= start < end <= length for start, end in gene.cds)
        for (start, end), exon in zip(gene.cds, exons, strict=True):
            # Up to two bases of a codon are cut off where a frame begins within it.
            assert 0 <= start - events.boundary[exon.opening] <= 2
            assert 0 <= events.boundary[exon.closing] - end <= 2
        first_phase = gene.phases[0 if gene.strand == "+" else -1]
        if gene.start_complete or not gene.end_complete:
            assert first_phase == 0
        protein = translate(cds_codes(gene, codes)[first_phase:])
        assert "*" not in protein[: len(protein) - gene.end_complete]
        if gene.start_complete:
            assert protein.startswith("M")
        if gene.end_complete:
            assert protein.endswith("*")


def one_site(length: int, kind: str | None, position: int) -> SiteScores:
    """A strand of one certain site of ``kind``, or of none, and of content that says nothing."""
    positions = {name: np.array([position] if name == kind else [], np.int64) for name in KINDS}
    log_odds = {name: np.full(len(found), 9, np.float32) for name, found in positions.items()}
    return SiteScores.from_dense_content(positions, log_odds, np.zeros((length, 4)))


@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize(
    ("site", "exons", "introns"),
    # A lone splice site: an exon runs off on one side and the intron beside it on the other.
    [("start", 1, 0), ("stop", 1, 0), ("donor", 1, 1), ("acceptor", 1, 1)],
)
def test_what_runs_off_an_end_is_weighed_by_the_share_of_longer_lengths(
    strand: str, site: str, exons: int, introns: int
) -> None:
    codes = np.random.default_rng(1).integers(1, 3, 120).astype(np.uint8)
    scores = [one_site(120, site, 57), one_site(120, None, 57)]
    events = build_events(*scores[:: 1 if strand == "+" else -1], codes, at_least(-np.inf))
    lengths, weights = flat_lengths(), Weights(edge=4.0, exon_length=0.3, intron_length=0.7)

    def lowered(model: LengthModel) -> LengthModel:
        return model._replace(table=model.table - 1)

    fewer_exons = lengths._replace(exons=(*lengths.exons[:4], lowered(lengths.exons[4])))
    fewer_introns = lengths._replace(cut_introns=lowered(lengths.cut_introns))
    score, path = run_kernel(events, lengths, weights)
    assert len(path) == 1
    assert score - run_kernel(events, fewer_exons, weights)[0] == pytest.approx(0.3 * exons)
    assert score - run_kernel(events, fewer_introns, weights)[0] == pytest.approx(0.7 * introns)
