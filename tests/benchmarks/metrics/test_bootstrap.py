import numpy as np
import pytest

from benchmarks.metrics.bootstrap import Blocks, block_weights, estimate, paired_difference
from benchmarks.metrics.sites import f1, sensitivity


def test_blocks_are_numbered_through_the_chromosomes():
    blocks = Blocks({"a": 25, "b": 10, "c": 3}, size=10)
    assert blocks.count == 5
    assert blocks.of("a", [0, 9, 10, 24]).tolist() == [0, 0, 1, 2]
    assert blocks.of("b", 9) == 3
    total = np.zeros(5, np.int64)
    blocks.add_counts(total, "c", [0, 1, 2])
    blocks.add_counts(total, "a", [3, 24])
    blocks.add_counts(total, "b", [])
    assert total.tolist() == [1, 0, 1, 0, 3]


def test_short_neighbours_share_a_block_up_to_its_size():
    lengths = {"a": 4, "b": 6, "c": 1, "long": 25, "d": 0, "e": 3, "ten": 10, "f": 9, "g": 2}
    blocks = Blocks(lengths, size=10)
    first = {name: int(blocks.of(name, 0)) for name in lengths}
    assert [first[name] for name in ("a", "b", "c", "long")] == [0, 0, 1, 2]
    assert [first[name] for name in ("e", "ten", "f", "g")] == [5, 6, 7, 8]
    assert blocks.count == 9
    assert blocks.of("long", 24) == 4


def test_a_draft_genome_has_no_more_blocks_than_its_size_asks_for():
    assert Blocks({f"c{i}": 1000 for i in range(20_000)}).count == 20
    assert Blocks({f"c{i}": 9_999 for i in range(20_000)}).count < 205


def test_chromosomes_longer_than_a_block_are_cut_as_if_they_were_alone():
    lengths = {"I": 5_579_133, "II": 4_539_804, "III": 2_452_883}
    blocks = Blocks(lengths)
    before = 0
    for name, length in lengths.items():
        positions = np.arange(0, length, 1000)
        assert (blocks.of(name, positions) == before + positions // blocks.size).all()
        before += -(-length // blocks.size)
    assert blocks.count == before


def test_one_seed_gives_one_set_of_weights():
    assert (block_weights(7, 20, seed=3) == block_weights(7, 20, seed=3)).all()
    assert (block_weights(7, 20, seed=3) != block_weights(7, 20, seed=4)).any()
    assert (block_weights(7, 20, seed=3).sum(axis=1) == 7).all()


def test_interval_of_a_share_is_close_to_the_binomial_one():
    generator = np.random.default_rng(1)
    found = generator.binomial(1, 0.3, size=1000)
    counts = np.column_stack([np.ones(1000), found, found, found]).astype(np.int64)
    value, low, high = estimate([counts], sensitivity, block_weights(1000, 2000))
    assert value == pytest.approx(found.mean())
    half = 1.96 * np.sqrt(value * (1 - value) / 1000)
    assert (value - low, high - value) == (pytest.approx(half, rel=0.1),) * 2


def test_seeds_are_averaged():
    first = np.array([[4, 4, 4, 4]])
    second = np.array([[4, 2, 4, 2]])
    assert estimate([first, second], f1, block_weights(1, 5)) == (0.75, 0.75, 0.75)


def test_paired_difference_is_narrower_than_its_parts():
    generator = np.random.default_rng(2)
    size = generator.integers(5, 50, size=60)
    easy = generator.uniform(0.2, 0.9, size=60)
    worse = (size * easy).astype(np.int64)
    better = np.minimum(worse + 1, size)
    counts = [np.column_stack([size, found, size, found]) for found in (better, worse)]
    weights = block_weights(60)
    difference = paired_difference([counts[0]], [counts[1]], f1, weights)
    alone = estimate([counts[0]], f1, weights)
    assert 0 < difference.low < difference.value < difference.high
    assert difference.high - difference.low < (alone.high - alone.low) / 4


def test_nothing_defined_gives_nan():
    value, low, high = estimate(
        [np.zeros((3, 4), np.int64)],
        lambda sums: np.full(sums.shape[:-1], np.nan),
        block_weights(3),
    )
    assert np.isnan([value, low, high]).all()


def test_centred_intervals_hold_a_value_that_resamples_miss():
    counts = np.eye(40, dtype=np.int64)[
        :36
    ]  # a block, a class: each resample lacks a third of them

    def there(sums):
        return np.where(sums[..., 0] > 8, np.nan, (sums > 0).mean(axis=-1))

    weights = block_weights(36)
    weights[0] = 0
    weights[0, 0] = 36
    value, low, high = estimate([counts], there, weights)
    assert (value, high < value) == (0.9, True)
    _, low, high = estimate([counts], there, weights, centred=True)
    assert low < value < high <= 1


def test_centred_intervals_of_a_share_end_at_1():
    counts = np.column_stack([np.arange(50) > 0, np.ones(50)]).astype(np.int64)

    def share_of_most(sums):
        return np.minimum(1, sums[..., 0] / sums[..., 1] * 0.99 + 0.02)

    _, low, high = estimate([counts], share_of_most, block_weights(50), centred=True)
    assert 0 <= low < high == 1
