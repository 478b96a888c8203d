"""The first pass: a cascade of boosters, alone or blended with another site scorer that stands beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from baselines.xgb.blend import Blend
from baselines.xgb.cascade import Cascade
from features.genome import Codes
from features.labelled import LabelledChromosome, ScoredChromosome
from features.progress import track
from features.scorers.strands import score_both_strands
from features.sites import SiteScores

__all__ = ["FirstPass", "SiteScorer"]


class SiteScorer(Protocol):
    """What can stand beside the cascade: any site scorer."""

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> None: ...

    def score(self, strand_sequence: Codes) -> SiteScores: ...

    def save(self, folder: Path) -> None: ...


@dataclass(frozen=True)
class FirstPass:
    """The cascade; with ``beside`` another scorer of the same chromosomes, and how the two are blended."""

    cascade: Cascade
    beside: SiteScorer | None = None
    blend: Blend | None = None

    def score_both(self, sequence: Codes) -> tuple[SiteScores, SiteScores]:
        """Scores of the forward and of the reverse strand of ``sequence``."""
        forward, reverse = score_both_strands(self.cascade, sequence)
        if self.beside is None or self.blend is None:
            return forward, reverse
        others = score_both_strands(self.beside, sequence)
        return self.blend.apply(forward, others[0]), self.blend.apply(reverse, others[1])

    def score_all(self, chromosomes: Sequence[LabelledChromosome]) -> list[ScoredChromosome]:
        """Each of ``chromosomes`` with its scores."""
        return [
            ScoredChromosome(each, *self.score_both(each.sequence))
            for each in track(chromosomes, "first pass", unit="chromosome")
        ]

    def with_beside(
        self, beside: SiteScorer, validation: Sequence[LabelledChromosome]
    ) -> FirstPass:
        """The cascade blended with ``beside``, as serves ``validation`` best."""
        first, second = (
            [
                ScoredChromosome(each, *score_both_strands(scorer, each.sequence))
                for each in track(validation, "blend", unit="chromosome")
            ]
            for scorer in (self.cascade, beside)
        )
        return FirstPass(self.cascade, beside, Blend.fit(first, second))
