from __future__ import annotations

import numpy as np
import pytest

from baselines.sequence_classifier import (
    KmerClassifier,
    KmerLogistic,
    KmerXgb,
    kmer_frequencies,
)
from benchmarks.contracts import SequenceClassifier
from features.errors import ModelError, TrainingError
from features.genome import Codes, encode

LEARNERS = [KmerLogistic, KmerXgb]


def draw(count: int, seed: int) -> tuple[list[Codes], list[str]]:
    """Sequences of two compositions."""
    rng = np.random.default_rng(seed)
    labels = ["rich" if rng.random() < 0.5 else "poor" for _ in range(count)]
    shares = {"rich": (0.15, 0.35, 0.35, 0.15), "poor": (0.35, 0.15, 0.15, 0.35)}
    sequences = [rng.choice(4, 200, p=shares[label]).astype(np.uint8) for label in labels]
    return sequences, labels


@pytest.mark.parametrize("learner", LEARNERS)
def test_it_learns_what_k_mers_tell(learner: type[KmerClassifier]) -> None:
    classifier = learner(seed=1, threads=1, k=2)
    assert isinstance(classifier, SequenceClassifier)
    classifier.fit(*draw(300, 1))
    assert classifier.classes_.tolist() == ["poor", "rich"]
    sequences, labels = draw(100, 2)
    found = classifier.predict_proba(sequences)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert (classifier.classes_[found.argmax(axis=1)] == labels).mean() > 0.95


@pytest.mark.parametrize("learner", LEARNERS)
def test_the_same_seed_gives_the_same(learner: type[KmerClassifier]) -> None:
    told = []
    for _ in range(2):
        classifier = learner(seed=4, threads=1, k=2)
        classifier.fit(*draw(100, 1))
        told.append(classifier.predict_proba(draw(20, 3)[0]))
    np.testing.assert_array_equal(*told)


def test_frequencies_are_roots_of_shares() -> None:
    (row,) = kmer_frequencies([encode("ACGN")], 2)
    assert row[:4].tolist() == pytest.approx([3**-0.5, 3**-0.5, 3**-0.5, 0])
    assert np.flatnonzero(row[4:]).tolist() == [1, 6]  # AC, CG
    assert (row**2).sum() == pytest.approx(2)
    assert not kmer_frequencies([encode("NNN"), encode("")], 3).any()


@pytest.mark.parametrize("learner", LEARNERS)
def test_what_cannot_be_learnt_is_told(learner: type[KmerClassifier]) -> None:
    with pytest.raises(ModelError, match="k must be 1 to 7, not 8"):
        learner(k=8)
    with pytest.raises(ModelError, match="not fitted"):
        learner().predict_proba([encode("ACGT")])
    with pytest.raises(TrainingError, match="all 2 training sequences are of one class"):
        learner().fit([encode("ACGT")] * 2, [1, 1])


@pytest.mark.parametrize("learner", LEARNERS)
def test_no_sequence_has_no_probability(learner: type[KmerClassifier]) -> None:
    classifier = learner(k=2, threads=1)
    classifier.fit(*draw(60, 1))
    assert classifier.predict_proba([]).shape == (0, 2)
