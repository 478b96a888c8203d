from __future__ import annotations

import numpy as np
import pytest
import torch

from neural.sequence_cnn import SequenceCnn
from neural.sequences import classifier, stages
from neural.sequences.batches import SortedBatches
from neural.sequences.classifier import epochs_for
from neural.sequences.examples import Labelled
from neural.sequences.stages import DEPTH_FACTOR, Layered, Stage, train_in_stages
from neural.sequences.tokens import Tokeniser


class Toy(Layered):
    """A weight of each class."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(2))
        self.head = torch.nn.Parameter(torch.zeros(2))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return (self.weight + self.head).expand(tokens.shape[1], 2)

    def groups(self) -> list[list[torch.nn.Parameter]]:
        return [[self.weight], [self.head]]


def batches(count: int, seed: int = 0) -> SortedBatches:
    drawn = np.random.default_rng(seed).integers(0, 4, (count, 20)).astype(np.uint8)
    return SortedBatches(Labelled(list(drawn), np.arange(count) % 2), Tokeniser(1, 1), 4, 0)


@pytest.mark.parametrize(("reached", "kept"), [((0.5, 0.9, 0.2), 2), ((0.5, 0.5, 0.1), 2)])
def test_the_best_of_all_stages_is_kept(
    reached: tuple[float, ...], kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scales: list[list[float]] = []

    def learn(task: stages._ClassifierTask, *_: object) -> list[dict[str, float]]:
        scales.append([group.get("scale", 1.0) for group in task.groups()])
        with torch.no_grad():
            task.model.get_parameter("weight").fill_(len(scales))
        return [{"step": 1, "mcc": reached[len(scales) - 1]}, {"step": 2, "mcc": 0.0}]

    monkeypatch.setattr(stages, "train", learn)
    model, data, device = Toy(), batches(8), torch.device("cpu")
    planned = [Stage(name, groups, 1, 0.01) for name, groups in (("head", 1), ("a", 0), ("b", 0))]
    log = train_in_stages(model, planned, data, data, device, 0, None, "")
    assert model.weight.tolist() == [kept, kept]
    assert [row["stage"] for row in log] == [1, 1, 2, 2, 3, 3]
    # Of several stages each learns its lower layers more slowly.
    assert scales == [[1.0], [1 / DEPTH_FACTOR, 1.0], [1 / DEPTH_FACTOR, 1.0]]


def test_weights_are_chosen_on_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[SortedBatches] = []

    def learn(
        network: Layered, planned: object, data: SortedBatches, watched: SortedBatches, *_: object
    ) -> list[dict[str, float]]:
        given.extend([data, watched])
        return []

    monkeypatch.setattr(classifier, "train_in_stages", learn)
    training, unseen = batches(40).sequences, batches(10, 1).sequences
    labels = ["a", "b"] * 20
    SequenceCnn(threads=1).fit(training, labels, (unseen, labels[:10]))
    data, watched = given
    assert len(data.sequences) == 40
    assert [codes.tolist() for codes in watched.sequences] == [codes.tolist() for codes in unseen]


@pytest.mark.parametrize(
    ("sequences", "bases", "epochs"),
    [
        (500, 100, 20),
        (2_000, 250, 20),
        (8_000, 250, 5),
        (40_000, 70, 3),
        (20_000, 250, 2),
        (500, 1_000, 20),
        (4_000, 1_250, 2),
        (3_000, 10_000, 1),
        (100, 100_000, 12),  # 8,192 of each are read
    ],
)
def test_about_as_much_is_read_of_any_set(sequences: int, bases: int, epochs: int) -> None:
    assert epochs_for([np.zeros(bases, np.uint8)] * sequences, Tokeniser(1, 1)) == epochs


def test_all_bases_of_short_sequences_count() -> None:
    """Not only the 248 of 251 that whole strides cover, which would make 9 epochs."""
    sequences = [np.zeros(251, np.uint8)] * 4_696
    assert epochs_for(sequences, Tokeniser(5, 2)) == 8


def test_longer_strides_reach_further() -> None:
    sequences = [np.zeros(100_000, np.uint8)] * 100
    assert epochs_for(sequences, Tokeniser(5, 2)) == 6
