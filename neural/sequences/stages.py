"""Training a classifier of whole sequences in stages, each of some of its layers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.metrics import accuracy_score, matthews_corrcoef
from torch import Tensor, nn
from torch.nn import functional

from neural.device import Device
from neural.sequences.batches import SortedBatches
from neural.training import Settings, train

__all__ = ["Layered", "Stage", "depth_groups", "train_in_stages"]

DEPTH_FACTOR = 1.5
"""A group of layers learns so many times slower than the one above it; published are 2.6 (Howard & Ruder 2018), at
which small networks learn too little (``benchmarks/EXPERIMENTS.md``)."""
EVALUATE_EVERY = 200
"""Steps between evaluations, fewer where an epoch has fewer."""


class Layered(nn.Module):
    """A network that tells classes of token sequences and whose layers can be trained apart."""

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (tokens, sequences), padded behind -> logits (sequences, classes)."""
        raise NotImplementedError

    def groups(self) -> list[list[nn.Parameter]]:
        """Parameters from the input to the head."""
        raise NotImplementedError


class Stage(NamedTuple):
    """What is trained together, how long and how fast.

    Attributes
    ----------
    name : of the stage, and of the folder of its checkpoints.
    groups : of layers that are trained, counted from the head; 0 are all.
    epochs : of its own one-cycle.
    learning_rate : highest one, of the head.
    """

    name: str
    groups: int
    epochs: int
    learning_rate: float


def depth_groups(groups: list[list[nn.Parameter]]) -> list[dict[str, Any]]:
    """Groups of parameters, the deepest first, for an optimiser: each one learns slower than the one above it."""
    top = len(groups) - 1
    return [
        {"params": parameters, "scale": DEPTH_FACTOR ** (number - top)}
        for number, parameters in enumerate(groups)
    ]


class _ClassifierTask:
    """Train the last groups of a classifier, lower ones more slowly if ``discriminate``, from batch ``step`` on."""

    def __init__(
        self,
        model: Layered,
        groups: int,
        discriminate: bool,
        data: SortedBatches,
        watched: SortedBatches,
        device: Device,
        step: int,
    ) -> None:
        self.model: nn.Module = model
        self.step = step
        self.data, self.watched, self.device = data, watched, device
        everything = model.groups()
        self.trained = everything[-groups:]
        for number, group in enumerate(everything):
            for parameter in group:
                parameter.requires_grad_(number >= len(everything) - len(self.trained))
        self.discriminate = discriminate

    def groups(self) -> list[dict[str, Any]]:
        if self.discriminate:
            return depth_groups(self.trained)
        return [{"params": [each for group in self.trained for each in group]}]

    def loss(self, generator: torch.Generator) -> Tensor:
        """Cross entropy. The batches come in the order of their epoch, not at random."""
        tokens, numbers = self.data.draw(self.step)
        self.step += 1
        logits = self.model(tokens.to(self.device))
        return functional.cross_entropy(logits, numbers.to(self.device))

    def evaluate(self) -> dict[str, float]:
        """Matthews correlation, for the classes are rarely even; accuracy; mean log probability of the true class."""
        true, told, likelihood = [], [], 0.0
        for tokens, numbers in self.watched.each():
            log_odds = functional.log_softmax(self.model(tokens.to(self.device)), 1).cpu()
            likelihood += float(log_odds.gather(1, numbers[:, None]).sum())
            true.append(numbers.numpy())
            told.append(log_odds.argmax(1).numpy())
        truth, answer = np.concatenate(true), np.concatenate(told)
        return {
            "mcc": float(matthews_corrcoef(truth, answer)),
            "accuracy": float(accuracy_score(truth, answer)),
            "log_likelihood": likelihood / len(truth),
        }

    def carried(self) -> dict[str, Tensor]:
        return {"step": torch.tensor(self.step)}

    def carry(self, tensors: Mapping[str, Tensor]) -> None:
        self.step = int(tensors["step"])


def train_in_stages(
    model: Layered,
    stages: Sequence[Stage],
    data: SortedBatches,
    watched: SortedBatches,
    device: Device,
    seed: int,
    folder: Path | None,
    digest: str,
    options: Mapping[str, Any] | None = None,
) -> list[dict[str, float]]:
    """Train ``model`` stage by stage and leave it with the weights that are best of all on ``watched``.

    Parameters
    ----------
    folder : checkpoints of each stage lie in a folder of its name there; stages that are done are not done again.
    digest, options : as of ``neural.training.train``.

    Returns
    -------
    The logs of all stages, one row per evaluation, with the stage's number from 1.

    Raises
    ------
    DivergedError, ModelError : as ``neural.training.train``.
    """
    log: list[dict[str, float]] = []
    best: dict[str, Tensor] = {}
    highest, step = -math.inf, 0
    for number, stage in enumerate(stages, 1):
        steps = stage.epochs * data.steps
        task = _ClassifierTask(model, stage.groups, len(stages) > 1, data, watched, device, step)
        step += steps
        settings = Settings(
            steps=steps,
            learning_rate=stage.learning_rate,
            evaluate_every=min(data.steps, EVALUATE_EVERY),
            seed=seed + number,
        )
        kept = None if folder is None else folder / stage.name
        rows = train(task, settings, kept, f"{digest} {stages} {number}", options)
        log += [{"stage": number, **row} for row in rows]
        reached = max(row["mcc"] for row in rows)
        if reached >= highest:
            highest = reached
            best = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.load_state_dict(best)
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    return log
