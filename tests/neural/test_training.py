"""The training loop, on a network small enough to be trained in a moment."""

from __future__ import annotations

import csv
import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from features.errors import DivergedError, ModelError
from neural.checkpoint import check_unfinished, remove_unfinished
from neural.device import threads
from neural.training import Settings, one_cycle, train

SETTINGS = Settings(steps=12, learning_rate=0.05, evaluate_every=3, seed=4)


class Line:
    """Fit a line, with dropout; stops the loop after ``limit`` losses as a kill would, but for the checkpoint."""

    def __init__(self, limit: float = math.inf, broken: float = math.inf) -> None:
        torch.manual_seed(0)
        self.model: nn.Module = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.3), nn.Linear(4, 1))
        self.device = torch.device("cpu")
        self.losses = 0
        self.limit, self.broken = limit, broken

    def groups(self) -> list[dict[str, Any]]:
        return [{"params": [p]} for p in self.model.parameters()]

    def loss(self, generator: torch.Generator) -> Tensor:
        if self.losses >= self.limit:
            raise KeyboardInterrupt
        self.losses += 1
        x = torch.randn(8, 3, generator=generator)
        found: Tensor = functional.mse_loss(self.model(x)[:, 0], x.sum(1))
        return found * (math.nan if self.losses > self.broken else 1.0)

    def evaluate(self) -> dict[str, float]:
        x = torch.eye(3)
        return {"score": -functional.mse_loss(self.model(x)[:, 0], x.sum(1)).item()}


class Walk(Line):
    """A line whose every batch continues the last one."""

    def __init__(self, limit: float = math.inf, broken: float = math.inf) -> None:
        super().__init__(limit, broken)
        self.place = torch.zeros(8, 3)

    def loss(self, generator: torch.Generator) -> Tensor:
        self.place = 0.9 * self.place + torch.randn(8, 3, generator=generator)
        found: Tensor = functional.mse_loss(self.model(self.place)[:, 0], self.place.sum(1))
        return super().loss(generator) + found

    def carried(self) -> dict[str, Tensor]:
        return {"place": self.place}

    def carry(self, tensors: dict[str, Tensor]) -> None:
        self.place = tensors["place"]


def weights(task: Line) -> list[list[float]]:
    return [parameter.flatten().tolist() for parameter in task.model.parameters()]


def test_it_learns_and_keeps_the_best_weights() -> None:
    task = Line()
    log = train(task, Settings(steps=200, learning_rate=0.05, evaluate_every=10))
    assert log[-1]["score"] > log[0]["score"]
    best = max(row["score"] for row in log)
    assert task.evaluate()["score"] == pytest.approx(best, abs=1e-3)  # perhaps in bfloat16
    assert [row["step"] for row in log] == list(range(10, 201, 10))


@pytest.mark.parametrize("kind", [Line, Walk])
@pytest.mark.parametrize("limit", [1, 3, 7])
def test_what_was_broken_off_goes_on_to_the_same_weights(
    limit: int, kind: type[Line], tmp_path: Path
) -> None:
    whole = kind()
    log = train(whole, SETTINGS)
    with pytest.raises(KeyboardInterrupt):
        train(kind(limit), SETTINGS, tmp_path)
    again = kind()
    assert train(again, SETTINGS, tmp_path) == log
    assert again.losses == 12 - limit // 3 * 3
    assert weights(again) == weights(whole)


@pytest.mark.parametrize("kind", [Line, Walk])
def test_a_kill_loses_nothing(kind: type[Line], tmp_path: Path) -> None:
    """kill -9 amid the training, in a process of its own; the same command goes on."""
    program = (
        "import sys, os, signal; sys.path[:0] = [os.path.dirname(sys.argv[1])]\n"
        "import test_training; from test_training import SETTINGS, train, weights\n"
        "from pathlib import Path\n"
        "task = getattr(test_training, sys.argv[4])()\n"
        "plain = task.loss\n"
        "def loss(generator):\n"
        "    if task.losses == int(sys.argv[3]): os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return plain(generator)\n"
        "task.loss = loss\n"
        "train(task, SETTINGS, Path(sys.argv[2]))\n"
        "print(weights(task))\n"
    )

    def run(kill_at: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, __file__, str(tmp_path), str(kill_at), kind.__name__],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )

    assert run(8).returncode == -signal.SIGKILL
    whole = kind()
    train(whole, SETTINGS)
    done = run(-1)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == weights(whole)


def test_a_finished_training_is_not_done_again(tmp_path: Path) -> None:
    log = train(Line(), SETTINGS, tmp_path)
    again = Line(limit=0)
    assert train(again, SETTINGS, tmp_path) == log


