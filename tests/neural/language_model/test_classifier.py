from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from benchmarks.contracts import SequenceClassifier
from features.errors import ModelError, TrainingError
from features.genome import Codes, encode
from neural.language_model import DnaLanguageModel, UlmfitClassifier
from neural.language_model.classifier import FINETUNE_RATE, parts_for
from neural.language_model.corpus import corpus_from_sequences
from neural.language_model.network import OF_CLASSIFIER, PRESETS, Classifier
from neural.language_model.unfreezing import unfreezing
from neural.sequences import stages
from neural.sequences.batches import SortedBatches
from neural.sequences.examples import Labelled, prepare_examples
from neural.sequences.tokens import Tokeniser
from neural.training import Settings

from .conftest import random_bases

FILES = ("classifier.safetensors", "model.json", "training.csv")
OPTIONS: dict[str, Any] = {"seed": 2, "threads": 1, "k": 3, "size": "tiny", "batch": 16}
NOTHING = [encode(""), encode("AC"), encode("N" * 50)]


def motifs(count: int, seed: int = 0) -> tuple[list[Codes], npt.NDArray[np.str_]]:
    """Random bases of several lengths; every other one has TATAAT somewhere, three times."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        codes = rng.integers(0, 4, rng.integers(50, 70)).astype(np.uint8)
        if number % 2:
            for place in (5, 20, 35):
                start = place + int(rng.integers(0, 9))
                codes[start : start + 6] = encode("TATAAT")
        found.append(codes)
    return found, np.array(["no", "yes"] * (count // 2))


@pytest.fixture(scope="module")
def fitted() -> UlmfitClassifier:
    classifier = UlmfitClassifier(**OPTIONS, epochs=4, learning_rate=0.02, dropout=0.1)
    classifier.fit(*motifs(160))
    return classifier


def save(classifier: UlmfitClassifier, folder: Path) -> list[bytes]:
    folder.mkdir()
    classifier.save(folder)
    return [(folder / name).read_bytes() for name in FILES]


@pytest.mark.parametrize(
    ("lengths", "tokens", "parts"),
    [
        ([150] * 20, (5, 2), 37),
        ([150] * 18 + [90, 40], (5, 2), 37),
        ([150] * 17 + [90, 40, 60], (5, 2), 10),
        ([42] * 9, (5, 2), 10),
        ([12] * 9, (5, 2), 4),
        ([1000] * 9, (5, 2), 75),
        ([150] * 9, (5, 5), 30),
        ([3], (5, 2), 1),
    ],
)
def test_windows_of_one_length_are_pooled_in_parts_of_four_bases(
    lengths: list[int], tokens: tuple[int, int], parts: int
) -> None:
    sequences = [np.zeros(length, np.uint8) for length in lengths]
    assert parts_for(sequences, Tokeniser(*tokens)) == parts


def test_a_saved_model_keeps_the_parts_of_its_windows(tmp_path: Path) -> None:
    codes, labels = motifs(40)
    classifier = UlmfitClassifier(**OPTIONS, epochs=1)
    classifier.fit([each[:48] for each in codes], labels)
    save(classifier, tmp_path / "model")
    loaded = UlmfitClassifier.load(tmp_path / "model", threads=1)
    assert loaded.parts == 12
    assert classifier.parts is None
    np.testing.assert_array_equal(loaded.predict_proba(codes), classifier.predict_proba(codes))


def test_it_learns_a_motif(fitted: UlmfitClassifier) -> None:
    assert isinstance(fitted, SequenceClassifier)
    sequences, labels = motifs(100, 1)
    found = fitted.predict_proba(sequences)
    assert found.dtype == np.float64
    assert found.shape == (100, 2)
    np.testing.assert_allclose(found.sum(1), 1)
    assert (fitted.classes_[found.argmax(1)] == labels).mean() > 0.85


def test_an_answer_depends_on_its_sequence_alone(fitted: UlmfitClassifier) -> None:
    sequences, _ = motifs(30, 1)
    together = fitted.predict_proba([*sequences, *NOTHING])
    alone = np.concatenate([fitted.predict_proba([codes]) for codes in [*sequences, *NOTHING]])
    np.testing.assert_allclose(together, alone, atol=0.02)  # perhaps in bfloat16
    assert np.isfinite(together).all()
    np.testing.assert_allclose(together[-1], together[-2], atol=1e-6)
    assert fitted.predict_proba([]).shape == (0, 2)


def test_a_saved_classifier_says_the_same(fitted: UlmfitClassifier, tmp_path: Path) -> None:
    first = save(fitted, tmp_path / "first")
    loaded = UlmfitClassifier.load(tmp_path / "first", threads=1)
    sequences, _ = motifs(20, 1)
    np.testing.assert_array_equal(loaded.predict_proba(sequences), fitted.predict_proba(sequences))
    assert loaded.classes_.tolist() == ["no", "yes"]
    assert save(loaded, tmp_path / "second") == first


def test_it_begins_with_a_language_model(model_folder: Path, tmp_path: Path) -> None:
    """In four stages, after fine-tuning; tokens and size are the language model's; the same seed, the same bytes."""
    data = motifs(60)
    saved = []
    for name in ("one", "other"):
        classifier = UlmfitClassifier(
            seed=2, threads=1, language_model=str(model_folder), finetune_epochs=1, epochs=3
        )
        classifier.fit(*data)
        saved.append(save(classifier, tmp_path / name))
    assert saved[0] == saved[1]
    assert (classifier.tokeniser, classifier.size) == (Tokeniser(3, 2), "tiny")
    stages = classifier.trained_with["stages"]
    assert [stage["epochs"] for stage in stages] == [1, 1, 1, 3]
    assert {row["stage"] for row in classifier.log} == {1, 2, 3, 4}
    assert len(classifier.trained_with["language_model"]) == 2
    loaded = UlmfitClassifier.load(tmp_path / "one")
    assert loaded.predict_proba(data[0]).shape == (60, 2)


