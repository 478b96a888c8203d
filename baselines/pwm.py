"""``PwmScorer``: one first-order position weight matrix per site kind, calibrated to log odds."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from baselines.feature_scorer import FeatureScorer
from baselines.sampling import SiteSample
from features.site_columns import COLUMNS
from features.site_matrix import StrandView

__all__ = ["PwmScorer"]

PWM = COLUMNS.index("pwm")


class PwmScorer(FeatureScorer):
    """The classical signal model of gene finders: nothing but the bases around the site."""

    kind: ClassVar[str] = "pwm"
    negatives_per_true: ClassVar[float] = 2.0

    def _learn(self, kind: str, training: SiteSample, validation: SiteSample) -> None:
        pass

    def _raw_scores(self, kind: str, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return matrix[:, PWM]

    def _score_view(
        self, view: StrandView, kind: str
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        positions, scores = view.sites(kind)
        return positions, self.calibration[kind].apply(scores)

    def _save_learners(self, folder: Path) -> None:
        pass

    def _load_learners(self, folder: Path) -> None:
        pass
