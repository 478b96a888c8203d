from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from baselines.hmm.context import CONTEXT_COLUMNS, CONTEXT_GROUPS
from baselines.sampling import SiteSample
from baselines.xgb import XgbScorer
from baselines.xgb.boosters import train_forest
from baselines.xgb.recipe import INGREDIENTS, Recipe
from features.errors import ModelError
from features.site_columns import COLUMN_GROUPS, COLUMNS


@pytest.mark.parametrize(
    ("groups", "columns"), [(COLUMN_GROUPS, COLUMNS), (CONTEXT_GROUPS, CONTEXT_COLUMNS)]
)
def test_groups_are_the_columns(
    groups: dict[str, tuple[str, ...]], columns: tuple[str, ...]
) -> None:
    assert tuple(chain.from_iterable(groups.values())) == columns
    assert len(set(columns)) == len(columns)
    assert set(groups) < set(INGREDIENTS)


def test_what_is_left_out_is_never_split_on() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(2000, len(COLUMNS))).astype(np.float32)
    content = COLUMNS.index("frame_0_before_24")
    labels = matrix[:, content] + matrix[:, 0] > 0
    sample = SiteSample(matrix.copy(), labels, 1.0)
    recipe = Recipe.parse("xgb", 10, "content, frames", INGREDIENTS)
    assert recipe.blank(sample, COLUMN_GROUPS) is sample
    forest = train_forest(sample, None, {"max_depth": 4}, 5, 0, 1)
    names = {f"f{i}" for i, name in enumerate(COLUMNS) if name in COLUMN_GROUPS["content"]}
    used = set(forest.booster.get_score())
    assert "f0" in used
    assert not used & names
    moved = matrix.copy()
    moved[:, content] = 100.0
    assert np.array_equal(forest.margins(matrix), forest.margins(moved))


def test_hard_decoys_are_an_ingredient() -> None:
    assert Recipe().hard_decoys
    assert not Recipe.parse("xgb", 10, "hard-decoys", INGREDIENTS).hard_decoys


@pytest.mark.parametrize(
    ("options", "complaint"),
    [({"without": "salt"}, "no ingredient 'salt'"), ({"negatives": 0}, "must be a number above 0")],
)
def test_what_cannot_be_had_is_told(options: dict[str, str], complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        XgbScorer(**options)
