from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from benchmarks.machine import Stopwatch
from benchmarks.metrics.bootstrap import Blocks
from benchmarks.metrics.sites import (
    SiteTable,
    average_precision,
    f1,
    find_sites,
    precision,
    rank_counts,
    sensitivity,
    tabulate_sites,
    top_k,
)
from features.genome import encode, reverse_complement
from features.labelled import LabelledChromosome
from features.sites import KINDS, candidate_sites
from features.transcripts import Transcript


def table_of(scores, true, unscored_true=0, unscored_false=0, block=None):
    block = np.zeros(len(scores), np.int64) if block is None else np.asarray(block)
    blocks = int(block.max(initial=0)) + 1
    rest = np.zeros((2, blocks), np.int64)
    rest[:, 0] = unscored_true, unscored_false
    return SiteTable(
        np.array(scores, np.float32), np.array(true, np.bool_), block, rest[0], rest[1]
    )


def exact(table, metric):
    return float(metric(rank_counts(table.pooled(), bins=None).sum(axis=0).astype(float)))


sites = st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=1, max_size=60)


@given(sites, st.integers(0, 4), st.integers(0, 9))
def test_average_precision_equals_scikit_learn_ties_and_unscored_included(pairs, missed, passed):
    scores, true = zip(*pairs, strict=True)
    table = table_of(scores, true, missed, passed)
    value = exact(table, average_precision)
    if sum(true) + missed == 0:
        assert np.isnan(value)
        return
    all_scores = [*scores, *[-99] * (missed + passed)]
    all_true = [*true, *[True] * missed, *[False] * passed]
    assert value == pytest.approx(average_precision_score(all_true, all_scores))


