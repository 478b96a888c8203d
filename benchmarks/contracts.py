"""What a model must offer to stand in the harness: duck-typed protocols, no base class to inherit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from features.expression.layout import Layout
from features.genome import Codes
from features.labelled import LabelledChromosome, ScoredChromosome
from features.proteins import Assigned, Proteins
from features.sites import SiteScores
from features.transcripts import Transcript

__all__ = ["Decoder", "GeneFinder", "Regressor", "SequenceClassifier", "SiteScorer", "SymbolModel"]


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


@runtime_checkable
class Regressor(Protocol):
    """Tells the expression of genes from open chromatin; scikit-learn's way, with gaps and with places.

    An attribute ``unseen_genes`` that is true says that it has something to tell of a gene without any expression in
    training; others are not asked. One with a method ``bin_weights()`` says what each bin counts for each gene, float32
    of shape (genes, bins), for a picture.
    """

    def fit(
        self,
        accessibility: npt.NDArray[np.uint8],
        expression: npt.NDArray[np.float64],
        layout: Layout,
    ) -> Any:
        """Learn log2(TPM + 1), (samples, genes), NaN where it is not known, from 0s and 1s of (samples, bins)."""

    def predict(
        self,
        accessibility: npt.NDArray[np.uint8],
        known: npt.NDArray[np.float64] | None = None,
    ) -> npt.NDArray[np.float64]:
        """log2(TPM + 1) of (samples, genes); ``known`` is that of other genes of the same samples, NaN elsewhere."""


@runtime_checkable
class SymbolModel(Protocol):
    """Tells the gene symbol of a protein, of thousands, with a probability.

    One that runs programs may say what they took in an attribute ``usage``, as a ``GeneFinder``.
    """

    def fit(self, training: Proteins, validation: Proteins | None = None) -> None:
        """Learn from ``training``; stop early, choose and calibrate on ``validation``."""

    def assign(self, proteins: Proteins) -> Assigned:
        """The best symbol of each protein; their own symbols are not told."""
