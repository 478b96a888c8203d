"""``Run``: a training so far, kept in a checkpoint that is written whole and resumed exactly."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from features.errors import ModelError
from features.storage import atomic_folder, find_leftovers, recover, write_json
from neural.log import LOG, write_log
from neural.weights import contiguous

__all__ = [
    "UNFINISHED",
    "Carrying",
    "Run",
    "check_unfinished",
    "remove_unfinished",
    "unfinished_folder",
]

CHECKPOINT = "checkpoint"
UNFINISHED = ".training"
"""Ends the name of the folder beside a model that holds its checkpoints while it is trained."""


def unfinished_folder(output: str | Path) -> Path:
    """Where checkpoints are kept while the model ``output`` is trained."""
    output = Path(output).absolute()
    return output.with_name(f"{output.name}{UNFINISHED}")


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


class Run:
    """A training so far: what a checkpoint holds."""

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
