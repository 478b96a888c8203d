from __future__ import annotations

import numpy as np

from features.classifiers.holdout import hold_out

NUMBERS = np.repeat([0, 1, 2], [100, 6, 1])
ALL = np.ones(len(NUMBERS), np.bool_)


def test_a_tenth_of_every_class_is_held_out() -> None:
    held = hold_out(NUMBERS, ALL, 1)
    assert np.bincount(NUMBERS[held], minlength=3).tolist() == [10, 1, 0]
    assert not hold_out(np.arange(5), ALL[:5], 1).any()


def test_the_seed_draws_them() -> None:
    np.testing.assert_array_equal(hold_out(NUMBERS, ALL, 1), hold_out(NUMBERS, ALL, 1))
    assert (hold_out(NUMBERS, ALL, 1) != hold_out(NUMBERS, ALL, 2)).any()


def test_a_class_keeps_a_sequence_that_can_be_read() -> None:
    readable = np.zeros(len(NUMBERS), np.bool_)
    readable[[0, 1, 102]] = True
    for seed in range(20):
        held = hold_out(NUMBERS, readable, seed)
        assert np.bincount(NUMBERS[held], minlength=3).tolist() == [1, 0, 0]
        assert (held <= readable).all()
