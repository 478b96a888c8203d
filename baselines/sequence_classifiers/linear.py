"""k-mer classifiers that weigh every column: logistic regression, linear SVM, naive Bayes, nearest centroid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array
from scipy.sparse.linalg import norm
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from baselines.sequence_classifiers.base import Classifier, Examples
from baselines.sequence_classifiers.kmer_features import KmerFeatures, check_k, spread_of
from features.genome import Codes
from features.storage import read_arrays, write_arrays

__all__ = ["KmerBayes", "KmerCentroid", "KmerLogistic", "KmerSvm"]

MOST_WORK = 30_000_000
"""Values of the matrix times classes above which a fit takes long, and only one strength of each kind is tried."""
UPDATES, FEWEST_PASSES, MOST_PASSES = 250_000, 5, 50
"""Sequences that stochastic descent sees, and the bounds of its passes over the training ones."""
DENSE_VALUES = 200_000_000
"""Matrices of no more values are worked on whole where a twentieth of them is there: dense products are faster."""

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]


class Weights(NamedTuple):
    """Shape (columns, classes) and (classes,): what a class gets for each column, and by itself."""

    columns: Floats
    bias: Floats


class LinearClassifier(Classifier):
    """One weight for each column and class; the highest sum wins, its probability is a softmax at one temperature.

    Parameters
    ----------
    seed, threads : as of every classifier.
    k, canonical : as of ``KmerFeatures``.
    """

    _weights: Weights

    def __init__(
        self, seed: int = 0, threads: int = 2, k: int = 6, canonical: bool = False
    ) -> None:
        check_k(self.kind, k)
        super().__init__(seed, threads, k=k, canonical=canonical)

    def _see(
        self, sequences: Sequence[Codes], numbers: npt.NDArray[np.int64]
    ) -> tuple[KmerFeatures, csr_array]:
        return KmerFeatures.learn(sequences, **self.options)

    def _seen(self, arrays: dict[str, npt.NDArray[Any]]) -> KmerFeatures:
        return KmerFeatures.from_arrays(arrays)

    def _learn(self, training: Examples, validation: Examples) -> None:
        best = np.inf
        for found in self._candidates(*training):
            sums = validation[0] @ found.columns + found.bias
            temperature = _temperature(sums, validation[1])
            loss = _loss(temperature, sums, validation[1])
            if loss < best:
                best = loss
                self._weights = Weights(temperature * found.columns, temperature * found.bias)

    def _candidates(self, matrix: csr_array, numbers: npt.NDArray[np.int64]) -> Iterator[Weights]:
        raise NotImplementedError

    def _tell(self, matrix: csr_array) -> Floats:
        found: Floats = softmax(matrix @ self._weights.columns + self._weights.bias, axis=1)
        return found

    def _save_learner(self, folder: Path) -> dict[str, Any]:
        write_arrays(folder / "weights.npz", self._weights._asdict())
        return {}

    def _load_learner(self, folder: Path, card: dict[str, Any]) -> None:
        self._weights = Weights(**read_arrays(folder / "weights.npz"))


class StrengthClassifier(LinearClassifier):
    """One that is tried with its columns as they are and standardised, at several strengths of its penalty."""

    strengths: ClassVar[dict[bool, tuple[float, ...]]]
    """By whether columns are standardised; scikit-learn's C, the first one where only one is tried."""

    def _tried(self, matrix: csr_array) -> Iterator[tuple[Floats32, float]]:
        """(what columns are multiplied by, strength) of each model."""
        for standardised, strengths in self.strengths.items():
            scale = _column_scale(matrix, standardised)
            for strength in strengths[:1] if self._is_much(matrix) else strengths:
                yield scale, strength

    def _is_much(self, matrix: csr_array) -> bool:
        """Whether a fit takes long."""
        classes = len(self.classes_)
        return bool(matrix.nnz * (1 if classes == 2 else classes) > MOST_WORK)


class KmerLogistic(StrengthClassifier):
    """Logistic regression, L2; the columns as they are or standardised, at three strengths each."""

    kind: ClassVar[str] = "kmer-logistic"
    strengths: ClassVar[dict[bool, tuple[float, ...]]] = {
        True: (0.001, 0.0001, 0.01),
        False: (0.1, 0.01, 1.0),
    }

    def _candidates(self, matrix: csr_array, numbers: npt.NDArray[np.int64]) -> Iterator[Weights]:
        for scale, strength in self._tried(matrix):
            regression = LogisticRegression(C=strength, max_iter=200, tol=1e-3)
            regression.fit(_dense(_scale(matrix, scale)), numbers)
            yield _both_sides(regression.coef_ * scale, regression.intercept_)