def tensors(module: torch.nn.Module) -> list[torch.Tensor]:
    return list(module.state_dict().values())


def test_it_begins_with_the_weights_of_the_language_model(model_folder: Path) -> None:
    classifier = UlmfitClassifier(
        2, 1, str(model_folder), epochs=3, learning_rate=0.004, dropout=0.3
    )
    begun = classifier._begin(motifs(20)[0], 2, None)
    model = DnaLanguageModel.load(model_folder, threads=1)
    assert isinstance(begun.network, Classifier)
    for mine, learnt in zip(
        tensors(begun.network.encoder), tensors(model.fitted().encoder), strict=True
    ):
        torch.testing.assert_close(mine, learnt, rtol=0, atol=0)
    assert begun.network.encoder.rates == OF_CLASSIFIER.times(0.3)
    assert begun.digest == model.digest()
    assert begun.stages == unfreezing(3, 0.004)


def test_fine_tuning_comes_before(model_folder: Path) -> None:
    sequences = motifs(20)[0]
    classifier = UlmfitClassifier(2, 1, str(model_folder), finetune_epochs=2)
    begun = classifier._begin(sequences, 2, None)
    model = DnaLanguageModel.load(model_folder, threads=1, seed=2)
    untuned = model.digest()
    model.fit(corpus_from_sequences(sequences, seed=2), 2, FINETUNE_RATE)
    assert begun.digest == model.digest() != untuned
    assert isinstance(begun.network, Classifier)
    for mine, learnt in zip(
        tensors(begun.network.encoder), tensors(model.fitted().encoder), strict=True
    ):
        torch.testing.assert_close(mine, learnt, rtol=0, atol=0)


