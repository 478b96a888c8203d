from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from neural.cnn.__main__ import main


def data(files: Path) -> list[str]:
    return [
        *("--genome", str(files / "genome.fa"), "--annotation", str(files / "annotation.gff3")),
        *("--train", "a", "--validation", "b", "--test", "c", "--threads", "1"),
    ]


def test_train_then_score(files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, table = tmp_path / "model", tmp_path / "scores.tsv"
    train = ["train", *data(files), "--output", str(model), "--size", "tiny", "--steps", "20"]
    assert main(train) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == str(model)
    assert "error after" in out
    assert sorted(path.name for path in model.iterdir()) == [
        *("model.json", "network.safetensors", "training.csv")
    ]
    assert not (tmp_path / "model.training").exists()
    card = json.loads((model / "model.json").read_text())
    assert card["trained_on"]["train"] == ["a"]
    log = pd.read_csv(model / "training.csv")
    assert log["step"].iloc[-1] == 20
    score = ["score", "--scorer", str(model), "--genome", str(files / "genome.fa")]
    assert main([*score, "--chromosomes", "c", "--output", str(table)]) == 0
    rows = pd.read_csv(table, sep="\t")
    assert set(rows["chromosome"]) == {"c"}
    assert rows["probability"].between(0, 1).all()
    (model / "training.csv").unlink()  # the log is not needed
    again = [*score, "--chromosomes", "c", "--output", str(tmp_path / "again.tsv")]
    assert main([*again, "--device", "cpu"]) == 0
    assert (tmp_path / "again.tsv").read_bytes() == table.read_bytes()
    assert main([*again, "--device", "meta"]) == 2
    assert "device 'meta' cannot be used here" in capsys.readouterr().err


def test_a_faulty_option_is_told_in_one_line(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["train", *data(files), "--output", str(tmp_path / "m")]
    assert main([*options, "--size", "huge"]) == 2
    assert main([*options, "--device", "nonsense"]) == 2
    assert main([*options, "--steps", "0"]) == 2
    for rate in ("inf", "nan", "1e308", "-1"):
        assert main([*options, "--learning-rate", rate]) == 2
    errors = capsys.readouterr().err
    assert "Traceback" not in errors
    assert "device 'nonsense' cannot be used here" in errors
    assert not (tmp_path / "m").exists()


def test_a_folder_in_the_way_of_the_checkpoints_is_left_alone(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "m.training" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    assert main(["train", *data(files), "--output", str(tmp_path / "m")]) == 2
    assert "something else is there" in capsys.readouterr().err
    assert mine.read_text() == "mine"


def test_a_checkpoint_of_another_training_is_refused(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    train = ["train", *data(files), "--output", str(tmp_path / "m"), "--size", "tiny"]
    with monkeypatch.context() as patch:
        patch.setattr("neural.cnn.__main__.save_trained", lambda *_: 1 / 0)
        assert main([*train, "--steps", "20"]) == 1
    capsys.readouterr()
    assert main([*train, "--steps", "40"]) == 2
    assert "steps 20 there, 40 here: give --steps 20" in capsys.readouterr().err
    assert main([*train, "--steps", "20"]) == 0  # its own training goes on
