from __future__ import annotations

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
    assert right[sure].mean() > 0.9
    assert np.median(found.score(ahead[:, None])) > np.median(found.score(hidden[:, None]))
    again = Calibration.from_array(found.array())
    np.testing.assert_array_equal(again.probability(ahead[:, None]), told)


def test_where_all_are_right_it_is_as_sure_as_so_many_can_make_it() -> None:
    found = fit_calibration(np.ones((9, 1)), np.ones(9, np.bool_), np.empty((0, 1)))
    assert found.probability(np.ones((1, 1)))[0] == 10 / 11
