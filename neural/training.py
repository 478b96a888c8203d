"""The training loop of every network here: AdamW, one cycle, clipping, early stop, checkpoints that resume exactly.

A step draws its batch and its dropout from the seed and its own number, so a run that was killed goes on as if it had
not been: on a processor to the same weights, byte for byte; on a GPU up to the order in which it adds.
"""

from __future__ import annotations

import csv
import json
import math
import shutil
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from features.errors import ModelError, TrainingError
from features.progress import track
from features.storage import atomic_file, atomic_folder, find_leftovers, recover, write_json
from neural.device import Device, describe_precision, mixed_precision
from neural.weights import contiguous

__all__ = [
    "LOG",
    "Carrying",
    "Settings",
    "Task",
    "check_unfinished",
    "one_cycle",
    "read_log",
    "remove_unfinished",
    "train",
    "write_log",
]

CHECKPOINT = "checkpoint"
LOG = "training.csv"
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


@runtime_checkable
class Carrying(Protocol):
    """A task whose next batch depends on the one before, by a hidden state or a place: a checkpoint holds this too."""

    def carried(self) -> dict[str, Tensor]:
        """What the next loss depends on, but for the weights and the generator."""

    def carry(self, tensors: dict[str, Tensor]) -> None:
        """Go on from what ``carried`` returned."""


def remove_unfinished(folder: Path, stages: Collection[str] = ()) -> None:
    """Remove what ``train`` has kept in ``folder`` and in its folders ``stages``, and all that are empty then."""
    for stage in stages:
        remove_unfinished(folder / stage)
    for name in (CHECKPOINT, LOG):
        recover(folder / name)
    shutil.rmtree(folder / CHECKPOINT, ignore_errors=True)
    (folder / LOG).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def check_unfinished(folder: Path, stages: Collection[str] = ()) -> None:
    """``ModelError`` where ``folder`` holds anything but what ``train`` keeps there and in its folders ``stages``.

    What a kill amid writing has left is none of that: ``train`` clears it away.
    """
    for stage in stages:
        check_unfinished(folder / stage)
    own = {folder / name for name in (CHECKPOINT, LOG, *stages)}
    for name in (CHECKPOINT, LOG):
        own.update(find_leftovers(folder / name))
    if folder.exists() and not (folder.is_dir() and own.issuperset(folder.iterdir())):
        raise ModelError(
            f"{folder}: here checkpoints are kept, but something else is there. Move it, or give another --output."
        )


def write_log(path: Path, log: Sequence[Mapping[str, float]]) -> None:
    """Write the rows of a training's log as CSV, atomically."""
    with atomic_file(path) as scratch, scratch.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(log[0]) if log else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(log)


def read_log(path: Path) -> list[dict[str, float]]:
    """The rows that ``write_log`` wrote, none where the file is missing; ``ModelError`` where it is damaged."""
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [
                {
                    name: int(value) if value.isdecimal() else float(value)
                    for name, value in row.items()
                }
                for row in csv.DictReader(file)
            ]
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{path}: no readable log ({error}). Train the model again.") from None


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
    TrainingError : the loss or a figure on validation data is no number any more.
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
    run = _Run(model, optimiser, carrying, identity)
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
            _check_finite({"loss": mean}, run.step)
            model.eval()
            with precision, torch.inference_mode():
                figures = task.evaluate()
            _check_finite(figures, run.step)
            seconds = time.monotonic() - began
            run.add({"step": run.step, "loss": mean, **figures}, seconds, settings.patience)
            began, lost = time.monotonic(), torch.zeros((), device=task.device)
            if folder is not None:
                run.save(folder)
    run.restore_best()
    model.eval()
    return run.log


def _check_finite(figures: Mapping[str, float], step: int) -> None:
    """``TrainingError`` where one of ``figures`` is infinite or no number."""
    for name, figure in figures.items():
        if not math.isfinite(figure):
            raise TrainingError(
                f"The {name.replace('_', ' ')} is no number any more (step {step}). Give a lower --learning-rate."
            )


