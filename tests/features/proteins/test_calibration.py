from __future__ import annotations

from itertools import pairwise

import numpy as np

from features.proteins.calibration import Calibration, fit_calibration


def test_probabilities_are_as_often_right_as_they_say() -> None:
    rng = np.random.default_rng(0)
    ahead = rng.normal(2, 1.5, 4000)
    right = rng.random(4000) < 1 / (1 + np.exp(-ahead))
    hidden = rng.normal(-3, 1, 4000)
    found = fit_calibration(ahead[:, None], right, hidden[:, None])
    told = found.probability(ahead[:, None])
    assert abs(told[right].mean() - told[~right].mean()) > 0.2
    sure = told > 0.9
    assert sure.mean() > 0.3
    assert right[sure].mean() > 0.9
    for low, high in pairwise((0.0, 0.25, 0.5, 0.75, 1.0)):
        inside = (told >= low) & (told < high)
        assert abs(told[inside].mean() - right[inside].mean()) < 0.06
    assert (found.probability(hidden[:, None]) < 0.5).mean() > 0.95
    again = Calibration.from_array(found.array(), found.means.size)
    np.testing.assert_array_equal(again.probability(ahead[:, None]), told)


def test_how_many_stand_for_the_unseen_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    ahead, unseen = rng.normal(2, 1, (500, 1)), rng.normal(0, 1, (200, 1))
    right = rng.random(500) < 0.8
    once, thrice = (
        fit_calibration(ahead, right, np.tile(unseen, (times, 1))).probability(ahead)
        for times in (1, 3)
    )
    np.testing.assert_allclose(once, thrice, atol=0.02)
    without = fit_calibration(ahead, right, unseen[:0]).probability(ahead)
    assert without.mean() > once.mean()


def test_where_all_are_right_it_is_as_sure_as_so_many_can_make_it() -> None:
    found = fit_calibration(np.ones((9, 1)), np.ones(9, np.bool_), np.empty((0, 1)))
    assert found.probability(np.ones((1, 1)))[0] == 10 / 11
