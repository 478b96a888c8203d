"""``LogisticScorer``: logistic regression on the same feature matrix as the boosters."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from baselines.feature_scorer import FeatureScorer
from baselines.sampling import SiteSample
from features.errors import ModelError
from features.site_columns import COLUMNS
from features.sites import KINDS
from features.storage import read_arrays, write_arrays

__all__ = ["LogisticScorer"]

BASE_COLUMNS = np.array([i for i, name in enumerate(COLUMNS) if name.startswith("base_")])
OTHER_COLUMNS = np.setdiff1d(np.arange(len(COLUMNS)), BASE_COLUMNS)
ITERATIONS = 200


class LinearModel(NamedTuple):
    """Standardisation and coefficients of one site kind.

    ``mean`` and ``scale`` have one entry per non-base column, ``weights`` one per non-base column and then one per base
    column and base.
    """

    mean: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]


class LogisticScorer(FeatureScorer):
    """Logistic regression (L2): base columns one-hot, the others standardised."""

    kind: ClassVar[str] = "logistic"
    negatives_per_true: ClassVar[float] = 8.0

    def __init__(self, seed: int = 0, threads: int = 2) -> None:
        super().__init__(seed, threads)
        self.models: dict[str, LinearModel] = {}

    def _learn(self, kind: str, training: SiteSample, validation: SiteSample) -> None:
        others = training.matrix[:, OTHER_COLUMNS]
        mean, scale = others.mean(axis=0), others.std(axis=0)
        scale[scale == 0] = 1
        design = _design(training.matrix, mean, scale)
        regression = LogisticRegression(C=0.1, max_iter=ITERATIONS, tol=1e-3)
        regression.fit(design, training.labels)
        self.models[kind] = LinearModel(mean, scale, regression.coef_[0].astype(np.float32))

    def _raw_scores(self, kind: str, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        model = self.models[kind]
        return _design(matrix, model.mean, model.scale) @ model.weights

    def _save_learners(self, folder: Path) -> None:
        arrays = {
            f"{kind}_{name}": array
            for kind, model in self.models.items()
            for name, array in model._asdict().items()
        }
        write_arrays(folder / "logistic.npz", arrays)

    def _load_learners(self, folder: Path) -> None:
        arrays = read_arrays(folder / "logistic.npz")
        try:
            for kind in KINDS:
                self.models[kind] = LinearModel(
                    *(arrays[f"{kind}_{name}"] for name in LinearModel._fields)
                )
        except KeyError as error:
            raise ModelError(
                f"{folder}: damaged logistic model ({error}). Train it again."
            ) from None


def _design(
    matrix: npt.NDArray[np.float32],
    mean: npt.NDArray[np.float32],
    scale: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Standardised non-base columns, then one column per base column and base: shape (sites, others + 4 * bases)."""
    design = np.empty((len(matrix), len(OTHER_COLUMNS) + 4 * len(BASE_COLUMNS)), np.float32)
    standard = design[:, : len(OTHER_COLUMNS)]
    standard[:] = (matrix[:, OTHER_COLUMNS] - mean) / scale
    bases = matrix[:, BASE_COLUMNS]
    for base in range(4):
        begin = len(OTHER_COLUMNS) + base * len(BASE_COLUMNS)
        design[:, begin : begin + len(BASE_COLUMNS)] = bases == base
    return design
