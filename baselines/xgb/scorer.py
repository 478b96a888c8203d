"""``XgbScorer``: one gradient-boosted tree ensemble per site kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import xgboost

from baselines.feature_scorer import FeatureScorer
from baselines.sampling import SiteSample
from features.errors import ModelError
from features.sites import KINDS

__all__ = ["XgbScorer"]

PARAMETERS: dict[str, Any] = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "eval_metric": "logloss",
    "max_depth": 7,
    "eta": 0.1,
    "min_child_weight": 5,
    "subsample": 0.8,
    "colsample_bytree": 0.4,
    "max_bin": 64,
}
ROUNDS = 400
PATIENCE = 25


class XgbScorer(FeatureScorer):
    """Boosters (XGBoost, Chen & Guestrin 2016) for donor, acceptor, start and stop over ``features.site_matrix``."""

    kind: ClassVar[str] = "xgb"

    def __init__(self, seed: int = 0, threads: int = 2) -> None:
        super().__init__(seed, threads)
        self.boosters: dict[str, xgboost.Booster] = {}

    def _learn(self, kind: str, training: SiteSample, validation: SiteSample) -> None:
        bins = PARAMETERS["max_bin"]
        learnt = xgboost.QuantileDMatrix(
            training.matrix, training.labels, nthread=self.threads, max_bin=bins
        )
        unseen = xgboost.QuantileDMatrix(
            validation.matrix, validation.labels, ref=learnt, nthread=self.threads, max_bin=bins
        )
        # The sample's odds are not the genome's: judge the validation sites at the odds of the training sample.
        unseen.set_weight(validation.weights * training.negative_rate)
        booster = xgboost.train(
            {**PARAMETERS, "seed": self.seed, "nthread": self.threads},
            learnt,
            ROUNDS,
            evals=[(unseen, "validation")],
            early_stopping_rounds=PATIENCE,
            verbose_eval=False,
        )
        best = booster[: booster.best_iteration + 1]
        # Chunks are scored side by side, one thread each.
        best.set_param({"nthread": 1})
        self.boosters[kind] = best

    def _raw_scores(self, kind: str, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return self.boosters[kind].inplace_predict(matrix, predict_type="margin")

    def _save_learners(self, folder: Path) -> None:
        for kind, booster in self.boosters.items():
            booster.save_model(folder / f"{kind}.ubj")

    def _load_learners(self, folder: Path) -> None:
        for kind in KINDS:
            path = folder / f"{kind}.ubj"
            try:
                self.boosters[kind] = xgboost.Booster({"nthread": 1}, model_file=path)
            except xgboost.core.XGBoostError as error:
                reason = str(error).splitlines()[0]
                raise ModelError(f"{path}: not a readable booster ({reason}). Train it again.") from None
