from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from baselines.sequence_classifiers import (
    CodingXgb,
    KmerBayes,
    KmerCentroid,
    KmerLogistic,
    KmerSvm,
    KmerXgb,
    base,
    linear,
)
from baselines.sequence_classifiers.base import Classifier, Examples
from benchmarks.contracts import SequenceClassifier
from features.errors import ModelError, TrainingError
from features.genome import encode
from tests.baselines.sequence_classifiers.drawn import compositions, copies, motifs, transcripts

LEARNERS = [KmerBayes, KmerCentroid, KmerLogistic, KmerSvm, KmerXgb, CodingXgb]
OF_KMERS = LEARNERS[:-1]


def accuracy(classifier: Classifier, drawn) -> float:
    sequences, labels = drawn
    found = classifier.predict_proba(sequences)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    return float((classifier.classes_[found.argmax(axis=1)] == labels).mean())


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("learner", LEARNERS)
def test_it_learns_composition(learner: type[Classifier], classes: int) -> None:
    classifier = learner(seed=1, threads=1)
    assert isinstance(classifier, SequenceClassifier)
    classifier.fit(*compositions(120, 1, classes))
    assert classifier.classes_.tolist() == [f"class {number}" for number in range(classes)]
    assert accuracy(classifier, compositions(90, 2, classes)) > 0.9


def surprise(classifier: Classifier, drawn) -> float:
    """Mean cross entropy."""
    sequences, labels = drawn
    told = classifier.predict_proba(sequences)
    right = np.searchsorted(classifier.classes_, labels)
    return float(-np.log(told[np.arange(len(right)), right]).mean())


def test_support_vectors_of_many_classes_are_learnt_by_descent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(**_: object) -> None:
        raise AssertionError("solved at once")

    classic = KmerSvm(seed=1, threads=1, k=4)
    classic.fit(*copies(30, 1, classes=20))
    monkeypatch.setattr(linear, "MOST_WORK", 0)
    monkeypatch.setattr(linear, "LinearSVC", never)
    told = []
    for threads in (1, 2):
        classifier = KmerSvm(seed=1, threads=threads, k=4)
        classifier.fit(*copies(30, 1, classes=20))
        told.append(classifier.predict_proba(copies(10, 2, classes=20)[0]))
    np.testing.assert_array_equal(*told)
    unseen = copies(10, 2, classes=20)
    assert accuracy(classifier, unseen) > 0.9
    assert surprise(classifier, unseen) < surprise(classic, unseen) + 0.1
    # Sequences that cannot be read do not move the others' scale.
    sequences, labels = copies(30, 1, classes=20)
    unknown = [np.full(190, 4, np.uint8)] * 700
    classifier.fit([*sequences, *unknown], [*labels, *labels, *labels[:100]], (sequences, labels))
    assert accuracy(classifier, unseen) > 0.9
    # Two classes are solved at once however many sequences there are.
    with pytest.raises(AssertionError, match="solved at once"):
        classifier.fit(*compositions(60, 1))


