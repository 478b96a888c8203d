from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from features.errors import ModelError, TrainingError
from neural.language_model import DnaLanguageModel, language_model, pretraining
from neural.language_model.corpus import Corpus, corpus_from_sequences
from neural.language_model.network import OF_LANGUAGE_MODEL, PRESETS, LanguageModel
from neural.language_model.pretraining import ReadingTask, measure
from neural.language_model.reader import Reader
from neural.sequences.stages import DEPTH_FACTOR, depth_groups
from neural.sequences.tokens import Tokeniser

from .conftest import random_bases

FILES = ("language_model.safetensors", "model.json", "training.csv")


def small(seed: int = 1) -> Corpus:
    return corpus_from_sequences(random_bases(30, 300, seed), document=300)


def new(**options: object) -> DnaLanguageModel:
    return DnaLanguageModel(seed=1, threads=1, size="tiny", streams=4, **{"k": 3, **options})  # type: ignore[arg-type]


def test_its_dropout_is_a_factor_of_the_published_rates() -> None:
    assert new(dropout=0.3)._new_network().encoder.rates == OF_LANGUAGE_MODEL.times(0.3)


def test_only_a_model_that_has_learnt_before_learns_its_lower_layers_slowly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    groups: list[int] = []

    class Watching(ReadingTask):
        def __init__(self, *rest: object, **named: object) -> None:
            super().__init__(*rest, **named)  # type: ignore[arg-type]
            groups.append(len(self.groups()))

    monkeypatch.setattr(language_model, "ReadingTask", Watching)
    model = new()
    model.fit(small())
    model.fit(small(2))
    assert groups == [1, 3]


def test_it_learns_a_repeat() -> None:
    """ACGGT over and over has no surprise but where it begins."""
    repeat = np.tile(np.array([0, 1, 2, 2, 3], np.uint8), 200)
    corpus = corpus_from_sequences([repeat[i % 5 :] for i in range(20)], document=1000)
    model = new(dropout=0.1)
    model.fit(corpus, 3, 0.03)
    figures = model.measure(corpus)
    assert figures["perplexity_per_base"] < 1.1
    assert figures["accuracy"] > 0.95
    assert figures["perplexity"] == pytest.approx(figures["perplexity_per_base"] ** 2)
    assert -figures["log_likelihood"] == pytest.approx(np.log(figures["perplexity_per_base"]))


@pytest.mark.parametrize(("k", "stride"), [(5, 2), (3, 1), (8, 3), (1, 1)])
def test_figures_per_base_compare_between_tokenisers(k: int, stride: int) -> None:
    """A model that knows that words overlap, and no more, has perplexity 4 per base on random bases."""
    corpus = corpus_from_sequences(random_bases(20, 600), document=600)
    tokeniser = Tokeniser(k, stride)

    class Overlap(LanguageModel):
        def forward(self, tokens, state=None):  # type: ignore[no-untyped-def]
            logits, encoded = super().forward(tokens, state)
            kept = (tokens - 1) % 4 ** (k - stride)
            words = torch.arange(4**k) // 4**stride
            possible = words == kept[..., None]
            return torch.where(possible, 0.0, -torch.inf) + 0 * logits, encoded

    reader = Reader(corpus.codes, corpus.training, tokeniser, 2, 0)
    model = Overlap(tokeniser.size, PRESETS["tiny"]).eval()
    with torch.inference_mode():
        figures = measure(model, reader, torch.device("cpu"), 3)
    assert figures["perplexity_per_base"] == pytest.approx(4)


def test_random_bases_cannot_be_told() -> None:
    model = new(k=1, stride=1)
    corpus = corpus_from_sequences(random_bases(20, 600, 3), document=600)
    model.fit(corpus, 2)
    assert model.measure(corpus)["perplexity_per_base"] == pytest.approx(4, abs=0.03)


