"""``XgbScorer``: two gradient-boosted tree ensembles per site kind, a small one to screen and a large one to judge."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import xgboost

from baselines.feature_scorer import FeatureScorer
from baselines.sampling import Calibration, SiteSample, sample_sites
from features.errors import ModelError
from features.labelled import LabelledChromosome
from features.progress import track
from features.site_matrix import SiteFeatures, StrandView
from features.sites import KINDS
from features.storage import extend_card, read_card

__all__ = ["XgbScorer"]

COMMON: dict[str, Any] = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "eval_metric": "aucpr",
    "max_bin": 64,
    "subsample": 0.8,
}
SCREEN = {**COMMON, "max_depth": 6, "eta": 0.2, "min_child_weight": 5, "colsample_bytree": 0.5}
SCREEN_ROUNDS = 25
SCREEN_NEGATIVES = 6.0
SCREEN_KEEPS = 0.997
"""Share of the true validation sites that the screen lets through, but for the hopeless."""
SCREEN_HOPELESS = -9.5
"""Natural-log odds below which the screen lets nothing through: a few true sites look like none, and one threshold low
enough for them would pass half of all candidates."""
JUDGE = {**COMMON, "max_depth": 7, "eta": 0.1, "min_child_weight": 5, "colsample_bytree": 0.4}
ROUNDS = 600
PATIENCE = 40
JUDGE_NEGATIVES = 12.0
"""False sites that pass the screen, per true site, at most."""


class Screen(NamedTuple):
    """A small booster and the lowest margin with which a candidate passes it."""

    booster: xgboost.Booster
    threshold: float

    def passes(self, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Which rows of ``matrix`` are worth the judge's time."""
        return margins(self.booster, matrix) >= self.threshold


