"""``XgbScorer``: boosted trees that judge every site twice, the second time knowing what a decoder believes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from baselines.feature_scorer import FeatureScorer
from baselines.xgb.blend import Blend, Weights
from baselines.xgb.boosters import checksums
from baselines.xgb.cascade import Cascade, fit_cascade
from baselines.xgb.first_pass import FirstPass, SiteScorer
from baselines.xgb.recipe import FIRST_PASS, INGREDIENTS, Recipe
from baselines.xgb.second_pass import SecondPass, fit_second_pass
from features.errors import ModelError
from features.folds import part
from features.genome import Codes
from features.labelled import LabelledChromosome
from features.progress import track
from features.scorers.calibration import Calibration
from features.scorers.folder import load_scorer, scorer_class
from features.sites import KINDS, SiteScores
from features.storage import extend_card, read_card

__all__ = ["SinglePassXgbScorer", "StackScorer", "XgbScorer"]

FOLDS = 3
"""Parts of the training chromosomes, each scored by a first pass that is fitted to the others."""
BESIDE = "cnn"
"""Kind of the scorer beside the first pass of a stack, and its folder in the stack's."""


class XgbScorer(FeatureScorer):
    """Boosters (XGBoost, Chen & Guestrin 2016) for donor, acceptor, start and stop over ``features.site_matrix``.

    The first pass looks at the sequence around a site only, the second also at what the HMM makes of the first pass's
    scores of both strands. ``SinglePassXgbScorer`` leaves the second out.

    Parameters
    ----------
    seed : of the samples and the boosters.
    threads : of the whole.
    negatives : false sites per true one, at most, that the boosters learn from.
    without : names of ``ingredients`` to leave out, parted by commas; for ablations.

    Raises ``ModelError`` where there is no such ingredient.
    """

    kind: ClassVar[str] = "xgb"
    passes: ClassVar[int] = 2
    ingredients: ClassVar[tuple[str, ...]] = INGREDIENTS

    def __init__(
        self, seed: int = 0, threads: int = 2, negatives: float = 10.0, without: str = ""
    ) -> None:
        super().__init__(seed, threads)
        self.recipe = Recipe.parse(self.kind, negatives, without, self.ingredients)
        self.first: FirstPass | None = None
        self.second: SecondPass | None = None

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> None:
        """Fit a first pass, and others without a fold of ``training`` each: the second learns what they say of it."""
        self.second = None
        self.first = self._fit_first(training, validation)
        cascade = self.first.cascade
        self.features, self.calibration = cascade.features, cascade.calibration
        if self.passes == 2:
            unseen = []
            for fold in track(part(training, FOLDS), "folds", unit="fold"):
                unseen += self._fit_first(fold.seen, validation).score_all(fold.unseen)
            watched = self.first.score_all(validation)
            self.second = fit_second_pass(
                training, unseen, watched, self.recipe, self.seed, self.threads
            )

    def _fit_first(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> FirstPass:
        """The first pass of one fold, or of all."""
        return FirstPass(fit_cascade(training, validation, self.recipe, self.seed, self.threads))

    def score(self, strand_sequence: Codes) -> SiteScores:
        """Natural-log odds of one strand's candidates; with two passes half of the work of ``score_both`` is lost."""
        return self.score_both(strand_sequence)[0]

    def score_both(self, sequence: Codes) -> tuple[SiteScores, SiteScores]:
        """Natural-log odds of the candidates of the forward and of the reverse strand."""
        forward, reverse = self._first().score_both(sequence)
        if self.second is None:
            return forward, reverse
        return self.second.rescore(forward, reverse, sequence, self.threads)

    def _first(self) -> FirstPass:
        if self.first is None:
            raise ModelError(
                f"This {self.kind} scorer is not fitted. Call fit or load a trained one."
            )
        return self.first

    def trees(self, kind: str) -> list[int]:
        """Trees that judge a site of ``kind`` in each pass."""
        judges = [self._first().cascade.judges[kind]]
        if self.second and kind in self.second.judges:
            judges.append(self.second.judges[kind])
        return [len(judge) for judge in judges]

    def _options(self) -> dict[str, Any]:
        return {
            **super()._options(),
            "negatives": self.recipe.negatives,
            "without": ",".join(sorted(self.recipe.without)),
        }

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
            },
        )

    def _save_learners(self, folder: Path) -> None:
        self._first().cascade.save(folder)
        if self.second:
            self.second.save(folder)

    def _load_learners(self, folder: Path) -> None:
        card = read_card(folder, self.kind)
        known: dict[str, Any] = card.get("boosters", {})
        self.first = FirstPass(
            Cascade.load(folder, known, self._fitted(), self.calibration, self.threads)
        )
        if self.passes == 2:
            try:
                calibration = {
                    kind: Calibration(**each) for kind, each in card["second_calibration"].items()
                }
            except (AttributeError, KeyError, TypeError) as error:
                raise ModelError(
                    f"{folder}: damaged {self.kind} model ({error}). Train it again."
                ) from None
            self.second = SecondPass.load(folder, known, calibration, self.threads)


class SinglePassXgbScorer(XgbScorer):
    """``XgbScorer`` without the second pass: quicker, and what the second pass is compared with."""

    kind: ClassVar[str] = "xgb-single"
    passes: ClassVar[int] = 1
    ingredients: ClassVar[tuple[str, ...]] = FIRST_PASS


class StackScorer(XgbScorer):
    """``XgbScorer`` with a convolutional network beside its first pass.

    The first pass is a blend of both; the second also sees what each of them says. Both are trained without a fold of
    the training chromosomes each, and then on all.

    Parameters
    ----------
    seed, threads, negatives, without : as of ``XgbScorer``.
    size, steps : of the network, as of ``neural.cnn.CnnScorer``.
    """

    kind: ClassVar[str] = "stack"

    def __init__(
        self,
        seed: int = 0,
        threads: int = 2,
        negatives: float = 10.0,
        without: str = "",
        size: str = "small",
        steps: int = 3000,
    ) -> None:
        super().__init__(seed, threads, negatives, without)
        self.size = size
        self.steps = steps
        self._new_beside()  # what is wrong with the options shows before anything is fitted

    def _new_beside(self) -> SiteScorer:
        beside: SiteScorer = scorer_class(BESIDE)(
            self.seed, self.threads, size=self.size, steps=self.steps
        )
        return beside

    def _fit_first(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> FirstPass:
        beside = self._new_beside()
        beside.fit(training, validation)
        return super()._fit_first(training, validation).with_beside(beside, validation)

    def _options(self) -> dict[str, Any]:
        return {**super()._options(), "size": self.size, "steps": self.steps}

    def save(self, folder: Path) -> None:
        """Write the files of ``XgbScorer``, and the network into a folder of its own."""
        super().save(folder)
        first = self._first()
        assert first.beside is not None
        assert first.blend is not None
        (folder / BESIDE).mkdir(exist_ok=True)
        first.beside.save(folder / BESIDE)
        blend = {kind: each._asdict() for kind, each in first.blend.weights.items()}
        extend_card(folder, {"blend": blend})

    def _load_learners(self, folder: Path) -> None:
        super()._load_learners(folder)
        card = read_card(folder, self.kind)
        try:
            blend = Blend({kind: Weights(**card["blend"][kind]) for kind in KINDS})
        except (KeyError, TypeError) as error:
            raise ModelError(
                f"{folder}: damaged {self.kind} model ({error}). Train it again."
            ) from None
        beside: Any = load_scorer(folder / BESIDE, self.threads)
        self.first = FirstPass(self._first().cascade, beside, blend)