def test_trees_of_many_classes_are_fewer_and_learn_faster() -> None:
    found = {}
    for classes in (10, 14, 16, 20):
        classifier = KmerXgb(seed=1, threads=1, k=3)
        classifier.fit(*copies(20, 1, classes=classes))
        found[classes] = surprise(classifier, copies(10, 2, classes=classes)) / np.log(classes)
        assert classifier._booster.num_boosted_rounds() <= max(40, 600 // classes)
    assert max(found.values()) < 0.4


@pytest.mark.parametrize("learner", [KmerLogistic, KmerSvm, KmerXgb])
def test_in_aligned_sequences_it_learns_where(learner: type[Classifier]) -> None:
    classifier = learner(threads=1, k=3)
    classifier.fit(*motifs(400, 1))
    assert accuracy(classifier, motifs(100, 2)) > 0.9
    canonical = learner(threads=1, k=3, canonical=True)
    canonical.fit(*motifs(400, 1))
    assert accuracy(canonical, motifs(100, 2)) < 0.7


def test_coding_potential_is_more_than_k_mers() -> None:
    classifier = CodingXgb(threads=1)
    classifier.fit(*transcripts(300, 1))
    assert accuracy(classifier, transcripts(100, 2)) > 0.9


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_saved_model_tells_the_same(learner: type[Classifier], tmp_path: Path) -> None:
    classifier = learner(seed=3, threads=1)
    classifier.fit(*compositions(60, 1))
    classifier.save(tmp_path)
    sequences, _ = compositions(20, 2)
    loaded = learner.load(tmp_path, 1)
    assert loaded.classes_.tolist() == classifier.classes_.tolist()
    np.testing.assert_array_equal(
        loaded.predict_proba(sequences), classifier.predict_proba(sequences)
    )
    again = learner(seed=3, threads=1)
    again.fit(*compositions(60, 1))
    np.testing.assert_array_equal(
        again.predict_proba(sequences), classifier.predict_proba(sequences)
    )


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_damaged_model_is_told(learner: type[Classifier], tmp_path: Path) -> None:
    classifier = learner(threads=1)
    classifier.fit(*compositions(60, 1))
    classifier.save(tmp_path)
    for path in tmp_path.iterdir():
        if path.name != "model.json":
            path.write_bytes(path.read_bytes()[:-30])
            with pytest.raises(ModelError, match=path.name):
                learner.load(tmp_path)
            break
    card = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps({**card, "kind": "other"}))
    with pytest.raises(ModelError, match="a model of kind 'other'"):
        learner.load(tmp_path)


@pytest.mark.parametrize("learner", LEARNERS)
def test_validation_chooses(learner: type[Classifier]) -> None:
    sure = []
    for wrong in (0, 30):
        classifier = learner(threads=1)
        sequences, labels = compositions(60, 5)
        labels[:wrong] = [f"class {number % 2}" for number in range(1, wrong + 1)]
        # A class that training lacks is passed over.
        classifier.fit(
            *compositions(80, 1), ([*sequences, encode("ACGT")], [*labels, "never seen"])
        )
        sure.append(classifier.predict_proba(compositions(20, 2)[0]).max(axis=1).mean())
    assert sure[0] > sure[1] + 0.05


