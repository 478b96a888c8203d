"""What a classifier of a user's own is given, and which answers of it are refused."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.classifying import fit_classifier, predict_probabilities
from features.errors import ModelError

SEQUENCES = [np.arange(4, dtype=np.uint8) for _ in range(3)]
LABELS = np.array(["a", "b", "a"])


class Spoiler:
    """Changes what it is given in its place."""

    def fit(self, sequences, labels, validation=None):
        for codes in (*sequences, *validation[0]):
            codes[:] = 4
        self.classes_ = np.unique(labels)

    def predict_proba(self, sequences):
        for codes in sequences:
            codes[:] = 4
        return np.full((len(sequences), 2), 0.5)


def test_a_model_cannot_spoil_the_sequences_of_the_next():
    sequences = [codes.copy() for codes in SEQUENCES]
    spoiler = Spoiler()
    fit_classifier(spoiler, sequences, LABELS, (sequences, LABELS), "s")
    predict_probabilities(spoiler, sequences, spoiler.classes_, "s")
    np.testing.assert_array_equal(sequences, SEQUENCES)


def test_validation_is_given_by_its_name_alone():
    class Weighs:
        def fit(self, sequences, labels, sample_weight=None):
            assert sample_weight is None

    class Asks:
        def fit(self, sequences, labels, held_out):
            pytest.fail("it is not called")

    class Names:
        def fit(self, sequences, labels, validation):
            self.validation = validation

    class Both:
        def fit(self, sequences, labels, sample_weight=None, *, validation=None):
            assert sample_weight is None
            assert len(validation) == 2

    fit_classifier(Both(), SEQUENCES, LABELS, (SEQUENCES, LABELS), "b")
    fit_classifier(Weighs(), SEQUENCES, LABELS, (SEQUENCES, LABELS), "w")
    said = "asks: fit cannot be called .*'held_out'.*Let a parameter for .* be named validation"
    with pytest.raises(ModelError, match=said):
        fit_classifier(Asks(), SEQUENCES, LABELS, (SEQUENCES, LABELS), "asks")
    names = Names()
    fit_classifier(names, SEQUENCES, LABELS, (SEQUENCES[:1], LABELS[:1]), "n")
    sequences, labels = names.validation
    assert (len(sequences), labels.tolist()) == (1, ["a"])


def tells(rows, classes=("a", "b")):
    return SimpleNamespace(
        classes_=np.array(classes), predict_proba=lambda _: np.array(rows, np.float32)
    )


def test_a_class_that_was_not_taught_has_no_probability():
    found = predict_probabilities(
        tells([[0.25, 0.75]] * 3, ["b", "d"]), SEQUENCES, np.array(list("abcd")), "m"
    )
    assert found.tolist() == [[0, 0.25, 0, 0.75]] * 3


@pytest.mark.parametrize(
    "row", [[0.7, 0.7], [-0.1, 1.1], [np.nan, 1], [np.inf, 0], [0.2, 0.2], [3, -2]]
)
def test_what_is_no_probability_is_refused(row):
    told = [[0.5, 0.5], row, [1, 0]]
    with pytest.raises(ModelError, match="m: predict_proba gave 1 of 3 sequences no probabilities"):
        predict_probabilities(tells(told), SEQUENCES, np.array(["a", "b"]), "m")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (tells([[0.5, 0.5]]), r"an array of shape \(1, 2\) for 3 sequences and 2 classes_"),
        (tells([[1.0]] * 3), r"an array of shape \(3, 1\) for 3 sequences and 2 classes_"),
        (SimpleNamespace(predict_proba=lambda _: np.ones((3, 2))), "and 0 classes_"),
        (
            tells([[0.5, 0.5]] * 3, ["a", "x"]),
            "classes_ are a, x, which are not those of the labels",
        ),
        (tells([[0.5, 0.5]] * 3, ["a", "a"]), "classes_ are a, a, which are not"),
        (
            SimpleNamespace(classes_=None, predict_proba=lambda _: np.ones((3, 1))),
            "are None, which",
        ),
        (SimpleNamespace(predict_proba=lambda _: [[1], [0.5, 0.5], [1]]), "no array of numbers"),
        (SimpleNamespace(predict_proba=lambda _: [["x"]] * 3), "no array of numbers .*'x'"),
    ],
)
def test_answers_of_another_form_are_refused(model, said):
    with pytest.raises(ModelError, match=said):
        predict_probabilities(model, SEQUENCES, np.array(["a", "b"]), "m")