def _tell_difference(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """What one identity has other than another one: options if any, else the data, else what follows from both."""
    options, settings = (
        {
            name: (there[part].get(name), value)
            for name, value in here[part].items()
            if there[part].get(name) != value
        }
        for part in ("options", "settings")
    )
    if options:
        return "; ".join(
            f"{name} {was} there, {now} here: give --{name.replace('_', '-')} {was}"
            for name, (was, now) in options.items()
        )
    if there["digest"] != here["digest"]:
        return "other data, or other weights to begin with"
    return "; ".join(f"{name} {was} there, {now} here" for name, (was, now) in settings.items())


def _mix(seed: int, step: int) -> int:
    """A seed of its own for every step."""
    return (seed * 1_000_003 + step) % 2**62


class _Run:
    """What a checkpoint holds."""

    def __init__(
        self,
        model: nn.Module,
        optimiser: torch.optim.AdamW,
        carrying: Carrying | None,
        identity: Mapping[str, Any],
    ) -> None:
        self.model = model
        self.optimiser = optimiser
        self.carrying = carrying
        self.identity = dict(identity)
        self.step = self.evaluated = self.waited = 0
        self.stopped = False
        self.best: dict[str, Tensor] = {}
        self.highest = -math.inf
        self.log: list[dict[str, float]] = []
        self.seconds: list[float] = []

    def describe(self) -> str:
        """The last evaluation in a few words, for the progress bar."""
        if not self.log:
            return ""
        shown = list(self.log[-1].items())[1:3]
        return ", ".join(f"{name} {value:.4g}" for name, value in shown)

    def add(self, row: dict[str, float], seconds: float, patience: int) -> None:
        """Log an evaluation and keep the weights if it is the best."""
        self.evaluated = self.step
        self.log.append(row)
        self.seconds.append(seconds)
        figure = list(row.values())[2]
        # Of equals the later one has seen more.
        if figure >= self.highest:
            self.highest, self.waited = figure, 0
            self.best = {
                name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()
            }
        else:
            self.waited += 1
            self.stopped = bool(patience) and self.waited >= patience

    def restore_best(self) -> None:
        """Put the best weights back, if there was an evaluation."""
        if self.best:
            self.model.load_state_dict(self.best)

    def save(self, folder: Path) -> None:
        """Write the checkpoint, whole or not at all, and the log as CSV."""
        moments = {
            f"{number}.{name}": torch.as_tensor(value)
            for number, state in self.optimiser.state_dict()["state"].items()
            for name, value in state.items()
        }
        kept = {"model": self.model.state_dict(), "best": self.best, "optimiser": moments}
        if self.carrying is not None:
            kept["carried"] = self.carrying.carried()
        with atomic_folder(folder / CHECKPOINT) as scratch:
            for name, tensors in kept.items():
                save_file(contiguous(tensors), scratch / f"{name}.safetensors")
            write_json(
                scratch / "state.json",
                {
                    "identity": self.identity,
                    "step": self.step,
                    "waited": self.waited,
                    "stopped": self.stopped,
                    "highest": self.highest,
                    "columns": list(self.log[0]),
                    "log": [list(row.values()) for row in self.log],
                    "seconds": self.seconds,
                },
            )
        rows = [
            {**row, "seconds": round(seconds, 2)}
            for row, seconds in zip(self.log, self.seconds, strict=True)
        ]
        write_log(folder / LOG, rows)

    def resume(self, folder: Path) -> None:
        """Take up the checkpoint in ``folder``, if there is one."""
        for name in (CHECKPOINT, LOG):
            recover(folder / name)
        kept = folder / CHECKPOINT
        if not (kept / "state.json").exists():
            return
        try:
            state = json.loads((kept / "state.json").read_text(encoding="utf-8"))
            if state["identity"] != self.identity:
                raise ModelError(
                    f"{kept}: the checkpoint of another training "
                    f"({_tell_difference(state['identity'], self.identity)}). "
                    "Remove the folder to train anew, or give another --output."
                )
            names = ("model", "best", "optimiser", *(("carried",) if self.carrying else ()))
            tensors = {name: load_file(kept / f"{name}.safetensors") for name in names}
            self.model.load_state_dict(tensors["model"])
            self.best = tensors["best"]
            if self.carrying is not None:
                self.carrying.carry(tensors["carried"])
            moments: dict[int, dict[str, Tensor]] = {}
            for name, tensor in tensors["optimiser"].items():
                number, key = name.split(".", 1)
                moments.setdefault(int(number), {})[key] = tensor
            whole = self.optimiser.state_dict()
            self.optimiser.load_state_dict({**whole, "state": moments})
            self.step = self.evaluated = int(state["step"])
            self.waited, self.stopped = int(state["waited"]), bool(state["stopped"])
            self.highest = float(state["highest"])
            self.log = [dict(zip(state["columns"], row, strict=True)) for row in state["log"]]
            self.seconds = state["seconds"]
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise ModelError(
                f"{kept}: a damaged checkpoint ({str(error).splitlines()[0]}). Remove it to train anew."
            ) from None