@pytest.mark.parametrize("killed", [1, 9])
def test_a_training_that_was_broken_off_gives_the_same_model(
    killed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Amid the second of two epochs, with the state carried on; twice, as fine-tuning goes on from it."""
    whole = new()
    whole.fit(small(), 2)
    plain, done = pretraining.ReadingTask.loss, 0

    def loss(task: pretraining.ReadingTask, generator: torch.Generator) -> torch.Tensor:
        nonlocal done
        done += 1
        if done == killed:
            raise KeyboardInterrupt
        return plain(task, generator)

    with monkeypatch.context() as patch:
        patch.setattr(pretraining.ReadingTask, "loss", loss)
        with pytest.raises(KeyboardInterrupt):
            new().fit(small(), 2, unfinished=tmp_path / "broken")
    again = new()
    again.fit(small(), 2, unfinished=tmp_path / "broken")
    for name, model in (("whole", whole), ("again", again)):
        (tmp_path / name).mkdir()
        model.save(tmp_path / name)
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_saved_model_is_the_same_and_can_be_fine_tuned(
    model_folder: Path, tmp_path: Path
) -> None:
    model = DnaLanguageModel.load(model_folder, threads=1)
    assert (model.tokeniser, model.size) == (Tokeniser(3, 2), "tiny")
    model.save(tmp_path)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (model_folder / name).read_bytes()
    before = model.measure(small(2))
    assert before == DnaLanguageModel.load(model_folder, threads=1).measure(small(2))
    digest = model.digest()
    model.fit(small(2), 1)
    assert model.digest() != digest
    model.save(tmp_path)
    trainings = json.loads((tmp_path / "model.json").read_text())["trainings"]
    assert [each["corpus"]["sequences"] for each in trainings] == [40, 30]
    assert trainings[1]["held_out"] == model.measure(small(2))
    with (tmp_path / "training.csv").open() as file:
        assert list(csv.DictReader(file))[-1]["perplexity_per_base"]


def test_lower_layers_learn_more_slowly_when_fine_tuned() -> None:
    model = LanguageModel(65, PRESETS["base"])
    scales = [group["scale"] for group in depth_groups(model.groups())]
    assert scales == pytest.approx([DEPTH_FACTOR**-3, DEPTH_FACTOR**-2, DEPTH_FACTOR**-1, 1])
    assert DEPTH_FACTOR > 1


def test_what_cannot_be_had_is_told(tmp_path: Path) -> None:
    for options, message in (
        ({"size": "huge"}, "no size 'huge' of network. Known sizes: tiny, small, base"),
        ({"streams": 0}, "streams must be a whole number of 1 or more"),
        ({"dropout": 1.6}, "dropout must lie between 0 and 1.5"),
        ({"k": 2, "stride": 3}, "no tokens of 2 bases every 3"),
        ({"device": "nonsense"}, "cannot be used here"),
    ):
        with pytest.raises(ModelError, match=message):
            DnaLanguageModel(**options)
    with pytest.raises(ModelError, match="epochs must be a whole number"):
        new().fit(small(), 0)
    with pytest.raises(ModelError, match="learning_rate must lie above 0"):
        new().fit(small(), 1, 0)
    with pytest.raises(ModelError, match="not fitted"):
        new().save(tmp_path)
    with pytest.raises(TrainingError, match="two tokens"):
        new(k=8, stride=1).fit(corpus_from_sequences(random_bases(9, 8)))


def test_a_damaged_folder_is_told(model_folder: Path, tmp_path: Path) -> None:
    card = json.loads((model_folder / "model.json").read_text())
    with pytest.raises(ModelError, match="no model.json here"):
        DnaLanguageModel.load(tmp_path)
    for name in FILES:
        (tmp_path / name).write_bytes((model_folder / name).read_bytes())
    for changed, message in (
        ({"options": {**card["options"], "k": 4}}, "another architecture"),
        ({"options": {**card["options"], "size": "small"}}, "another architecture"),
        ({"options": {"colour": 1}}, "damaged language model"),
        ({"kind": "ulmfit"}, "'language-model' was expected"),
    ):
        (tmp_path / "model.json").write_text(json.dumps({**card, **changed}))
        with pytest.raises(ModelError, match=message):
            DnaLanguageModel.load(tmp_path)
