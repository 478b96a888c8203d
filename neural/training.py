"""The training loop of every network here: AdamW, one cycle, clipping, early stop, checkpoints.

A step draws its batch and its dropout from the seed and its own number, so a run that was killed goes on as if it had
not been: on a processor to the same weights, byte for byte; on a GPU up to the order in which it adds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from features.errors import DivergedError, ModelError
from features.progress import track
from neural.checkpoint import UNFINISHED, Carrying, Run
from neural.device import Device, describe_precision, mixed_precision

__all__ = ["Settings", "Task", "one_cycle", "train"]

WARM = 0.25
"""Share of the steps in which the learning rate rises."""
FIRST_RATE, LAST_RATE = 0.04, 0.002
"""Learning rate of the first and of the last step, relative to the highest."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    Attributes
    ----------
    steps : optimiser steps of the whole cycle.
    learning_rate : highest one; a parameter group's ``scale`` multiplies it.
    weight_decay : of AdamW.
    clip : largest norm of the gradient.
    evaluate_every : steps between evaluations; a checkpoint is written after each.
    patience : evaluations without progress after which training stops; 0 trains to the end.
    seed : of the batches and the dropout.
    """

    steps: int
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    evaluate_every: int = 200
    patience: int = 0
    seed: int = 0


class Task(Protocol):
    """What is trained."""

    model: nn.Module
    device: Device

    def groups(self) -> list[dict[str, Any]]:
        """AdamW's parameter groups; a group may have a ``scale`` of the learning rate."""

    def loss(self, generator: torch.Generator) -> Tensor:
        """Loss of one batch, drawn by ``generator`` (on the CPU)."""

    def evaluate(self) -> dict[str, float]:
        """Figures on validation data; the first is what is maximised."""


def one_cycle(step: int, steps: int) -> float:
    """Learning rate of ``step`` relative to the highest (Smith 2018): a cosine up, a longer one down."""
    warm = max(1, round(WARM * steps))
    if step < warm:
        low, share = FIRST_RATE, step / warm
    else:
        low, share = LAST_RATE, 1 - (step - warm) / max(1, steps - 1 - warm)
    return low + (1 - low) * (1 - math.cos(math.pi * share)) / 2


def train(
    task: Task,
    settings: Settings,
    folder: Path | None = None,
    digest: str = "",
    options: Mapping[str, Any] | None = None,
) -> list[dict[str, float]]:
    """Train ``task.model`` and leave it with its best weights; returns the log, one row per evaluation.

    Parameters
    ----------
    folder : where the checkpoint and ``training.csv`` are kept while training; a run that was broken off there is
        resumed. Without it nothing is kept.
    digest : of the data and of the weights that training begins with.
    options : of the command line, by name, that the model and its training depend on.

    A checkpoint of another digest or other options is not resumed, nor one that was made with other threads, another
    device or precision.

    Raises
    ------
    DivergedError : the loss or a figure on validation data is no number any more.
    ModelError : the checkpoint in ``folder`` is damaged, or of another run.
    """
    model = task.model.to(task.device)
    optimiser = torch.optim.AdamW(
        [{"scale": 1.0, **group} for group in task.groups()],
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
    )
    precision = mixed_precision(task.device)
    made_with = describe_precision(task.device)
    identity = {
        "options": {
            "threads": torch.get_num_threads(),
            "device": made_with.pop("device"),
            **(options or {}),
        },
        "digest": digest,
        "settings": {**asdict(settings), **made_with},
    }
    carrying = task if isinstance(task, Carrying) else None
    run = Run(model, optimiser, carrying, identity)
    if folder is not None:
        run.resume(folder)
    began, lost = time.monotonic(), torch.zeros((), device=task.device)
    steps = range(run.step, settings.steps)
    for step in track(steps, "training", len(steps), "step", note=run.describe):
        if run.stopped:
            break
        model.train()
        torch.manual_seed(_mix(settings.seed, step))
        generator = torch.Generator().manual_seed(_mix(settings.seed + 1, step))
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * group["scale"] * one_cycle(step, settings.steps)
        try:
            with precision:
                loss = task.loss(generator)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
        except torch.OutOfMemoryError:
            raise ModelError(
                f"The memory of {task.device} does not hold this training. Give a smaller size, or the device cpu."
            ) from None
        nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
        optimiser.step()
        lost += loss.detach()
        run.step = step + 1
        if run.step % settings.evaluate_every == 0 or run.step == settings.steps:
            mean = float(lost) / (run.step - run.evaluated)
            _check_finite({"loss": mean}, run.step, folder)
            model.eval()
            with precision, torch.inference_mode():
                figures = task.evaluate()
            _check_finite(figures, run.step, folder)
            seconds = time.monotonic() - began
            run.add({"step": run.step, "loss": mean, **figures}, seconds, settings.patience)
            began, lost = time.monotonic(), torch.zeros((), device=task.device)
            if folder is not None:
                run.save(folder)
    run.restore_best()
    model.eval()
    return run.log


def _check_finite(figures: Mapping[str, float], step: int, folder: Path | None) -> None:
    """``DivergedError`` where one of ``figures`` is infinite or no number."""
    for name, figure in figures.items():
        if not math.isfinite(figure):
            remedy = "Give a lower --learning-rate."
            if folder is not None:
                whole = next((each for each in folder.parents if each.suffix == UNFINISHED), folder)
                remedy = f"Remove {whole}, which holds checkpoints of this one, and give a lower --learning-rate."
            raise DivergedError(
                f"The {name.replace('_', ' ')} is no number any more (step {step}). {remedy}"
            )


def _mix(seed: int, step: int) -> int:
    """A seed of its own for every step."""
    return (seed * 1_000_003 + step) % 2**62
