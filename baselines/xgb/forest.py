"""A booster's trees as flat arrays: XGBoost's own margins, sooner than by its predictor."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xgboost

from features.accelerate import kernel
from features.errors import ModelError

__all__ = ["Forest"]

BLOCK = 32
"""Rows that walk one tree before the next: they and the tree stay in the first-level cache."""


class Forest:
    """The trees of ``booster``, each filled up to a perfect one: node ``i`` has children ``2 i + 1`` and ``2 i + 2``.

    A row goes right where its value is at least the threshold. Missing values are not provided for; the feature
    matrices have none.

    Raises
    ------
    ModelError : ``booster`` is not one of plain trees for one binary target.
    """

    def __init__(self, booster: xgboost.Booster) -> None:
        self.booster = booster
        try:
            learner = json.loads(booster.save_raw("json"))["learner"]
            trees = learner["gradient_booster"]["model"]["trees"]
            share = float(learner["learner_model_param"]["base_score"].strip("[]"))
            self.intercept = np.float32(math.log(share / (1 - share)))
            if learner["objective"]["name"] != "binary:logistic" or any(
                any(tree["split_type"]) for tree in trees
            ):
                raise ValueError("not plain trees for one binary target")
        except (KeyError, ValueError, ZeroDivisionError) as error:
            raise ModelError(f"Unknown kind of booster ({error}). Train it again.") from None
        self.columns = booster.num_features()
        self.depth = max((_depth(tree) for tree in trees), default=0)
        inner = 2**self.depth - 1
        self.feature = np.zeros((len(trees), inner), np.uint16)
        self.threshold = np.full((len(trees), inner), np.inf, np.float32)
        self.leaves = np.zeros((len(trees), inner + 1), np.float32)
        for number, tree in enumerate(trees):
            self._fill(number, tree)

    def __len__(self) -> int:
        return len(self.feature)

    def margins(self, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Raw score (log odds of the training sample) of each row of ``matrix``, shape (rows, columns) -> (rows,)."""
        if matrix.shape[1] != self.columns:
            raise ModelError(
                f"The booster was trained on {self.columns} columns, the matrix has {matrix.shape[1]}. Train it again."
            )
        margins = np.full(len(matrix), self.intercept, np.float32)
        _walk(matrix, self.feature, self.threshold, self.leaves, self.depth, margins)
        return margins

    def _fill(self, number: int, tree: Mapping[str, Any]) -> None:
        """Copy one tree; a leaf above the lowest level fills all places below it."""
        inner = self.feature.shape[1]
        todo = [(0, 0, self.depth)]
        while todo:
            node, place, below = todo.pop()
            left, right = tree["left_children"][node], tree["right_children"][node]
            if left < 0:
                first = (place + 1) * 2**below - 1 - inner
                self.leaves[number, first : first + 2**below] = tree["split_conditions"][node]
            else:
                self.feature[number, place] = tree["split_indices"][node]
                self.threshold[number, place] = tree["split_conditions"][node]
                todo += [(left, 2 * place + 1, below - 1), (right, 2 * place + 2, below - 1)]


def _depth(tree: Mapping[str, Sequence[int]], node: int = 0) -> int:
    left, right = tree["left_children"][node], tree["right_children"][node]
    return 0 if left < 0 else 1 + max(_depth(tree, left), _depth(tree, right))


@kernel
def _walk(matrix, feature, threshold, leaves, depth, margins):  # type: ignore[no-untyped-def]
    # matrix: (r, c), feature and threshold: (t, 2**depth - 1), leaves: (t, 2**depth), margins: (r,)
    # Four rows go down side by side, so that the processor need not wait for one; unsigned places spare the check for
    # negative indices.
    one = np.uint64(1)
    inner = np.uint64(feature.shape[1])
    rows = len(matrix)
    for begin in range(0, rows, BLOCK):
        end = min(begin + BLOCK, rows)
        for t in range(len(feature)):
            column, limit, leaf = feature[t], threshold[t], leaves[t]
            row = begin
            while row + 4 <= end:
                a, b, c, d = matrix[row], matrix[row + 1], matrix[row + 2], matrix[row + 3]
                i = j = k = m = np.uint64(0)
                for _ in range(depth):
                    i = i + i + one + np.uint64(a[column[i]] >= limit[i])
                    j = j + j + one + np.uint64(b[column[j]] >= limit[j])
                    k = k + k + one + np.uint64(c[column[k]] >= limit[k])
                    m = m + m + one + np.uint64(d[column[m]] >= limit[m])
                margins[row] += leaf[i - inner]
                margins[row + 1] += leaf[j - inner]
                margins[row + 2] += leaf[k - inner]
                margins[row + 3] += leaf[m - inner]
                row += 4
            while row < end:
                i = np.uint64(0)
                for _ in range(depth):
                    i = i + i + one + np.uint64(matrix[row, column[i]] >= limit[i])
                margins[row] += leaf[i - inner]
                row += 1
