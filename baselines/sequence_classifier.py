"""k-mer baselines of whole-sequence classification: the spectrum of a sequence and a linear model or boosted trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import xgboost
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from features.errors import ModelError, TrainingError
from features.genome import Codes
from features.kmers import spectrum

__all__ = ["KmerClassifier", "KmerLogistic", "KmerXgb", "kmer_frequencies"]

LONGEST = 7


def kmer_frequencies(sequences: Sequence[Codes], longest: int) -> npt.NDArray[np.float32]:
    """Square roots of the frequencies of all k-mers, k from 1 to ``longest``.

    Shape (sequences, 4 + 4**2 + ... + 4**longest). The root (Hellinger's) evens out what is frequent and what is rare.
    A sequence without a known k-mer has zeros.
    """
    width = sum(4**k for k in range(1, longest + 1))
    matrix = np.empty((len(sequences), width), np.float32)
    for row, codes in zip(matrix, sequences, strict=True):
        first = 0
        for k in range(1, longest + 1):
            counts = spectrum(codes, k)
            row[first : first + len(counts)] = np.sqrt(counts / max(1, counts.sum()))
            first += len(counts)
    return matrix


class KmerClassifier:
    """Base of the k-mer classifiers: scikit-learn's ``fit``, ``predict_proba`` and ``classes_`` on sequences.

    Parameters
    ----------
    seed, threads : of the learner, where it draws or uses any (boosted trees).
    k : longest k-mer, 1 to 7.

    Raises ``ModelError`` for another k.
    """

    learner: ClassVar[str]

    def __init__(self, seed: int = 0, threads: int = 2, k: int = 5) -> None:
        if not (isinstance(k, int) and 1 <= k <= LONGEST):
            raise ModelError(f"{self.learner}: k must be 1 to {LONGEST}, not {k!r}.")
        self.seed = seed
        self.threads = threads
        self.k = k
        self.classes_: npt.NDArray[Any] = np.empty(0)
        self._model: Any = None

    def fit(self, sequences: Sequence[Codes], labels: npt.ArrayLike) -> None:
        """Learn from uint8 ``sequences`` and their ``labels``; ``TrainingError`` where they are all of one class."""
        self.classes_, numbers = np.unique(np.asarray(labels), return_inverse=True)
        if len(self.classes_) < 2:
            raise TrainingError(
                f"{self.learner}: all {len(numbers)} training sequences are of one class. "
                "Give training data with two classes or more."
            )
        self._model = self._new_model().fit(kmer_frequencies(sequences, self.k), numbers)

    def predict_proba(self, sequences: Sequence[Codes]) -> npt.NDArray[np.float64]:
        """Probability of each of ``classes_``, shape (sequences, classes)."""
        if self._model is None:
            raise ModelError(f"{self.learner}: not fitted. Call fit first.")
        found: npt.NDArray[np.float64] = np.empty((0, len(self.classes_)))
        if len(sequences):
            found = self._model.predict_proba(kmer_frequencies(sequences, self.k))
        return found

    def _new_model(self) -> Any:
        raise NotImplementedError


class KmerLogistic(KmerClassifier):
    """Logistic regression on standardised k-mer frequencies."""

    learner: ClassVar[str] = "kmer-logistic"
    penalty: ClassVar[float] = 0.001
    """Inverse strength of the ridge penalty: there are as many k-mers as sequences."""

    def _new_model(self) -> Any:
        return make_pipeline(
            StandardScaler(), LogisticRegression(C=self.penalty, max_iter=300, tol=1e-3)
        )


class KmerXgb(KmerClassifier):
    """Boosted trees on k-mer frequencies."""

    learner: ClassVar[str] = "kmer-xgb"

    def _new_model(self) -> Any:
        return xgboost.XGBClassifier(
            n_estimators=400,
            max_depth=5,
            learning_rate=0.07,
            subsample=0.8,
            colsample_bytree=0.2,
            min_child_weight=5,
            tree_method="hist",
            random_state=self.seed,
            n_jobs=self.threads,
        )
