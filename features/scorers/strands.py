"""Scoring both strands of a chromosome."""

from __future__ import annotations

from typing import Protocol

from features.genome import Codes, reverse_complement
from features.sites import SiteScores

__all__ = ["score_both_strands"]


class _Scorer(Protocol):
    def score(self, strand_sequence: Codes) -> SiteScores: ...


def score_both_strands(scorer: _Scorer, sequence: Codes) -> tuple[SiteScores, SiteScores]:
    """Scores of the forward and of the reverse strand of a chromosome, given as its forward strand.

    A scorer that needs both strands at once has a method ``score_both`` for it.
    """
    score_both = getattr(scorer, "score_both", None)
    if score_both is not None:
        both: tuple[SiteScores, SiteScores] = score_both(sequence)
        return both
    return scorer.score(sequence), scorer.score(reverse_complement(sequence))