@given(sites, st.randoms())
def test_order_of_the_sites_does_not_matter(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    for metric in (average_precision, top_k):
        values = [exact(table_of(*zip(*each, strict=True)), metric) for each in (pairs, shuffled)]
        assert values[0] == values[1] or np.isnan(values).all()


def test_top_k_by_hand():
    assert exact(table_of([5, 4, 3, 2], [1, 0, 1, 1]), top_k) == pytest.approx(2 / 3)
    # rank 2 falls into a tie of one true and two false sites: a third of a place is true
    assert exact(table_of([5, 3, 3, 3], [1, 1, 0, 0]), top_k) == pytest.approx((1 + 1 / 3) / 2)
    # four true sites, two of them never scored, beside two false ones that were not: half of the last two places
    assert exact(table_of([5, 4], [1, 1], 2, 2), top_k) == pytest.approx(3 / 4)


def test_binned_ranks_stay_close_to_the_exact_ones():
    generator = np.random.default_rng(5)
    true = generator.random(50_000) < 0.02
    scores = generator.normal(size=50_000) + 3 * true
    table = table_of(scores, true, 13, 5000, generator.integers(0, 8, 50_000))
    binned = rank_counts(table, bins=300)
    assert binned.shape[0] == 8
    assert binned.shape[1] <= 2 * 303
    for metric in (average_precision, top_k):
        approximate = float(metric(binned.sum(axis=0).astype(float)))
        assert approximate == pytest.approx(exact(table, metric), abs=0.005)
    assert binned.sum() == 50_000 + 13 + 5000


def test_bins_as_many_as_true_sites_leave_average_precision_exact():
    table = table_of([9, 8, 7, 6, 5, 4, 3], [0, 1, 0, 0, 1, 0, 0])
    binned = rank_counts(table, bins=2)
    assert binned.shape[1] < 2 * 8
    assert average_precision(binned[0].astype(float)) == exact(table, average_precision)


def test_called_counts_by_block():
    table = table_of([3, 2, 1, 0], [1, 0, 1, 1], unscored_true=2, block=[0, 0, 1, 1])
    assert table.called(1.0).tolist() == [[3, 1, 2, 1], [2, 1, 1, 1]]
    total = table.called(1.0).sum(axis=0).astype(float)
    assert (sensitivity(total), precision(total)) == (2 / 5, 2 / 3)
    assert f1(total) == pytest.approx(0.5)
    assert f1(np.zeros(4)) == 0


def test_several_strands_count_as_one_table():
    gene = Transcript("b", "+", "g", "g.1", ((0, 5), (20, 30)), cds=((0, 5), (20, 30)))
    chromosomes = [
        LabelledChromosome("a", encode("AAGTAAGTAA"), []),
        LabelledChromosome("b", encode("AAAAAGTAAAAAAAAAAAAGGTAAAAAAAA"), [gene]),
    ]
    scored = {
        "a": (np.array([6]), np.array([1], np.float32)),
        "b": (np.array([5, 20]), np.array([3, 2], np.float32)),
    }
    nothing = (np.empty(0, np.int64), np.empty(0, np.float32))
    strands = [
        (
            find_sites(next(chromosome.strands())),
            dict.fromkeys(KINDS, nothing) | {"donor": scored[name]},
        )
        for name, chromosome in zip("ab", chromosomes, strict=True)
    ]
    tables = tabulate_sites(strands, Blocks({"a": 10, "b": 30}, size=10))
    donors = tables["donor"]
    assert donors.scores.tolist() == [1, 3, 2]
    assert donors.true.tolist() == [False, True, False]
    assert donors.block.tolist() == [0, 1, 3]
    assert donors.unscored_false.tolist() == [1, 0, 0, 0]
    assert tables["acceptor"].unscored_true.tolist() == [0, 0, 0, 1]


def test_memory_does_not_grow_with_records_times_blocks():
    sequence = np.random.default_rng(4).integers(0, 4, 40).astype(np.uint8)
    sites = find_sites(next(LabelledChromosome("c", sequence, []).strands()))
    nothing = dict.fromkeys(KINDS, (np.empty(0, np.int64), np.empty(0, np.float32)))
    names = [f"c{i}" for i in range(20_000)]
    blocks = Blocks(dict.fromkeys(names, 40), size=40)
    assert blocks.count == len(names)
    watch = Stopwatch()
    before = watch.peak_gib()
    strands = ((replace(sites, chromosome=name), nothing) for name in names)
    tables = tabulate_sites(strands, blocks)
    assert watch.peak_gib() < before + 0.5
    for kind, candidates in candidate_sites(sequence).items():
        assert (tables[kind].unscored_false == len(candidates)).all()


@pytest.mark.parametrize("strand", ["+", "-"])
def test_tabulated_sites_hold_every_candidate_once(strand):
    generator = np.random.default_rng(3)
    own = generator.integers(0, 5, 400).astype(np.uint8)
    own[100:102], own[198:200] = encode("GT"), encode("AG")
    own[300:302] = encode("AA")  # the second intron begins as no candidate does
    forward = own if strand == "+" else reverse_complement(own)
    exons = [(50, 100), (200, 300), (350, 380)]
    if strand == "-":
        exons = [(400 - end, 400 - start) for start, end in exons[::-1]]
    transcript = Transcript("c", strand, "g", "t", tuple(exons), cds=tuple(exons))
    mask = np.array([[0, 20]] if strand == "+" else [[380, 400]])
    chromosome = LabelledChromosome("c", forward, [transcript], mask)
    labelled = next(each for each in chromosome.strands() if each.strand == strand)
    candidates = candidate_sites(own)["donor"]
    kept = candidates[::2]
    scored = {kind: (np.empty(0, np.int64), np.empty(0, np.float32)) for kind in KINDS}
    scored["donor"] = (kept, kept.astype(np.float32))
    table = tabulate_sites([(find_sites(labelled), scored)], Blocks({"c": 400}, size=100))["donor"]
    outside = candidates[candidates > 20]
    assert sorted(table.scores.tolist()) == [p for p in kept.tolist() if p > 20]
    assert (
        len(table.scores) + table.unscored_false.sum() + table.unscored_true.sum()
        == len(outside) + 1
    )
    assert table.true.sum() + table.unscored_true.sum() == 2
    assert table.scores[table.true].tolist() == ([100.0] if 100 in kept else [])
    strand_block = table.scores.astype(int) // 100
    assert (
        table.block == (strand_block if strand == "+" else (399 - table.scores.astype(int)) // 100)
    ).all()


def test_scores_elsewhere_than_at_candidates_do_not_count():
    chromosome = LabelledChromosome("c", encode("AAGTAAAA"), [])
    labelled = next(iter(chromosome.strands()))
    scored = {kind: (np.array([0, 2]), np.array([9, 1], np.float32)) for kind in KINDS}
    table = tabulate_sites([(find_sites(labelled), scored)], Blocks({"c": 8}))["donor"]
    assert table.scores.tolist() == [1.0]