@pytest.mark.parametrize("learner", LEARNERS)
def test_what_cannot_be_learnt_is_told(learner: type[Classifier], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not fitted"):
        learner().predict_proba([encode("ACGT")])
    with pytest.raises(ModelError, match="not fitted"):
        learner().save(tmp_path)
    with pytest.raises(TrainingError, match="all 2 training sequences are of one class"):
        learner().fit([encode("ACGT")] * 2, [1, 1])
    with pytest.raises(TrainingError, match="class b"):
        learner().fit([encode("ACGTACGTAC")] * 9 + [encode("N" * 10)] * 9, [*"a" * 9, *"b" * 9])


@pytest.mark.parametrize("learner", OF_KMERS)
def test_sequences_that_do_not_differ_are_told(learner: type[Classifier]) -> None:
    with pytest.raises(TrainingError, match="All .* training sequences hold the same k-mers"):
        learner(threads=1).fit([encode("A" * 50)] * 40, [*"ab" * 20])


@pytest.mark.parametrize("learner", OF_KMERS)
def test_k_is_checked(learner: type[Classifier]) -> None:
    with pytest.raises(ModelError, match="k must be 1 to 7, not 8"):
        learner(k=8)


@pytest.mark.parametrize("learner", LEARNERS)
def test_odd_sequences_have_a_probability(learner: type[Classifier]) -> None:
    classifier = learner(threads=1)
    classifier.fit(*compositions(60, 1))
    assert classifier.predict_proba([]).shape == (0, 2)
    odd = [encode(""), encode("N" * 50), encode("AC"), encode("ACGT" * 2000)]
    found = classifier.predict_proba(odd)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    # Readable is what has one of the longest words.
    odd[2] = encode("ACGTAC"[: classifier.word])
    assert classifier.readable(odd).tolist() == [False, False, True, True]
    assert not classifier.readable([odd[2][:-1]])[0]


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_handful_of_sequences_can_be_learnt(learner: type[Classifier]) -> None:
    classifier = learner(threads=1)
    classifier.fit(*compositions(3, 1))
    assert classifier.predict_proba(compositions(2, 2)[0]).shape == (2, 2)


@pytest.mark.parametrize("learner", [KmerBayes, KmerCentroid, KmerLogistic, KmerSvm])
def test_what_is_held_out_leaves_something_of_every_class(learner: type[Classifier]) -> None:
    sequences, labels = compositions(40, 1)
    unknown = np.full(200, 4, np.uint8)
    for number in range(2, 40, 2):  # of class 0 the first one alone can be read
        sequences[number] = unknown
    for seed in range(6):
        classifier = learner(seed=seed, threads=1, k=2)
        classifier.fit(sequences, labels)
        told = classifier.predict_proba([sequences[0], unknown])
        assert told[0, 0] != told[1, 0]


def test_a_handful_is_learnt_from_whole() -> None:
    sequences, labels = compositions(4, 1)
    told = []
    for seed in range(3):
        classifier = KmerBayes(seed=seed, threads=1, k=2)
        classifier.fit(sequences, labels)
        told.append(classifier.predict_proba(sequences))
    np.testing.assert_array_equal(told[0], told[1])
    np.testing.assert_array_equal(told[0], told[2])


@pytest.mark.parametrize("learner", [KmerLogistic, KmerSvm, KmerXgb])
def test_a_few_of_another_length_leave_the_others_aligned(learner: type[Classifier]) -> None:
    sequences, labels = motifs(400, 1)
    for number in range(0, 400, 40):
        sequences[number] = sequences[number][:-1]
    classifier = learner(threads=1, k=3)
    classifier.fit(sequences, labels)
    assert classifier.aligned == len(sequences[1])
    assert accuracy(classifier, motifs(100, 2)) > 0.9
    # Of those nothing is told by what stands where: two pieces between the same words may change places.
    first, second = (
        sequences[1][2:29],
        sequences[3][:26] % 2,
    )  # the motif is in the first alone, at base 20
    word = np.zeros(2, np.uint8)
    pair = [
        np.concatenate([word, *pieces])
        for pieces in ((first, word, second, word), (second, word, first, word))
    ]
    assert len(pair[0]) == classifier.aligned - 1
    told = classifier.predict_proba(pair)
    np.testing.assert_allclose(told[0], told[1], rtol=1e-5)
    here, elsewhere = classifier.predict_proba([np.append(codes, 0) for codes in pair])
    assert here[1] > elsewhere[1] + 0.1
    whole = learner(threads=1, k=3, canonical=True)
    whole.fit(sequences, labels)
    assert whole.aligned == 0


def test_sequences_of_many_lengths_are_not_aligned() -> None:
    sequences, labels = motifs(60, 1)
    for number in range(7):
        sequences[number] = sequences[number][:-1]
    classifier = KmerBayes(threads=1, k=2)
    classifier.fit(sequences, labels)
    assert classifier.aligned == 0


def test_sequences_are_told_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = KmerLogistic(threads=1, k=2)
    classifier.fit(*compositions(60, 1))
    sequences, _ = compositions(20, 2)
    whole = classifier.predict_proba(sequences)
    rows: list[int] = []
    tell = classifier._tell
    monkeypatch.setattr(
        classifier, "_tell", lambda matrix: rows.append(matrix.shape[0]) or tell(matrix)
    )
    monkeypatch.setattr(base, "BASES_AT_ONCE", 3 * len(sequences[0]))
    np.testing.assert_allclose(classifier.predict_proba(sequences), whole, rtol=1e-12)
    assert max(rows) == 3
    assert sum(rows) == 20
    assert classifier.predict_proba([]).shape == (0, 2)


def test_a_fit_uses_the_threads_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    class Watching(KmerLogistic):
        def _learn(self, training: Examples, validation: Examples) -> None:
            found = threadpool_info()
            seen.extend(pool["num_threads"] for pool in found if pool["user_api"] == "blas")
            super()._learn(training, validation)

    Watching(threads=1, k=2).fit(*compositions(60, 1))
    assert set(seen) == {1}
