"""Other readings of a locus: exact second best paths, probabilities, what the decoder writes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from baselines.hmm import HmmDecoder
from baselines.hmm.alternatives import Reading, find_rivals
from baselines.hmm.confidence import grade_gene
from baselines.hmm.decoder import _loci
from baselines.hmm.lengths import Lengths
from baselines.hmm.path import PathGene, Solution, Weights, path_genes, solve, trace
from baselines.hmm.posterior import sum_paths
from baselines.hmm.topology import EDGE, Events, build_events
from features.genome import reverse_complement
from features.labelled import ScoredChromosome
from features.transcripts import cds_codes, translate
from tests.baselines.hmm.random_events import at_least, flat_lengths, random_scores


def _drop(events: Events, event: int) -> Events:
    return Events(*(np.delete(array, event, axis=0) for array in events))


def _solved(events: Events, lengths: Lengths, weights: Weights) -> tuple[Solution, list[PathGene]]:
    solution = solve(events, lengths, weights)
    return solution, path_genes(events, trace(events, solution, solution.last, solution.phase), "r")


@pytest.mark.parametrize("seed", range(6))
def test_rivals_keep_to_their_locus_and_are_no_likelier(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, 700).astype(np.uint8)
    forward, reverse = (
        random_scores(strand, rng, 0.3) for strand in (codes, reverse_complement(codes))
    )
    events = build_events(forward, reverse, codes, at_least(-np.inf))
    lengths = flat_lengths()
    weights = Weights(edge=-50.0, start_bias=-3.0, stop_bias=-3.0)
    solution = solve(events, lengths, weights)
    genes = path_genes(events, trace(events, solution, solution.last, solution.phase), "r")
    sums = sum_paths(events, codes, lengths, weights)
    assert genes
    bounds = _loci(genes, len(events.boundary))
    assert all(low < high for low, high in bounds)
    rivals_found = 0
    for gene, (low, high) in zip(genes, bounds, strict=True):
        rivals = find_rivals(gene, low, high, events, lengths, weights, "r")
        chains = [rival.gene.transcript.cds for rival in rivals]
        assert len({gene.transcript.cds, *chains}) == len(chains) + 1
        whole = grade_gene(Reading.of(gene, solution), events, sums).evidence.posterior
        rivals_found += len(rivals)
        for rival in rivals:
            ends = [(exon.opening, exon.closing) for exon in rival.gene.exons]
            assert all(low <= opening < closing < high for opening, closing in ends)
            assert rival.gene.transcript.strand == gene.transcript.strand
            begins = [int(events.boundary[opening]) for opening, _ in ends]
            assert [start for start, _ in rival.gene.transcript.cds[1:]] == begins[1:]
            assert grade_gene(rival, events, sums).evidence.posterior <= whole + 1e-9
    assert rivals_found


def test_rivals_are_the_best_paths_without_each_site_of_the_very_best() -> None:
    lengths, weights = flat_lengths(), Weights()
    compared = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        codes = rng.integers(0, 4, 250).astype(np.uint8)
        forward, reverse = (
            random_scores(strand, rng, 0.3) for strand in (codes, reverse_complement(codes))
        )
        events = build_events(forward, reverse, codes, at_least(-np.inf))
        inner = Events(*(array[events.kind != EDGE] for array in events))
        solution, genes = _solved(inner, lengths, weights)
        if len(genes) != 1:
            continue
        rivals = find_rivals(genes[0], 0, len(inner.boundary), inner, lengths, weights, "r")
        expected = set()
        bases = {base for start, end in genes[0].transcript.cds for base in range(start, end)}
        for event in {e for exon in genes[0].exons for e in (exon.opening, exon.closing)}:
            without, found = _solved(_drop(inner, event), lengths, weights)
            assert without.total < solution.total
            if len(found) == 1 and found[0].transcript.strand == genes[0].transcript.strand:
                cds = found[0].transcript.cds
                if bases & {base for start, end in cds for base in range(start, end)}:
                    expected.add(cds)
        assert {rival.gene.transcript.cds for rival in rivals} == expected
        compared += len(expected)
    assert compared >= 5


def test_alternatives_are_further_transcripts_of_the_same_genes(
    hmm_decoder: HmmDecoder, scored: dict[str, ScoredChromosome], monkeypatch: pytest.MonkeyPatch
) -> None:
    each = scored["c"]
    given = (each.forward, each.reverse, each.chromosome.sequence, "c")
    best = hmm_decoder.decode(*given)
    monkeypatch.setattr(hmm_decoder, "alternatives", 2)
    every = hmm_decoder.decode(*given)
    assert [gene for gene in every if gene.id.endswith(".t1")] == best
    others = [gene for gene in every if not gene.id.endswith(".t1")]
    assert others
    for before, after in pairwise(every):
        if before.gene == after.gene:
            assert before.strand == after.strand
            assert before.cds != after.cds
            if before.id.endswith(".t2"):
                assert (before.score or 0) >= (after.score or 0)
    by_id = {gene.id: gene for gene in every}
    assert len(by_id) == len(every)
    for other in others:
        first = by_id[f"{other.gene}.t1"]
        assert (other.score or 0) >= 0.2 * (first.score or 0)
        assert other.start < first.end
        assert first.start < other.end
        if other.start_complete and other.end_complete:
            protein = translate(cds_codes(other, each.chromosome.sequence))
            assert protein.index("*") == len(protein) - 1
