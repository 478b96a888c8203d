"""``XgbScorer``: boosted trees that judge every site twice, the second time knowing what a decoder believes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from baselines.calibration import Calibration
from baselines.chunks import score_strand
from baselines.feature_scorer import FeatureScorer
from baselines.sampling import Folds
from baselines.xgb.boosters import checksums
from baselines.xgb.cascade import Cascade, fit_cascade, score_unseen
from baselines.xgb.second_pass import SecondPass, fit_second_pass
from features.errors import ModelError
from features.genome import Codes, reverse_complement
from features.labelled import LabelledChromosome, ScoredChromosome
from features.progress import track
from features.site_matrix import SiteFeatures, StrandView
from features.sites import KINDS, SiteScores
from features.storage import extend_card, read_card

__all__ = ["SinglePassXgbScorer", "XgbScorer"]


class XgbScorer(FeatureScorer):
    """Boosters (XGBoost, Chen & Guestrin 2016) for donor, acceptor, start and stop over ``features.site_matrix``.

    The first pass looks at the sequence around a site only, the second also at what the HMM makes of the first pass's
    scores of both strands. ``SinglePassXgbScorer`` leaves the second out.
    """

    kind: ClassVar[str] = "xgb"
    passes: ClassVar[int] = 2

    def __init__(self, seed: int = 0, threads: int = 2) -> None:
        super().__init__(seed, threads)
        self.cascade: Cascade | None = None
        self.second: SecondPass | None = None

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> None:
        """Fit features and cascade, score ``training`` by halves that have not seen it, fit the second pass on that."""
        self.second = None
        features = SiteFeatures.fit(training, self.seed)
        self.cascade, halves = fit_cascade(
            features, training, validation, self.seed, self.threads, self.passes == 2
        )
        self.features = features
        self.calibration = self.cascade.calibration
        if self.passes == 2:
            folds = Folds({each.name: len(each.sequence) for each in training})
            self.second = fit_second_pass(
                [
                    self._score_unseen(chromosome, halves, folds)
                    for chromosome in track(training, "first pass", unit="chromosome")
                ],
                [
                    ScoredChromosome(chromosome, *self.score_both(chromosome.sequence))
                    for chromosome in track(
                        validation, "first pass (validation)", unit="chromosome"
                    )
                ],
                self.seed,
                self.threads,
            )

    def _score_unseen(
        self, chromosome: LabelledChromosome, halves: Sequence[Cascade], folds: Folds
    ) -> ScoredChromosome:
        """Score each site of a training chromosome by the cascade of the half that has not seen it."""

        def scores(strand: str, codes: Codes) -> SiteScores:
            fold_of = partial(folds.of, chromosome.name, strand)

            def score_view(
                view: StrandView, kind: str
            ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
                return score_unseen(halves, view, kind, fold_of)

            return score_strand(codes, self._fitted(), score_view, self.threads)

        return ScoredChromosome(
            chromosome,
            scores("+", chromosome.sequence),
            scores("-", reverse_complement(chromosome.sequence)),
        )

    def score(self, strand_sequence: Codes) -> SiteScores:
        """Natural-log odds of one strand's candidates; with two passes half of the work of ``score_both`` is lost."""
        return self.score_both(strand_sequence)[0]

    def score_both(self, sequence: Codes) -> tuple[SiteScores, SiteScores]:
        """Natural-log odds of the candidates of the forward and of the reverse strand."""
        features, cascade = self._fitted(), self._cascade()
        forward, reverse = (
            score_strand(codes, features, cascade.score_view, self.threads)
            for codes in (sequence, reverse_complement(sequence))
        )
        if self.second is None:
            return forward, reverse
        return self.second.rescore(forward, reverse, sequence, self.threads)

    def _cascade(self) -> Cascade:
        if self.cascade is None:
            raise ModelError(
                f"This {self.kind} scorer is not fitted. Call fit or load a trained one."
            )
        return self.cascade

    def trees(self, kind: str) -> list[int]:
        """Trees that judge a site of ``kind`` in each pass."""
        judges = [self._cascade().judges[kind]]
        if self.second:
            judges.append(self.second.judges[kind])
        return [judge.num_boosted_rounds() for judge in judges]

    def save(self, folder: Path) -> None:
        """Write the files of every scorer and the boosters, whose checksums the card keeps."""
        super().save(folder)
        second = self.second.calibration if self.second else {}
        extend_card(
            folder,
            {
                "boosters": checksums(folder),
                "second_calibration": {
                    kind: {"slope": each.slope, "intercept": each.intercept}
                    for kind, each in second.items()
                },
            },
        )

    def _save_learners(self, folder: Path) -> None:
        self._cascade().save(folder)
        if self.second:
            self.second.save(folder)

    def _load_learners(self, folder: Path) -> None:
        card = read_card(folder, self.kind)
        known: dict[str, Any] = card.get("boosters", {})
        self.cascade = Cascade.load(folder, known, self.calibration)
        if self.passes == 2:
            try:
                calibration = {
                    kind: Calibration(**card["second_calibration"][kind]) for kind in KINDS
                }
            except (KeyError, TypeError) as error:
                raise ModelError(
                    f"{folder}: damaged {self.kind} model ({error}). Train it again."
                ) from None
            self.second = SecondPass.load(folder, known, calibration, self.threads)


class SinglePassXgbScorer(XgbScorer):
    """``XgbScorer`` without the second pass: quicker, and what the second pass is compared with."""

    kind: ClassVar[str] = "xgb-single"
    passes: ClassVar[int] = 1
