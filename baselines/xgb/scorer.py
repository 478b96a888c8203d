"""``XgbScorer``: boosted trees that judge every site twice, the second time knowing what a decoder believes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from baselines.calibration import Calibration
from baselines.chunks import score_both_strands
from baselines.feature_scorer import FeatureScorer
from baselines.hmm.decoder import HmmDecoder
from baselines.hmm.path import Weights
from baselines.hmm.training import lowest_true_log_odds, search_weights
from baselines.hmm.truth import annotated
from baselines.xgb.boosters import checksums
from baselines.xgb.cascade import Cascade, fit_cascade
from baselines.xgb.recipe import Recipe
from baselines.xgb.second_pass import SecondPass, fit_second_pass
from features.errors import ModelError
from features.folds import part
from features.genome import Codes
from features.labelled import LabelledChromosome, ScoredChromosome
from features.progress import track
from features.sites import SiteScores
from features.storage import extend_card, read_card

__all__ = ["SinglePassXgbScorer", "XgbScorer"]

FOLDS = 3
"""Parts of the training chromosomes, each scored by a cascade that is fitted to the others."""


ENOUGH_GENES = 500
"""Validation genes to choose the weights of an HMM by; with fewer, unseen training genes help."""


class XgbScorer(FeatureScorer):
    """Boosters (XGBoost, Chen & Guestrin 2016) for donor, acceptor, start and stop over ``features.site_matrix``.

    The first pass looks at the sequence around a site only, the second also at what the HMM makes of the first pass's
    scores of both strands. ``SinglePassXgbScorer`` leaves the second out.

    Parameters
    ----------
    seed : of the samples and the boosters.
    threads : of the whole.
    negatives : false sites per true one, at most, that the boosters learn from.
    without : ingredients to leave out, parted by commas (``baselines.xgb.recipe.INGREDIENTS``); for ablations.

    Raises ``ModelError`` where there is no such ingredient.

    Attributes
    ----------
    hmm_weights : those of an HMM that decodes this scorer, where validation alone would choose them by too few genes.
    """

    kind: ClassVar[str] = "xgb"
    passes: ClassVar[int] = 2

    def __init__(
        self, seed: int = 0, threads: int = 2, negatives: float = 10.0, without: str = ""
    ) -> None:
        super().__init__(seed, threads)
        self.recipe = Recipe.parse(negatives, without)
        self.cascade: Cascade | None = None
        self.second: SecondPass | None = None
        self.hmm_weights: Weights | None = None

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> None:
        """Fit a cascade, and others without a fold of ``training`` each: the second pass learns what they say of it."""
        self.second = self.hmm_weights = None
        self.cascade = self._fit_cascade(training, validation)
        self.features, self.calibration = self.cascade.features, self.cascade.calibration
        if self.passes == 2:
            unseen = []
            for fold in track(part(training, FOLDS), "folds", unit="fold"):
                cascade = self._fit_cascade(fold.seen, validation)
                unseen.append(self._score(cascade, fold.unseen))
            watched = self._score(self.cascade, validation)
            decoder = HmmDecoder(self.seed, self.threads)
            decoder.fit_weights(training, watched)
            self.second = self._fit_second(decoder, unseen, watched)
            self.hmm_weights = self._weigh(decoder, unseen, watched)

    def _fit_second(
        self,
        decoder: HmmDecoder,
        unseen: Sequence[Sequence[ScoredChromosome]],
        watched: Sequence[ScoredChromosome],
    ) -> SecondPass:
        together = [scored for fold in unseen for scored in fold]
        return fit_second_pass(decoder, together, watched, self.recipe, self.seed, self.threads)

    def _weigh(
        self,
        decoder: HmmDecoder,
        unseen: Sequence[Sequence[ScoredChromosome]],
        watched: Sequence[ScoredChromosome],
    ) -> Weights | None:
        """Weights from second-pass scores of folds that neither pass has seen; None if validation suffices for them."""
        if sum(_count_genes(scored) for scored in watched) >= ENOUGH_GENES:
            return None
        assert self.second is not None
        assert decoder.lengths is not None
        twice = self._rescore(self.second, watched)
        lowest = lowest_true_log_odds(twice)
        for number, fold in enumerate(track(unseen, "second pass without a fold", unit="fold")):
            others = [other for other in unseen if other is not fold]
            second = self._fit_second(decoder, others, watched)
            order = np.random.default_rng((self.seed, number)).permutation(len(fold))
            chosen = _with_genes([fold[i] for i in order], 2 * ENOUGH_GENES // FOLDS)
            twice += self._rescore(second, chosen)
        return search_weights(twice, decoder.lengths, lowest, Weights(), self.seed, self.threads)

    def _rescore(
        self, second: SecondPass, scored: Sequence[ScoredChromosome]
    ) -> list[ScoredChromosome]:
        return [
            ScoredChromosome(
                each.chromosome,
                *second.rescore(each.forward, each.reverse, each.chromosome.sequence, self.threads),
            )
            for each in scored
        ]

    def _fit_cascade(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> Cascade:
        return fit_cascade(training, validation, self.recipe, self.seed, self.threads)

    @staticmethod
    def _score(
        cascade: Cascade, chromosomes: Sequence[LabelledChromosome]
    ) -> list[ScoredChromosome]:
        return [
            ScoredChromosome(each, *score_both_strands(cascade, each.sequence))
            for each in track(chromosomes, "first pass", unit="chromosome")
        ]

    def score(self, strand_sequence: Codes) -> SiteScores:
        """Natural-log odds of one strand's candidates; with two passes half of the work of ``score_both`` is lost."""
        return self.score_both(strand_sequence)[0]

    def score_both(self, sequence: Codes) -> tuple[SiteScores, SiteScores]:
        """Natural-log odds of the candidates of the forward and of the reverse strand."""
        forward, reverse = score_both_strands(self._cascade(), sequence)
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
        if self.second and kind in self.second.judges:
            judges.append(self.second.judges[kind])
        return [len(judge) for judge in judges]

    def save(self, folder: Path) -> None:
        """Write the files of every scorer and the boosters, whose checksums the card keeps."""
        super().save(folder)
        second = self.second.calibration if self.second else {}
        extend_card(
            folder,
            {
                "boosters": checksums(folder),
                "second_calibration": {
                    kind: asdict(calibration) for kind, calibration in second.items()
                },
                "hmm_weights": self.hmm_weights and self.hmm_weights._asdict(),
            },
        )

    def _save_learners(self, folder: Path) -> None:
        self._cascade().save(folder)
        if self.second:
            self.second.save(folder)

    def _load_learners(self, folder: Path) -> None:
        card = read_card(folder, self.kind)
        known: dict[str, Any] = card.get("boosters", {})
        self.cascade = Cascade.load(folder, known, self._fitted(), self.calibration, self.threads)
        if self.passes == 2:
            try:
                calibration = {
                    kind: Calibration(**each) for kind, each in card["second_calibration"].items()
                }
                weights = card["hmm_weights"]
                self.hmm_weights = None if weights is None else Weights(**weights)
            except (AttributeError, KeyError, TypeError) as error:
                raise ModelError(
                    f"{folder}: damaged {self.kind} model ({error}). Train it again."
                ) from None
            self.second = SecondPass.load(folder, known, calibration, self.threads)


def _with_genes(scored: Sequence[ScoredChromosome], genes: float) -> list[ScoredChromosome]:
    """The first of ``scored`` that hold so many genes together, without those that hold none."""
    chosen, held = [], 0
    for each in scored:
        found = _count_genes(each)
        if found and held < genes:
            chosen.append(each)
            held += found
    return chosen


def _count_genes(scored: ScoredChromosome) -> int:
    return len(annotated(scored.chromosome).genes)


class SinglePassXgbScorer(XgbScorer):
    """``XgbScorer`` without the second pass: quicker, and what the second pass is compared with."""

    kind: ClassVar[str] = "xgb-single"
    passes: ClassVar[int] = 1
