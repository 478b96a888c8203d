"""The first pass: two boosters per site kind, a small one to screen and a large one to judge.

A cascade (Viola & Jones 2001): the screen, trained on random decoys, rules most candidates out after a few trees; the
judge is trained on what passes it, which are the hard decoys, and only ever sees such sites.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from baselines.chunks import score_strand
from baselines.sampling import SiteSample, sample_sites
from baselines.xgb.boosters import calibrate, load_forest, train_forest
from baselines.xgb.forest import Forest
from baselines.xgb.recipe import Recipe
from features.errors import ModelError
from features.genome import Codes
from features.labelled import LabelledChromosome
from features.progress import track
from features.scorers.calibration import Calibration
from features.site_columns import COLUMN_GROUPS
from features.site_matrix import SiteFeatures, StrandView
from features.sites import KINDS, SiteScores

__all__ = ["Cascade", "fit_cascade"]

SCREEN = {"max_depth": 6, "eta": 0.3, "colsample_bytree": 0.5}
SCREEN_ROUNDS = 16
SCREEN_NEGATIVES = 6.0
SCREEN_KEEPS = 0.998
"""Share of the true validation sites that the screen lets through, but for the hopeless."""
SCREEN_HOPELESS = -4.0
"""Natural-log odds, beside those of any candidate, below which the screen lets nothing through: a few true sites look
like none, and one threshold low enough for them would pass half of all candidates."""
JUDGE = {"max_depth": 7, "eta": 0.15, "colsample_bytree": 0.4}
ROUNDS = 200


class Screen(NamedTuple):
    """A small booster and the lowest margin with which a candidate passes it."""

    forest: Forest
    threshold: float

    def passes(self, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Which rows of ``matrix`` are worth the judge's time."""
        return self.forest.margins(matrix) >= self.threshold


@dataclass(frozen=True)
class Cascade:
    """Learnt features; screens, judges, and the calibration of the judges' log odds, by site kind."""

    features: SiteFeatures
    screens: dict[str, Screen]
    judges: dict[str, Forest]
    calibration: dict[str, Calibration]
    threads: int

    def score_view(
        self, view: StrandView, kind: str
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Positions in ``view`` of the sites of ``kind`` that pass the screen, and their natural-log odds."""
        positions, _ = view.sites(kind)
        matrix = view.matrix(kind)
        passed = self.screens[kind].passes(matrix)
        raw = self.judges[kind].margins(matrix[passed])
        return positions[passed], self.calibration[kind].apply(raw)

    def score(self, strand_sequence: Codes) -> SiteScores:
        """Natural-log odds of the candidates of one strand that pass the screen."""
        return score_strand(strand_sequence, self.features, self.score_view, self.threads)

    def save(self, folder: Path) -> None:
        """Write the boosters."""
        for kind in KINDS:
            screen, threshold = self.screens[kind]
            screen.booster.set_attr(threshold=repr(threshold))
            screen.booster.save_model(folder / f"{kind}-screen.ubj")
            self.judges[kind].booster.save_model(folder / f"{kind}-judge.ubj")

    @classmethod
    def load(
        cls,
        folder: Path,
        known: Mapping[str, str],
        features: SiteFeatures,
        calibration: dict[str, Calibration],
        threads: int,
    ) -> Cascade:
        """Read the boosters that ``save`` wrote."""
        screens, judges = {}, {}
        for kind in KINDS:
            screen = load_forest(folder / f"{kind}-screen.ubj", known)
            threshold = screen.booster.attr("threshold")
            if threshold is None:
                raise ModelError(f"{folder}: the {kind} screen has no threshold. Train it again.")
            screens[kind] = Screen(screen, float(threshold))
            judges[kind] = load_forest(folder / f"{kind}-judge.ubj", known)
        return cls(features, screens, judges, calibration, threads)


def fit_cascade(
    training: Sequence[LabelledChromosome],
    validation: Sequence[LabelledChromosome],
    recipe: Recipe,
    seed: int,
    threads: int,
) -> Cascade:
    """Learn all from ``training``; on ``validation`` judges stop early and are calibrated."""
    features = SiteFeatures.fit(training, seed)
    few = dict.fromkeys(KINDS, SCREEN_NEGATIVES)
    learnt = sample_sites(training, features, few, seed, threads, "random decoys")
    unseen = sample_sites(
        validation, features, few, seed + 1, threads, "random decoys (validation)"
    )
    screens, passing = {}, {}
    for kind in track(KINDS, "screens", unit="booster"):
        sample = recipe.blank(learnt.pop(kind), COLUMN_GROUPS)
        screens[kind] = _fit_screen(sample, unseen[kind], seed, threads)
        decoys = unseen[kind].matrix[~unseen[kind].labels]
        passing[kind] = max(1e-3, float(screens[kind].passes(decoys).mean()))

    def passes(kind: str, matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        return screens[kind].passes(matrix)

    keep = passes if recipe.hard_decoys else None
    many = {kind: recipe.negatives / (passing[kind] if keep else 1.0) for kind in KINDS}
    learnt = sample_sites(training, features, many, seed + 2, threads, "hard decoys", keep)
    unseen = sample_sites(
        validation, features, many, seed + 3, threads, "hard decoys (validation)", keep
    )
    judges, calibration = {}, {}
    for kind in track(KINDS, "boosters", unit="booster"):
        sample = recipe.blank(learnt.pop(kind), COLUMN_GROUPS)
        judges[kind] = train_forest(sample, unseen[kind], JUDGE, ROUNDS, seed, threads)
        calibration[kind] = calibrate(judges[kind], unseen[kind])
    return Cascade(features, screens, judges, calibration, threads)


def _fit_screen(training: SiteSample, validation: SiteSample, seed: int, threads: int) -> Screen:
    forest = train_forest(training, None, SCREEN, SCREEN_ROUNDS, seed, threads)
    true = forest.margins(validation.matrix[validation.labels])
    threshold = float(np.quantile(true, 1 - SCREEN_KEEPS, method="lower"))
    calibration = calibrate(forest, validation)
    prior = np.log(validation.weights[validation.labels].sum())
    prior -= np.log(max(1.0, validation.weights[~validation.labels].sum()))
    hopeless = (prior + SCREEN_HOPELESS - calibration.intercept) / calibration.slope
    return Screen(forest, max(threshold, float(hopeless)))
