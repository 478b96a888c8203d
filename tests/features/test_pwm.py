from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import pwm
from features.genome import encode
from features.kmers import kmer_indices
from features.pwm import BLOCK, PositionWeightMatrix, site_windows


def random_matrix(seed: int, order: int, columns: int, start: int) -> PositionWeightMatrix:
    weights = np.random.default_rng(seed).normal(size=(columns, 4 ** (order + 1)))
    return PositionWeightMatrix(order, start, weights.astype(np.float32))


def column_weight(matrix: PositionWeightMatrix, text: str, position: int, column: int) -> float:
    """Weight of one column for a site at ``position``, read letter by letter."""
    base = position + matrix.start + column
    word = text[base - matrix.order : base + 1]
    digits = word.translate(str.maketrans("ACGT", "0123"))
    return float(matrix.weights[column, int(digits, 4)])


@settings(deadline=None)
@given(
    text=st.text("ACGT", min_size=60, max_size=80),
    order=st.integers(0, 2),
    columns=st.integers(1, 20),
    start=st.integers(-12, 4),
    seed=st.integers(0, 99),
)
def test_scan_is_the_sum_of_the_columns(
    text: str, order: int, columns: int, start: int, seed: int
) -> None:
    matrix = random_matrix(seed, order, columns, start)
    scores = matrix.scan(encode(text))
    for position in range(20, 35):
        expected = sum(column_weight(matrix, text, position, c) for c in range(columns))
        assert scores[position] == pytest.approx(expected, abs=1e-4)


@settings(deadline=None)
@given(
    text=st.text("ACGTN", max_size=60),
    order=st.integers(0, 2),
    columns=st.integers(1, 20),
    start=st.integers(-12, 4),
)
def test_blocks_beyond_the_ends_or_with_unknown_bases_add_nothing(
    text: str, order: int, columns: int, start: int
) -> None:
    matrix = random_matrix(1, order, columns, start)
    expected = np.zeros(len(text))
    per_block = BLOCK - order
    for position in range(len(text)):
        for first in range(0, columns, per_block):
            left = position + start - order + first
            block = text[left : left + BLOCK] if left >= 0 else ""
            if len(block) == BLOCK and "N" not in block:
                for column in range(first, min(first + per_block, columns)):
                    expected[position] += column_weight(matrix, text, position, column)
    np.testing.assert_allclose(matrix.scan(encode(text)), expected, atol=1e-4)


def test_plain_python_kernel_agrees_beyond_one_tile() -> None:
    codes = np.random.default_rng(2).integers(0, 5, pwm.TILE + 300).astype(np.uint8)
    matrix = random_matrix(3, 1, 27, -12)
    scores = np.zeros(len(codes), np.float32)
    pwm._scan.py_func(kmer_indices(codes, BLOCK), *matrix._blocks, scores)
    np.testing.assert_array_equal(scores, matrix.scan(codes))


def test_the_same_true_sites_and_decoys_say_nothing() -> None:
    windows = np.random.default_rng(0).integers(0, 5, (50, 9)).astype(np.uint8)
    matrix = PositionWeightMatrix.fit(windows, windows, 1, -3)
    assert matrix.weights.shape == (8, 16)
    np.testing.assert_array_equal(matrix.weights, 0)


def test_weights_are_log_ratios_of_conditional_frequencies() -> None:
    rng = np.random.default_rng(4)
    first = rng.integers(0, 4, 20_000)
    # In true sites the second base repeats the first in 70 % of cases; in decoys the two are independent.
    repeats = rng.random(len(first)) < 0.7
    second = np.where(repeats, first, (first + rng.integers(1, 4, len(first))) % 4)
    true = np.column_stack([first, second]).astype(np.uint8)
    decoys = rng.integers(0, 4, (20_000, 2)).astype(np.uint8)
    weights = PositionWeightMatrix.fit(true, decoys, 1, 0).weights.reshape(4, 4)
    expected = np.where(np.eye(4, dtype=bool), np.log(0.7 / 0.25), np.log(0.1 / 0.25))
    np.testing.assert_allclose(weights, expected, atol=0.15)


def test_few_sites_are_smoothed_and_unknown_bases_not_counted() -> None:
    true = encode("AAN").reshape(3, 1)
    decoys = encode("ACGT").reshape(4, 1)
    weights = PositionWeightMatrix.fit(true, decoys, 0, 0).weights[0]
    # Two A seen, none else: A is favoured, no weight is infinite, and the unseen bases are alike.
    assert np.isfinite(weights).all()
    assert weights[0] > 0 > weights[1] == weights[2] == weights[3]


@given(
    st.text("ACGTN", min_size=1, max_size=30),
    st.lists(st.integers(0, 29), max_size=5),
    st.integers(-9, 0),
    st.integers(1, 9),
)
def test_site_windows(text: str, positions: list[int], start: int, end: int) -> None:
    positions = [position for position in positions if position < len(text)]
    found = site_windows(encode(text), np.array(positions, np.int64), start, end)
    padded = "N" * 10 + text + "N" * 10
    assert found.shape == (len(positions), end - start)
    for row, position in zip(found, positions, strict=True):
        window = padded[10 + position + start : 10 + position + end]
        np.testing.assert_array_equal(row, encode(window))