class KmerSvm(StrengthClassifier):
    """Linear support-vector machines, one class against the rest; the columns as they are or standardised.

    Each way at three strengths, on the squared hinge loss. Where that takes long and there are more than two classes,
    each way at one strength, by averaged stochastic descent (Bottou 2010), sequence by sequence, on the hinge loss.
    """

    kind: ClassVar[str] = "kmer-svm"
    strengths: ClassVar[dict[bool, tuple[float, ...]]] = {
        True: (0.0001, 0.00001, 0.001),
        False: (0.01, 0.001, 0.1),
    }

    descent_strengths: ClassVar[dict[bool, float]] = {True: 20.0, False: 200.0}
    """By whether columns are standardised; C of stochastic descent, on rows whose median norm is 1."""

    def _candidates(self, matrix: csr_array, numbers: npt.NDArray[np.int64]) -> Iterator[Weights]:
        if len(self.classes_) > 2 and self._is_much(matrix):
            yield from self._descents(matrix, numbers)
            return
        for scale, strength in self._tried(matrix):
            machine = LinearSVC(C=strength, tol=1e-3, max_iter=2000, random_state=self.seed)
            machine.fit(_scale(matrix, scale), numbers)
            yield _both_sides(machine.coef_ * scale, machine.intercept_)

    def _descents(self, matrix: csr_array, numbers: npt.NDArray[np.int64]) -> Iterator[Weights]:
        rows = matrix.shape[0]
        passes = int(np.clip(UPDATES / rows, FEWEST_PASSES, MOST_PASSES))
        for standardised, strength in self.descent_strengths.items():
            scale = _column_scale(matrix, standardised)
            norms = norm(_scale(matrix, scale), axis=1)
            scale /= np.median(norms[norms > 0])
            machine = SGDClassifier(
                alpha=1 / (strength * rows),
                max_iter=passes,
                tol=None,
                average=True,
                random_state=self.seed,
                n_jobs=self.threads,
            )
            machine.fit(_scale(matrix, scale), numbers)
            yield _both_sides(machine.coef_ * scale, machine.intercept_)


class KmerCentroid(LinearClassifier):
    """Nearest centroid by the cosine of the angle to the mean of every class."""

    kind: ClassVar[str] = "kmer-centroid"

    def _candidates(self, matrix: csr_array, numbers: npt.NDArray[np.int64]) -> Iterator[Weights]:
        centroids = np.stack(
            [
                np.asarray(matrix[numbers == number].mean(axis=0)).ravel()
                for number in range(len(self.classes_))
            ]
        )
        norms = np.linalg.norm(centroids, axis=1, keepdims=True)
        yield Weights((centroids / np.maximum(norms, 1e-12)).T, np.zeros(len(centroids)))


class KmerBayes(LinearClassifier):
    """Naive Bayes over the k-mers that a sequence holds, each counted once, after the RDP classifier (Wang 2007)."""

    kind: ClassVar[str] = "kmer-bayes"
    smoothing: ClassVar[tuple[float, ...]] = (0.1, 0.01, 1.0)

    def _candidates(self, matrix: csr_array, numbers: npt.NDArray[np.int64]) -> Iterator[Weights]:
        for smoothing in self.smoothing:
            bayes = MultinomialNB(alpha=smoothing).fit(_presence(matrix), numbers)
            yield Weights(bayes.feature_log_prob_.T, bayes.class_log_prior_)

    def _learn(self, training: Examples, validation: Examples) -> None:
        super()._learn(training, (_presence(validation[0]), validation[1]))

    def _tell(self, matrix: csr_array) -> Floats:
        return super()._tell(_presence(matrix))


def _presence(matrix: csr_array) -> csr_array:
    return (matrix > 0).astype(np.float32)


def _column_scale(matrix: csr_array, standardised: bool) -> Floats32:
    """What columns are multiplied by."""
    spread = spread_of(matrix)
    found: Floats32 = np.reciprocal(spread) if standardised else np.ones_like(spread)
    return found


def _scale(matrix: csr_array, scale: Floats32) -> csr_array:
    found = matrix.copy()
    found.data *= scale[found.indices]
    return found


def _dense(matrix: csr_array) -> Any:
    """``matrix`` as a dense one, where that is faster and fits."""
    values = matrix.shape[0] * matrix.shape[1]
    return matrix.toarray() if matrix.nnz * 20 > values and values <= DENSE_VALUES else matrix


def _both_sides(coefficients: Floats, intercept: Floats) -> Weights:
    """Weights of every class; of two, scikit-learn tells those of the second one alone."""
    if len(coefficients) == 1:
        coefficients = np.concatenate([-coefficients, coefficients]) / 2
        intercept = np.concatenate([-intercept, intercept]) / 2
    return Weights(coefficients.T, intercept)


def _loss(temperature: float, sums: Floats, numbers: npt.NDArray[np.int64]) -> float:
    """Mean cross entropy, each label taken for as sure as so many of them can make it (Platt 2000)."""
    count, classes = sums.shape
    if not count:
        return 0.0
    told: Floats = log_softmax(temperature * sums, axis=1)
    doubt = 1 / (count + 2)
    right = told[np.arange(count), numbers]
    others = (told.sum(axis=1) - right) / (classes - 1)
    return -float(((1 - doubt) * right + doubt * others).mean())


def _temperature(sums: Floats, numbers: npt.NDArray[np.int64]) -> float:
    """What ``sums`` are to be multiplied by so that their softmax fits ``numbers`` best (Guo 2017), e^-10 to e^10."""
    found = minimize_scalar(
        lambda exponent: _loss(float(np.exp(exponent)), sums, numbers),
        bounds=(-10, 10),
        method="bounded",
    )
    return float(np.exp(found.x))
