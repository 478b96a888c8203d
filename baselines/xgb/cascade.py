"""The first pass: two boosters per site kind, a small one to screen and a large one to judge.

A cascade (Viola & Jones 2001): the screen, trained on random decoys, rules most candidates out after a few trees; the
judge is trained on what passes it, which are the hard decoys, and only ever sees such sites.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xgboost

from baselines.calibration import Calibration
from baselines.sampling import SiteSample, sample_sites
from baselines.xgb.boosters import calibrate, load_booster, margins, train_booster
from features.errors import ModelError
from features.labelled import LabelledChromosome
from features.progress import track
from features.site_matrix import SiteFeatures, StrandView
from features.sites import KINDS

__all__ = ["Cascade", "fit_cascade", "score_unseen"]

SCREEN = {"max_depth": 6, "eta": 0.3, "colsample_bytree": 0.5}
SCREEN_ROUNDS = 16
SCREEN_NEGATIVES = 6.0
SCREEN_KEEPS = 0.998
"""Share of the true validation sites that the screen lets through, but for the hopeless."""
SCREEN_HOPELESS = -9.5
"""Natural-log odds below which the screen lets nothing through: a few true sites look like none, and one threshold low
enough for them would pass half of all candidates."""
JUDGE = {"max_depth": 7, "eta": 0.15, "colsample_bytree": 0.4}
ROUNDS = 200
JUDGE_NEGATIVES = 10.0
"""False sites that pass the screen, per true site, at most."""


class Screen(NamedTuple):
    """A small booster and the lowest margin with which a candidate passes it."""

    booster: xgboost.Booster
    threshold: float

    def passes(self, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Which rows of ``matrix`` are worth the judge's time."""
        return margins(self.booster, matrix) >= self.threshold


@dataclass(frozen=True)
class Cascade:
    """Screens, judges, and the calibration of the judges' log odds, by site kind."""

    screens: dict[str, Screen]
    judges: dict[str, xgboost.Booster]
    calibration: dict[str, Calibration]

    def score_view(
        self, view: StrandView, kind: str
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Positions in ``view`` of the sites of ``kind`` that pass the screen, and their natural-log odds."""
        positions, matrix = self._passing(view, kind)
        return positions, self._judge(kind, matrix)

    def _passing(
        self, view: StrandView, kind: str
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        positions, _ = view.sites(kind)
        matrix = view.matrix(kind)
        passed = self.screens[kind].passes(matrix)
        return positions[passed], matrix[passed]

    def _judge(self, kind: str, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return self.calibration[kind].apply(margins(self.judges[kind], matrix))

    def save(self, folder: Path) -> None:
        """Write the boosters."""
        for kind in KINDS:
            screen, threshold = self.screens[kind]
            screen.set_attr(threshold=repr(threshold))
            screen.save_model(folder / f"{kind}-screen.ubj")
            self.judges[kind].save_model(folder / f"{kind}-judge.ubj")

    @classmethod
    def load(
        cls, folder: Path, known: Mapping[str, str], calibration: dict[str, Calibration]
    ) -> Cascade:
        """Read what ``save`` wrote."""
        screens, judges = {}, {}
        for kind in KINDS:
            screen = load_booster(folder / f"{kind}-screen.ubj", known)
            threshold = screen.attr("threshold")
            if threshold is None:
                raise ModelError(f"{folder}: the {kind} screen has no threshold. Train it again.")
            screens[kind] = Screen(screen, float(threshold))
            judges[kind] = load_booster(folder / f"{kind}-judge.ubj", known)
        return cls(screens, judges, calibration)


def score_unseen(
    halves: Sequence[Cascade],
    view: StrandView,
    kind: str,
    fold_of: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int8]],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """``Cascade.score_view``, each site by the one of ``halves`` that has not seen its fold; they share their screens.

    Parameters
    ----------
    fold_of : strand positions -> the fold of each.
    """
    positions, matrix = halves[0]._passing(view, kind)
    fold = fold_of(positions + view.offset)
    log_odds = np.empty(len(positions), np.float32)
    for number, half in enumerate(halves):
        log_odds[fold == number] = half._judge(kind, matrix[fold == number])
    return positions, log_odds


def fit_cascade(
    features: SiteFeatures,
    training: Sequence[LabelledChromosome],
    validation: Sequence[LabelledChromosome],
    seed: int,
    threads: int,
    with_halves: bool,
) -> tuple[Cascade, list[Cascade]]:
    """The cascade of ``training``, and one for each of its ``Folds`` that has not seen the sites there.

    Judges stop early on ``validation``, which also calibrates them. Those of a half have as many trees, and are
    calibrated on the other half. Without ``with_halves`` there are none.
    """
    few = dict.fromkeys(KINDS, SCREEN_NEGATIVES)
    learnt = sample_sites(training, features, few, seed, threads, "random decoys")
    unseen = sample_sites(
        validation, features, few, seed + 1, threads, "random decoys (validation)"
    )
    screens, passing = {}, {}
    for kind in track(KINDS, "screens", unit="booster"):
        screens[kind] = _fit_screen(learnt.pop(kind), unseen[kind], seed, threads)
        decoys = unseen[kind].matrix[~unseen[kind].labels]
        passing[kind] = max(1e-3, float(screens[kind].passes(decoys).mean()))

    def passes(kind: str, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        return screens[kind].passes(matrix)

    many = {kind: JUDGE_NEGATIVES / passing[kind] for kind in KINDS}
    learnt = sample_sites(training, features, many, seed + 2, threads, "hard decoys", passes)
    unseen = sample_sites(
        validation, features, many, seed + 3, threads, "hard decoys (validation)", passes
    )
    whole = Cascade(screens, {}, {})
    halves = [replace(whole, judges={}, calibration={}) for _ in range(2 * with_halves)]
    for kind in track(KINDS, "boosters", unit="booster"):
        sample = learnt.pop(kind)
        judge = train_booster(sample, unseen[kind], JUDGE, ROUNDS, seed, threads)
        _add(whole, kind, judge, unseen[kind])
        for fold, half in enumerate(halves):
            trees = judge.num_boosted_rounds()
            judge_of_half = train_booster(
                sample.within(1 - fold), None, JUDGE, trees, seed, threads
            )
            _add(half, kind, judge_of_half, sample.within(fold))
    return whole, halves


def _add(cascade: Cascade, kind: str, judge: xgboost.Booster, unseen: SiteSample) -> None:
    cascade.judges[kind] = judge
    cascade.calibration[kind] = calibrate(judge, unseen)


def _fit_screen(training: SiteSample, validation: SiteSample, seed: int, threads: int) -> Screen:
    booster = train_booster(training, None, SCREEN, SCREEN_ROUNDS, seed, threads)
    true = margins(booster, validation.matrix[validation.labels])
    threshold = float(np.quantile(true, 1 - SCREEN_KEEPS, method="lower"))
    calibration = calibrate(booster, validation)
    if calibration.slope > 0:
        hopeless = (SCREEN_HOPELESS - calibration.intercept) / calibration.slope
        threshold = max(threshold, hopeless)
    return Screen(booster, threshold)