def test_the_log_is_a_table(tmp_path: Path) -> None:
    log = train(Line(), SETTINGS, tmp_path)
    with (tmp_path / "training.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["score"]) for row in rows] == [row["score"] for row in log]
    assert list(rows[0]) == ["step", "loss", "score", "seconds"]


def test_patience_stops_early(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Line()
    figures = iter([3.0, 1.0, 2.0, 9.0])
    monkeypatch.setattr(task, "evaluate", lambda: {"score": next(figures)})
    log = train(task, Settings(steps=12, evaluate_every=3, patience=2))
    assert [row["score"] for row in log] == [3.0, 1.0, 2.0]


def test_a_checkpoint_of_another_training_is_not_taken_up(tmp_path: Path) -> None:
    train(Line(), SETTINGS, tmp_path, "these data")
    with pytest.raises(ModelError, match="of another training .other data"):
        train(Line(), SETTINGS, tmp_path, "those data")


def test_what_differs_from_the_checkpoint_is_named(tmp_path: Path) -> None:
    train(Line(), SETTINGS, tmp_path, "data", {"size": "tiny", "batch": 4})
    with pytest.raises(ModelError, match="size tiny there, small here: give --size tiny.. Remove"):
        train(Line(), SETTINGS, tmp_path, "data of its size", {"size": "small", "batch": 4})
    with (
        threads(torch.get_num_threads() + 1),
        pytest.raises(ModelError, match=r"threads \d there, \d here: give --threads \d"),
    ):
        train(Line(), SETTINGS, tmp_path, "data", {"size": "tiny", "batch": 4})
    other = replace(SETTINGS, learning_rate=0.1)
    with pytest.raises(ModelError, match=r"\(learning_rate 0.05 there, 0.1 here\)"):
        train(Line(), other, tmp_path, "data", {"size": "tiny", "batch": 4})


@pytest.mark.parametrize("at", ["writing", "between the renames"])
def test_a_kill_amid_the_writing_of_a_checkpoint_loses_nothing(at: str, tmp_path: Path) -> None:
    whole = Line()
    log = train(whole, SETTINGS)
    with pytest.raises(KeyboardInterrupt):
        train(Line(7), SETTINGS, tmp_path)
    scratch = tmp_path / ".checkpoint.ab_c1234"
    scratch.mkdir()
    (scratch / "model.safetensors").write_bytes(b"half")
    (tmp_path / ".training.csv.abcdefgh.csv").touch()
    if at == "between the renames":
        (tmp_path / "checkpoint").replace(tmp_path / ".checkpoint.old.abcdefgh")
    check_unfinished(tmp_path)
    again = Line()
    assert train(again, SETTINGS, tmp_path) == log
    assert again.losses == 6
    assert weights(again) == weights(whole)
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoint", "training.csv"}


def test_leftovers_are_removed_and_what_only_looks_so_is_refused(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    for name in (".checkpoint.abcdefgh", ".checkpoint.old.abcdefgh"):
        (kept / name).mkdir(parents=True)
        (kept / name / "state.json").touch()
    (kept / ".training.csv.abcdefgh.csv").touch()
    mine = kept / ".checkpoint.notes.txt"
    mine.touch()
    with pytest.raises(ModelError, match="something else is there"):
        check_unfinished(kept)
    mine.unlink()
    check_unfinished(kept)
    remove_unfinished(kept)
    assert not kept.exists()


@pytest.mark.parametrize(
    "name", ["state.json", *(f"{n}.safetensors" for n in ("model", "optimiser", "carried"))]
)
def test_a_damaged_checkpoint_is_told(name: str, tmp_path: Path) -> None:
    train(Walk(), SETTINGS, tmp_path)
    path = tmp_path / "checkpoint" / name
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ModelError, match="damaged checkpoint"):
        train(Walk(), SETTINGS, tmp_path)


def test_what_is_kept_in_stages_is_removed_and_nothing_else(tmp_path: Path) -> None:
    kept, stages = tmp_path / "kept", ("first", "second")
    train(Line(), SETTINGS, kept / "first")
    check_unfinished(kept, stages)
    with pytest.raises(ModelError, match="something else is there"):
        check_unfinished(kept)
    mine = kept / "first" / "thesis.txt"
    mine.write_text("mine")
    with pytest.raises(ModelError, match="first: here checkpoints are kept, but something else"):
        check_unfinished(kept, stages)
    remove_unfinished(kept, stages)
    assert [path for path in kept.rglob("*") if path.is_file()] == [mine]
    mine.unlink()
    remove_unfinished(kept, stages)
    assert not kept.exists()


def test_a_loss_that_is_no_number_stops_it_and_keeps_the_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(
        DivergedError, match="loss is no number any more .step 6.*Remove .*a lower --learning-rate"
    ):
        train(Line(broken=4), SETTINGS, tmp_path)
    assert json.loads((tmp_path / "checkpoint" / "state.json").read_text())["step"] == 3


@pytest.mark.parametrize("figure", [math.nan, math.inf])
def test_a_figure_that_is_no_number_stops_it(
    figure: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Line()
    monkeypatch.setattr(task, "evaluate", lambda: {"score": 1.0, "validation_loss": figure})
    with pytest.raises(DivergedError, match="validation loss is no number.*--learning-rate"):
        train(task, SETTINGS)


def test_the_rate_rises_and_falls() -> None:
    rates = [one_cycle(step, 100) for step in range(100)]
    assert rates.index(max(rates)) == 25
    assert max(rates) == 1.0
    assert rates[0] == pytest.approx(0.04)
    assert rates[-1] == pytest.approx(0.002)
    assert rates[:26] == sorted(rates[:26])
    assert rates[25:] == sorted(rates[25:], reverse=True)
