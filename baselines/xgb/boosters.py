"""One gradient-boosted tree ensemble: trained with early stopping, calibrated, loaded with its checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xgboost

from baselines.sampling import SiteSample
from baselines.xgb.forest import Forest
from features.errors import ModelError
from features.progress import track
from features.scorers.calibration import Calibration

__all__ = ["calibrate", "checksums", "load_booster", "load_forest", "train_forest"]

BINS = 256
COMMON: dict[str, Any] = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "eval_metric": "aucpr",
    "max_bin": BINS,
    "min_child_weight": 5,
    "subsample": 0.8,
}
PATIENCE = 40
"""Trees without progress on the validation sample after which training stops."""


class _Progress(xgboost.callback.TrainingCallback):
    """A progress bar over the trees of one booster."""

    def __init__(self, rounds: int) -> None:
        self.ticks = track(range(rounds), "trees", rounds, "tree")

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Move the bar; never stop the training."""
        next(self.ticks, None)
        return False

    def after_training(self, model: Any) -> Any:
        """Close the bar."""
        self.ticks.close()
        return model


def train_forest(
    training: SiteSample,
    validation: SiteSample | None,
    parameters: Mapping[str, Any],
    rounds: int,
    seed: int,
    threads: int,
) -> Forest:
    """At most ``rounds`` trees; up to the best one on ``validation``, or all without it."""
    data = xgboost.QuantileDMatrix(training.matrix, training.labels, nthread=threads, max_bin=BINS)
    watched = []
    if validation is not None:
        unseen = xgboost.QuantileDMatrix(
            validation.matrix,
            validation.labels,
            # Where the samples' shares of decoys differ, judge at the training sample's odds.
            weight=np.where(
                validation.labels, 1.0, training.negative_rate / validation.negative_rate
            ),
            ref=data,
            nthread=threads,
            max_bin=BINS,
        )
        watched.append((unseen, "validation"))
    booster = xgboost.train(
        {**COMMON, **parameters, "seed": seed, "nthread": threads},
        data,
        rounds,
        evals=watched,
        early_stopping_rounds=PATIENCE if watched else None,
        verbose_eval=False,
        callbacks=[_Progress(rounds)],
    )
    if watched:
        booster = booster[: booster.best_iteration + 1]
    return Forest(booster)


def calibrate(forest: Forest, unseen: SiteSample) -> Calibration:
    """From margins of ``forest`` to natural-log odds over all candidates that ``unseen`` stands for."""
    return Calibration.fit(forest.margins(unseen.matrix), unseen.labels, unseen.weights)


def checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of every booster file in ``folder``, by name; what ``load_forest`` asks for."""
    return {path.name: _checksum(path.read_bytes()) for path in folder.glob("*.ubj")}


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def load_forest(path: Path, known: Mapping[str, str]) -> Forest:
    """Read a saved booster for margins; ``ModelError`` as of ``load_booster``."""
    return Forest(load_booster(path, known))


def load_booster(path: Path, known: Mapping[str, str]) -> xgboost.Booster:
    """Read a saved booster; ``ModelError`` where it is not the file whose checksum is ``known``."""
    try:
        content = path.read_bytes()
        # Damaged files can crash XGBoost's reader, or make it ask for all memory: it gets to see none.
        if _checksum(content) != known.get(path.name):
            raise ValueError("not the file that was saved")
        return xgboost.Booster(model_file=bytearray(content))
    except (OSError, ValueError) as error:
        # xgboost.core.XGBoostError is a ValueError, with a stack trace after its first line.
        reason = str(error).splitlines()[0]
        raise ModelError(f"{path}: not a readable booster ({reason}). Train it again.") from None