class _Progress(xgboost.callback.TrainingCallback):
    """A progress bar over the trees of one booster."""

    def __init__(self) -> None:
        self.ticks = track(range(ROUNDS), "trees", ROUNDS, "tree")

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Move the bar; never stop the training."""
        next(self.ticks, None)
        return False

    def after_training(self, model: Any) -> Any:
        """Close the bar."""
        self.ticks.close()
        return model


class XgbScorer(FeatureScorer):
    """Boosters (XGBoost, Chen & Guestrin 2016) for donor, acceptor, start and stop over ``features.site_matrix``.

    A cascade (Viola & Jones 2001): the screen, trained on random decoys, rules most candidates out after a few trees;
    the judge is trained on what passes it, which are the hard decoys, and only ever sees such sites.
    """

    kind: ClassVar[str] = "xgb"

    def __init__(self, seed: int = 0, threads: int = 2) -> None:
        super().__init__(seed, threads)
        self.screens: dict[str, Screen] = {}
        self.judges: dict[str, xgboost.Booster] = {}

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> None:
        """Fit screens, then judges with early stopping on ``validation``, then the calibration of their log odds."""
        features = SiteFeatures.fit(training, self.seed)
        few = dict.fromkeys(KINDS, SCREEN_NEGATIVES)
        learnt = sample_sites(training, features, few, self.seed, self.threads, "random decoys")
        unseen = sample_sites(
            validation, features, few, self.seed + 1, self.threads, "random decoys (validation)"
        )
        passing = {}
        for kind in track(KINDS, "screens", unit="booster"):
            self.screens[kind] = self._fit_screen(learnt.pop(kind), unseen[kind])
            decoys = unseen[kind].matrix[~unseen[kind].labels]
            passing[kind] = max(1e-3, float(self.screens[kind].passes(decoys).mean()))

        def passes(kind: str, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
            return self.screens[kind].passes(matrix)

        many = {kind: JUDGE_NEGATIVES / passing[kind] for kind in KINDS}
        learnt = sample_sites(
            training, features, many, self.seed + 2, self.threads, "hard decoys", passes
        )
        unseen = sample_sites(
            validation,
            features,
            many,
            self.seed + 3,
            self.threads,
            "hard decoys (validation)",
            passes,
        )
        for kind in track(KINDS, "boosters", unit="booster"):
            self.judges[kind] = self._fit_judge(learnt.pop(kind), unseen[kind])
            raw = margins(self.judges[kind], unseen[kind].matrix)
            self.calibration[kind] = Calibration.fit(raw, unseen[kind])
        self.features = features

    def _fit_screen(self, training: SiteSample, validation: SiteSample) -> Screen:
        data = xgboost.QuantileDMatrix(
            training.matrix, training.labels, nthread=self.threads, max_bin=COMMON["max_bin"]
        )
        booster = xgboost.train(self._parameters(SCREEN), data, SCREEN_ROUNDS)
        booster.set_param({"nthread": 1})
        raw = margins(booster, validation.matrix)
        threshold = np.quantile(raw[validation.labels], 1 - SCREEN_KEEPS, method="lower")
        calibration = Calibration.fit(raw, validation)
        if calibration.slope > 0:
            hopeless = (SCREEN_HOPELESS - calibration.intercept) / calibration.slope
            threshold = max(threshold, hopeless)
        return Screen(booster, float(threshold))

    def _fit_judge(self, training: SiteSample, validation: SiteSample) -> xgboost.Booster:
        bins = COMMON["max_bin"]
        data = xgboost.QuantileDMatrix(
            training.matrix, training.labels, nthread=self.threads, max_bin=bins
        )
        unseen = xgboost.QuantileDMatrix(
            validation.matrix,
            validation.labels,
            # Where the samples' shares of decoys differ, judge at the training sample's odds.
            weight=np.where(
                validation.labels, 1.0, training.negative_rate / validation.negative_rate
            ),
            ref=data,
            nthread=self.threads,
            max_bin=bins,
        )
        booster = xgboost.train(
            self._parameters(JUDGE),
            data,
            ROUNDS,
            evals=[(unseen, "validation")],
            early_stopping_rounds=PATIENCE,
            verbose_eval=False,
            callbacks=[_Progress()],
        )
        best = booster[: booster.best_iteration + 1]
        # Chunks are scored side by side, one thread each.
        best.set_param({"nthread": 1})
        return best

    def _parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {**parameters, "seed": self.seed, "nthread": self.threads}

    def _score_view(
        self, view: StrandView, kind: str
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        positions, _ = view.sites(kind)
        matrix = view.matrix(kind)
        passed = self.screens[kind].passes(matrix)
        raw = margins(self.judges[kind], matrix[passed])
        return positions[passed], self.calibration[kind].apply(raw)

    def save(self, folder: Path) -> None:
        """Write the files of every scorer and the boosters, whose checksums the card keeps."""
        super().save(folder)
        boosters = {path.name: _checksum(path.read_bytes()) for path in folder.glob("*.ubj")}
        extend_card(folder, {"boosters": boosters})

    def _save_learners(self, folder: Path) -> None:
        for kind in KINDS:
            screen, threshold = self.screens[kind]
            screen.set_attr(threshold=repr(threshold))
            screen.save_model(folder / f"{kind}-screen.ubj")
            self.judges[kind].save_model(folder / f"{kind}-judge.ubj")

    def _load_learners(self, folder: Path) -> None:
        checksums = read_card(folder, self.kind).get("boosters", {})
        for kind in KINDS:
            screen = _load_booster(folder / f"{kind}-screen.ubj", checksums)
            threshold = screen.attr("threshold")
            if threshold is None:
                raise ModelError(f"{folder}: the {kind} screen has no threshold. Train it again.")
            self.screens[kind] = Screen(screen, float(threshold))
            self.judges[kind] = _load_booster(folder / f"{kind}-judge.ubj", checksums)


def margins(booster: xgboost.Booster, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Raw score (log odds of the training sample) of each row of ``matrix``."""
    if not len(matrix):
        return np.empty(0, np.float32)
    raw: npt.NDArray[np.float32] = booster.inplace_predict(matrix, predict_type="margin")
    return raw


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _load_booster(path: Path, checksums: Mapping[str, str]) -> xgboost.Booster:
    try:
        content = path.read_bytes()
        # Damaged files can crash XGBoost's reader, or make it ask for all memory: it gets to see none.
        if _checksum(content) != checksums.get(path.name):
            raise ValueError("not the file that was saved")
        return xgboost.Booster({"nthread": 1}, model_file=bytearray(content))
    except (OSError, ValueError) as error:
        # xgboost.core.XGBoostError is a ValueError, with a stack trace after its first line.
        reason = str(error).splitlines()[0]
        raise ModelError(f"{path}: not a readable booster ({reason}). Train it again.") from None
