"""What a model must offer to stand in the harness: duck-typed protocols, no base class to inherit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from features.genome import Codes
from features.labelled import LabelledChromosome, ScoredChromosome
from features.sites import SiteScores
from features.transcripts import Transcript

__all__ = ["Decoder", "GeneFinder", "SequenceClassifier", "SiteScorer"]


@runtime_checkable
class SiteScorer(Protocol):
    """Scores candidate sites (donor, acceptor, start, stop) of a strand.

    One that needs both strands at once has a further method ``score_both(sequence)``, which takes the forward strand
    and returns the ``SiteScores`` of the forward and of the reverse strand.
    """

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> None:
        """Learn from ``training``; stop early, choose thresholds and calibrate on ``validation``."""

    def score(self, strand_sequence: Codes) -> SiteScores:
        """Score one strand, given as uint8 codes of its own 5'->3' sequence."""

    def save(self, folder: Path) -> None:
        """Write the fitted model into the existing ``folder``."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a model that ``save`` wrote, without executing code from it."""


@runtime_checkable
class Decoder(Protocol):
    """Turns the site scores of both strands into coherent transcripts."""

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[ScoredChromosome]
    ) -> None:
        """Learn lengths from ``training`` (unscored) and weights from ``validation`` (scored)."""

    def decode(
        self,
        scores_forward: SiteScores,
        scores_reverse: SiteScores,
        sequence: Codes,
        chromosome: str,
    ) -> list[Transcript]:
        """Predict the transcripts of one chromosome from the scores of its strands and its forward sequence."""

    def save(self, folder: Path) -> None:
        """Write the fitted decoder into the existing ``folder``."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a decoder that ``save`` wrote, without executing code from it."""


@runtime_checkable
class GeneFinder(Protocol):
    """Predicts transcripts straight from sequence, without site scores (a composition HMM, an external program).

    One that runs programs may say what they took in an attribute ``usage`` (``baselines.gene_finders.program.Usage``).
    """

    def fit(
        self, training: Sequence[LabelledChromosome], validation: Sequence[LabelledChromosome]
    ) -> None:
        """Learn from ``training`` and ``validation``; a program with shipped parameters does nothing."""

    def predict(self, sequence: Codes, chromosome: str) -> list[Transcript]:
        """Predict the transcripts of both strands of one chromosome from its forward sequence."""


@runtime_checkable
class SequenceClassifier(Protocol):
    """Tells the class of a whole sequence; scikit-learn's way, but for sequences of uint8 codes.

    After ``fit`` its attribute ``classes_`` holds the sorted classes, in the order of the columns of ``predict_proba``.
    """

    def fit(
        self,
        sequences: Sequence[Codes],
        labels: npt.ArrayLike,
        validation: tuple[Sequence[Codes], npt.ArrayLike] | None = None,
    ) -> Any:
        """Learn from ``sequences`` and their ``labels``; stop early and choose on ``validation`` where it is given."""

    def predict_proba(self, sequences: Sequence[Codes]) -> npt.NDArray[np.float64]:
        """Probability of each class, shape (sequences, classes)."""
