"""What every feature-based ``SiteScorer`` shares: learnt features, calibration, chunked scoring, a model folder.

A scorer is one learner per site kind; a learner turns the rows of a feature matrix into raw scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from baselines.chunks import score_strand
from baselines.sampling import SiteSample, sample_sites
from features.errors import ModelError
from features.genome import Codes
from features.labelled import LabelledChromosome
from features.progress import track
from features.scorers.calibration import Calibration
from features.site_columns import COLUMNS
from features.site_matrix import SiteFeatures, StrandView
from features.sites import KINDS, SiteScores
from features.storage import read_arrays, read_card, write_arrays, write_card

__all__ = ["FeatureScorer"]


class FeatureScorer:
    """Base of the package's own scorers; a plugged-in model need not derive from it.

    A subclass names its ``kind`` and says how a site kind is learnt (``_learn``), applied (``_raw_scores``), saved and
    loaded.
    """

    kind: ClassVar[str]
    negatives_per_true: ClassVar[float] = 20.0
    validation_negatives_per_true: ClassVar[float] = 60.0

    def __init__(self, seed: int = 0, threads: int = 2) -> None:
        self.seed = seed
        self.threads = threads
        self.features: SiteFeatures | None = None
        self.calibration: dict[str, Calibration] = {}

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> None:
        """Learn one model per site kind from ``training``, stop early and calibrate on ``validation``."""
        features = self._prepare(SiteFeatures.fit(training, self.seed))
        learnt = sample_sites(
            training,
            features,
            dict.fromkeys(KINDS, self.negatives_per_true),
            self.seed,
            self.threads,
            "training sites",
        )
        unseen = sample_sites(
            validation,
            features,
            dict.fromkeys(KINDS, self.validation_negatives_per_true),
            self.seed + 1,
            self.threads,
            "validation sites",
        )
        for kind in track(KINDS, "site kinds", unit="kind"):
            self._learn(kind, learnt.pop(kind), unseen[kind])
            sample = unseen.pop(kind)
            raw = self._raw_scores(kind, sample.matrix)
            self.calibration[kind] = Calibration.fit(raw, sample.labels, sample.weights)
        self.features = features

    def score(self, strand_sequence: Codes) -> SiteScores:
        """Natural-log odds of the prefiltered candidates of one strand."""
        return score_strand(strand_sequence, self._fitted(), self._score_view, self.threads)

    def _score_view(
        self, view: StrandView, kind: str
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        positions, _ = view.sites(kind)
        raw = self._raw_scores(kind, view.matrix(kind)) if len(positions) else np.empty(0)
        return positions, self.calibration[kind].apply(raw)

    def _prepare(self, features: SiteFeatures) -> SiteFeatures:
        """Change the learnt features before any site is sampled."""
        return features

    def _options(self) -> dict[str, Any]:
        """Arguments of the constructor, but for threads, that make such a scorer again."""
        return {"seed": self.seed}

    def save(self, folder: Path) -> None:
        """Write ``model.json``, ``features.npz`` and the learners' own files."""
        write_arrays(folder / "features.npz", self._fitted().arrays())
        self._save_learners(folder)
        write_card(
            folder,
            self.kind,
            {
                "options": self._options(),
                "feature_names": list(COLUMNS),
                "calibration": {
                    kind: {"slope": c.slope, "intercept": c.intercept}
                    for kind, c in self.calibration.items()
                },
            },
        )

    @classmethod
    def load(cls, folder: Path, threads: int = 2) -> Self:
        """Read what ``save`` wrote; ``ModelError`` where it is missing, damaged or from other feature columns."""
        card = read_card(folder, cls.kind)
        if card.get("feature_names") != list(COLUMNS):
            raise ModelError(
                f"{folder}: trained with other feature columns than this version computes. Train it again."
            )
        try:
            scorer = cls(threads=threads, **card["options"])
            if scorer._options() != card["options"]:
                raise KeyError("options")
            scorer.calibration = {kind: Calibration(**card["calibration"][kind]) for kind in KINDS}
            scorer.features = SiteFeatures.from_arrays(read_arrays(folder / "features.npz"))
        except (KeyError, TypeError) as error:
            raise ModelError(
                f"{folder}: damaged {cls.kind} model ({error}). Train it again."
            ) from None
        scorer._load_learners(folder)
        return scorer

    def _fitted(self) -> SiteFeatures:
        if self.features is None:
            raise ModelError(
                f"This {self.kind} scorer is not fitted. Call fit or load a trained one."
            )
        return self.features

    def _learn(self, kind: str, training: SiteSample, validation: SiteSample) -> None:
        raise NotImplementedError

    def _raw_scores(self, kind: str, matrix: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        raise NotImplementedError

    def _save_learners(self, folder: Path) -> None:
        raise NotImplementedError

    def _load_learners(self, folder: Path) -> None:
        raise NotImplementedError
