"""``GtagScorer``: the trivial baseline; every canonical site gets the prior odds of its kind and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from baselines.feature_scorer import FeatureScorer
from baselines.sampling import SiteSample
from features.site_columns import COLUMNS
from features.site_matrix import SiteFeatures, StrandView
from features.sites import KINDS

__all__ = ["GtagScorer"]

DONOR_BASE = COLUMNS.index("base_+1")
CYTOSINE = 1


class GtagScorer(FeatureScorer):
    """Prior log odds of GT and (where the training genes use them) GC donors, AG acceptors, ATG starts, stop codons.

    The content score is that of the other feature scorers, so that its decoded row shows what the site models add.
    """

    kind: ClassVar[str] = "gtag"
    negatives_per_true: ClassVar[float] = 2.0
    validation_negatives_per_true: ClassVar[float] = 2.0

    def _prepare(self, features: SiteFeatures) -> SiteFeatures:
        return replace(features, thresholds=dict.fromkeys(KINDS, -np.inf))

    def _learn(self, kind: str, training: SiteSample, validation: SiteSample) -> None:
        pass

    def _raw_scores(self, kind: str, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return _flat(kind, matrix[:, DONOR_BASE])

    def _score_view(
        self, view: StrandView, kind: str
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        positions, _ = view.sites(kind)
        following = view.codes[np.minimum(positions + 1, len(view.codes) - 1)]
        return positions, self.calibration[kind].apply(_flat(kind, following))

    def _save_learners(self, folder: Path) -> None:
        pass

    def _load_learners(self, folder: Path) -> None:
        pass


def _flat(kind: str, second_base: npt.NDArray[np.number]) -> npt.NDArray[np.float32]:
    """0 for every site but a GC donor, -1 for that; the calibration turns both into their prior log odds."""
    flat = np.zeros(len(second_base), np.float32)
    if kind == "donor":
        flat[second_base == CYTOSINE] = -1
    return flat