def test_a_training_that_was_broken_off_gives_the_same_classifier(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def new() -> UlmfitClassifier:
        return UlmfitClassifier(2, 1, str(model_folder), finetune_epochs=1, epochs=2, batch=8)

    data, kept = motifs(40), tmp_path / "kept"
    whole = new()
    whole.fit(*data)
    plain, done = stages._ClassifierTask.loss, 0

    def loss(task: stages._ClassifierTask, generator: torch.Generator) -> torch.Tensor:
        nonlocal done
        done += 1
        if done == 11:
            raise KeyboardInterrupt
        return plain(task, generator)

    with monkeypatch.context() as patch:
        patch.setattr(stages._ClassifierTask, "loss", loss)
        with pytest.raises(KeyboardInterrupt):
            new().fit(*data, folder=kept)
    again = new()
    again.fit(*data, folder=kept)
    assert {path.name for path in kept.iterdir()} == {
        "language-model",
        *("head", "last-2", "last-3", "all"),
    }
    assert save(again, tmp_path / "again") == save(whole, tmp_path / "whole")


@pytest.mark.parametrize(("number", "trained"), [(0, 1), (1, 2), (2, 3), (3, 5)])
def test_a_stage_trains_its_groups_alone(
    number: int, trained: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Head, then the last layer too, the last but one, everything (embedding, three layers, head)."""
    model = Classifier(17, PRESETS["tiny"]._replace(layers=3), 2)
    before = [[each.clone() for each in group] for group in model.groups()]
    labelled = Labelled(random_bases(8, 20), np.arange(8) % 2)
    data = SortedBatches(labelled, Tokeniser(2, 1), 4, 0)
    settings: list[Settings] = []
    plain = stages.train

    def watch(task: Any, chosen: Settings, *rest: Any) -> Any:
        settings.append(chosen)
        return plain(task, chosen, *rest)

    monkeypatch.setattr(stages, "train", watch)
    stage = unfreezing(1, 0.01)[number]
    stages.train_in_stages(model, [stage], data, data, torch.device("cpu"), 0, None, "")
    changed = [
        any(not torch.equal(*pair) for pair in zip(group, old, strict=True))
        for group, old in zip(model.groups(), before, strict=True)
    ]
    assert changed == [False] * (5 - trained) + [True] * trained
    assert settings[0].learning_rate == pytest.approx(0.01 * (2, 1, 0.5, 1)[number])
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_batches_are_of_about_the_same_length() -> None:
    lengths = np.random.default_rng(0).integers(10, 500, 200)
    sequences = [np.full(n, i % 4, np.uint8) for i, n in enumerate(lengths)]
    data = SortedBatches(Labelled(sequences, np.arange(200)), Tokeniser(2, 1), 16, 0)
    assert data.steps == 12
    epochs = []
    for epoch in range(2):
        batches = [data.draw(epoch * 12 + number) for number in range(12)]
        seen = [numbers.tolist() for _, numbers in batches]
        assert len({number for batch in seen for number in batch}) == 192
        assert np.mean([np.ptp(lengths[batch]) for batch in seen]) < 60
        assert [tokens.shape[0] for tokens, _ in batches] == [
            lengths[batch].max() - 1 for batch in seen
        ]
        epochs.append(seen)
    assert epochs[0] != epochs[1]
    assert sorted(number for _, numbers in data.each() for number in numbers.tolist()) == list(
        range(200)
    )


def test_a_tenth_of_every_class_is_held_out() -> None:
    labels = ["a"] * 100 + ["b"] * 6 + ["c"]
    sequences = [np.full(3, i, np.uint8) for i in range(107)]
    examples = prepare_examples(sequences, labels, None, np.ones(107, np.bool_), 1)
    assert np.bincount(examples.watched.numbers).tolist() == [10, 1]
    assert np.bincount(examples.training.numbers).tolist() == [90, 5, 1]
    kept = [int(codes[0]) for part in examples[1:] for codes in part.sequences]
    assert sorted(kept) == list(range(107))


def test_without_validation_sequences_some_are_held_out() -> None:
    sequences, labels = [np.full(3, i, np.uint8) for i in range(20)], ["a", "b"] * 10
    readable = np.ones(20, np.bool_)
    for validation in (None, ([], [])):
        examples = prepare_examples(sequences, labels, validation, readable, 1)
        assert len(examples.watched.sequences) == 2


def test_data_that_cannot_be_learnt_from_are_told(model_folder: Path) -> None:
    classifier = UlmfitClassifier(**OPTIONS)
    some = random_bases(4, 30)
    with pytest.raises(TrainingError, match="All 4 training sequences are of one class"):
        classifier.fit(some, ["a"] * 4)
    with pytest.raises(TrainingError, match="4 sequences, but 3 labels"):
        classifier.fit(some, ["a", "b", "a"])
    with pytest.raises(
        TrainingError,
        match="No class of 4 sequences has two that can be read",
    ):
        classifier.fit(some, list("abcd"))
    with pytest.raises(TrainingError, match="of class c, not in training"):
        classifier.fit(some, list("abab"), (some, list("abac")))
    with pytest.raises(
        TrainingError, match="No training sequence of class a has one word of known bases"
    ):
        classifier.fit([NOTHING[1], NOTHING[2]] * 4, list("abababab"))
    tuned = UlmfitClassifier(0, 1, str(model_folder), finetune_epochs=1)
    with pytest.raises(
        TrainingError, match="No training sequence of class a has one word of known bases"
    ):
        tuned.fit([NOTHING[1], NOTHING[2]] * 4, list("abababab"))


def test_options_that_cannot_be_are_told(tmp_path: Path, model_folder: Path) -> None:
    for options, message in (
        ({"size": "huge"}, "no size 'huge'"),
        ({"batch": 1}, "batch must be a whole number of 2 or more"),
        ({"epochs": 0}, "epochs must be a whole number of 1 or more"),
        ({"finetune_epochs": 2}, "finetune_epochs needs a language model"),
        ({"learning_rate": -1}, "learning_rate must lie above 0"),
        ({"dropout": "x"}, "dropout must lie between 0 and 1.5"),
        ({"k": 9}, "k must be 1 to 8"),
    ):
        with pytest.raises(ModelError, match=message):
            UlmfitClassifier(**options)
    with pytest.raises(ModelError, match="not fitted"):
        UlmfitClassifier().predict_proba([])
    with pytest.raises(ModelError, match="no model.json here"):
        UlmfitClassifier(language_model=str(tmp_path)).fit(*motifs(8))
    with pytest.raises(ModelError, match="where 'ulmfit' was expected"):
        UlmfitClassifier.load(model_folder)


def test_a_damaged_folder_is_told(fitted: UlmfitClassifier, tmp_path: Path) -> None:
    save(fitted, tmp_path / "m")
    path = tmp_path / "m" / "model.json"
    card = json.loads(path.read_text())
    for changed, message in (
        ({"options": {**card["options"], "k": 4}}, "another architecture"),
        ({"classes": ["a", "b", "c"]}, "another architecture"),
        ({"options": {"colour": 1}}, "damaged ulmfit model"),
    ):
        path.write_text(json.dumps({**card, **changed}))
        with pytest.raises(ModelError, match=message):
            UlmfitClassifier.load(tmp_path / "m")
