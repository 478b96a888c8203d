"""Chromosomes decoded chunk by chunk."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from baselines.hmm import HmmDecoder, decoder
from baselines.hmm.kernels import NOTHING
from baselines.hmm.lengths import LengthModel
from baselines.hmm.path import Weights
from features.genome import reverse_complement
from features.sites import KINDS
from features.transcripts import Transcript
from tests.baselines.hmm.random_events import flat_lengths, random_scores


def uneven_decoder(rng: np.random.Generator, same_tail: bool) -> HmmDecoder:
    made = HmmDecoder()
    made.lengths = flat_lengths()
    if same_tail:  # as measured lengths have it: introns that run in can then be ruled out
        table = np.sort(made.lengths.introns.table)[::-1]
        made.lengths = made.lengths._replace(cut_introns=LengthModel(table, 0.05))
    start, donor = rng.uniform(-3, 3), rng.uniform(-3, 2)
    made.weights = Weights(edge=-1.0, start_bias=start, stop_bias=0.0, donor_bias=donor)
    return made


def structures(genes: list[Transcript]) -> list[Transcript]:
    """The genes without their confidence, which knows only its own chunk."""
    return [replace(gene, score=None, cds_scores=()) for gene in genes]


def test_chunks_change_no_gene(monkeypatch: pytest.MonkeyPatch) -> None:
    cuts = []
    settled = decoder.settled_gene_end
    monkeypatch.setattr(
        decoder, "settled_gene_end", lambda *asked: cuts.append(settled(*asked)) or cuts[-1]
    )
    for seed in range(60):
        rng = np.random.default_rng(seed)
        codes = rng.integers(0, 4, rng.integers(500, 6000)).astype(np.uint8)
        scores = [random_scores(each, rng, 0.3) for each in (codes, reverse_complement(codes))]
        decode = uneven_decoder(rng, seed % 2 == 1).decode
        monkeypatch.setattr(decoder, "CHUNK", 50_000_000)
        whole = structures(decode(*scores, codes, "c"))
        monkeypatch.setattr(decoder, "CHUNK", int(rng.integers(50, 800)))
        assert structures(decode(*scores, codes, "c")) == whole
    assert sum(cut != NOTHING for cut in cuts) > 20


def test_memory_is_that_of_the_sites() -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, 200_000).astype(np.uint8)
    scores = [random_scores(each, rng, 0.5) for each in (codes, reverse_complement(codes))]
    uneven = uneven_decoder(rng, True)
    uneven.decode(*scores, codes, "c")
    tracemalloc.start()
    uneven.decode(*scores, codes, "c")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    sites = sum(len(each.positions[kind]) for each in scores for kind in KINDS)
    # The docstring's 550 bytes, less the 64 of the two kernels' own lists, which are not traced.
    assert peak / sites < 550 - 64


def test_a_gap_longer_than_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    codes = rng.integers(0, 4, 6000).astype(np.uint8)
    codes[2500:4500] = 4
    scores = [random_scores(each, rng, 0.3) for each in (codes, reverse_complement(codes))]
    uneven = uneven_decoder(rng, True)
    whole = structures(uneven.decode(*scores, codes, "c"))
    assert whole[0].end < 2500
    assert whole[-1].start >= 4500
    monkeypatch.setattr(decoder, "CHUNK", 300)
    assert structures(uneven.decode(*scores, codes, "c")) == whole
