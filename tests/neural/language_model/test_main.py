from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neural.language_model.__main__ import main

from .conftest import random_bases

QUICK = ("--threads", "1", "--quiet")


def fasta(path: Path, count: int, length: int, seed: int, word: str = "") -> Path:
    records = []
    for number, codes in enumerate(random_bases(count, length, seed)):
        letters = "".join("ACGT"[code] for code in codes)
        records.append(f">{path.stem}{number}\n{word}{letters[len(word) :]}\n")
    path.write_text("".join(records))
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GENESTRUCT_CACHE", str(tmp_path / "cache"))
    fasta(tmp_path / "one.fa", 30, 80, 1, "TATAATTATAAT")
    fasta(tmp_path / "two.fa", 30, 80, 2)
    fasta(tmp_path / "genome.fa", 2, 3000, 3)
    return tmp_path


def classes(folder: Path) -> list[str]:
    return [f"--class=yes={folder / 'one.fa'}", f"--class=no={folder / 'two.fa'}"]


def test_every_command_in_turn(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    genome, base, tuned = folder / "genome.fa", folder / "base", folder / "tuned"
    pretrain = [
        "pretrain",
        "--sequences",
        str(genome),
        str(folder / "two.fa"),
        "--output",
        str(base),
    ]
    tokens = ["--k", "3", "--stride", "2", "--size", "tiny", "--batch", "4", "--document", "500"]
    assert main([*pretrain, *tokens, "--threads", "1"]) == 0
    out, told = capsys.readouterr()
    assert float(re.search(r"perplexity per base +([\d.]+)", out)[1]) > 4
    assert "this model has learnt nothing" in told
    assert out.splitlines()[-1] == str(base)
    card = json.loads((base / "model.json").read_text())
    assert [each["file"] for each in card["trainings"][0]["corpus"]["files"]] == [
        "genome.fa",
        "two.fa",
    ]
    assert card["commit"]
    assert not (folder / "base.training").exists()

    finetune = ["finetune", "--model", str(base), "--output", str(tuned), "--threads", "1"]
    monkeypatch.setattr("neural.language_model.commands.RANDOM", 1000)
    assert main([*finetune, *classes(folder)]) == 0
    assert "has learnt nothing" not in capsys.readouterr().err
    card = json.loads((tuned / "model.json").read_text())
    assert len(card["trainings"]) == 2
    assert [each["split"] for each in card["trained_on"]] == ["clean"]
    onto_itself = str(folder / "base" / ".." / "tuned")
    own = ["finetune", "--model", str(tuned), "--output", onto_itself, *QUICK]
    assert main([*own, *classes(folder)]) == 2
    assert "is the model to begin with" in capsys.readouterr().err
    again = ["finetune", "--model", str(tuned), "--sequences", str(folder / "one.fa"), *QUICK]
    assert main([*again, "--output", str(folder / "again")]) == 0
    later = json.loads((folder / "again" / "model.json").read_text())
    assert later["trained_on"] == card["trained_on"]

    model, table = folder / "model", folder / "probabilities.tsv"
    train = ["train", "--language-model", str(tuned), *classes(folder), "--output", str(model)]
    assert main([*train, "--epochs", "2", "--batch", "8", "--threads", "1"]) == 0
    assert "Matthews correlation" in capsys.readouterr().out
    assert not (folder / "model.training").exists()
    assert json.loads((model / "model.json").read_text())["options"]["k"] == 3

    predict = ["predict", "--model", str(model), "--sequences", str(folder / "one.fa")]
    assert main([*predict, "--output", str(table), *QUICK]) == 0
    rows = pd.read_csv(table, sep="\t")
    assert list(rows) == ["id", "class", "no", "yes"]
    assert rows["id"].tolist() == [f"one{number}" for number in range(30)]
    np.testing.assert_allclose(rows["no"] + rows["yes"], 1, atol=1e-5)

    picture = folder / "words.svg"
    assert main(["embed", "--model", str(base), "--output", str(picture), *QUICK]) == 0
    assert len(pd.read_csv(picture.with_suffix(".tsv"), sep="\t")) == 64


def test_a_table_is_trained_on_from_scratch(folder: Path) -> None:
    rows = [
        (word + "".join("ACGT"[code] for code in codes), label, role)
        for word, label in (("TATAAT", "yes"), ("GCGC", "no"))
        for role, seed in (("train", 1), ("validation", 2), ("test", 3))
        for codes in random_bases(8, 40, 10 * seed + len(word))
    ]
    table, model = folder / "table.tsv", folder / "model"
    pd.DataFrame(rows, columns=["sequence", "label", "set"]).to_csv(table, sep="\t", index=False)
    train = ["train", "--table", str(table), "--k", "2", "--size", "tiny", "--output", str(model)]
    assert main([*train, "--split", "stated", "--epochs", "1", "--batch", "4", *QUICK]) == 0
    card = json.loads((model / "model.json").read_text())
    assert card["trained_on"]["split"] == "stated"
    assert card["trained_with"]["validation_sequences"] == 16
    assert card["trained_with"]["language_model"] is None


def test_faults_are_told_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = ("--output", str(folder / "m"))
    protein = folder / "protein.fa"
    protein.write_text(">p\nMSLEQKK\n")
    short = folder / "short.fa"
    short.write_text(">s\nACGTACGTAC\n")
    mine = folder / "m.training" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    genome = str(folder / "genome.fa")
    set_of_two = [*classes(folder), "--size", "tiny"]
    for options, message in (
        (["pretrain", "--sequences", str(protein)], "no nucleotide code"),
        (["pretrain", "--sequences", str(short)], f"{short}: too few documents to learn from"),
        (["pretrain", "--sequences", genome, "--k", "9"], "k must be 1 to 8"),
        (["pretrain", "--sequences", genome], "something else is there"),
        (["train", *set_of_two], "something else is there"),
        (["pretrain", "--sequences", genome, "--device", "nonsense"], "'nonsense' cannot be used"),
        (["finetune", "--model", str(folder), "--sequences", genome], "--model"),
    ):
        assert main([*options, *output, *QUICK]) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
    assert mine.read_text() == "mine"
    mine.unlink()
    for options, message in (
        (["train", *classes(folder), "--language-model", str(folder)], "--language-model"),
        (["train", *set_of_two, "--language-model", str(folder)], "--size: the language model"),
        (["train", *set_of_two, "--split", "weird"], "no split 'weird'. Its splits: clean"),
        (["train"], "one set of sequences is needed"),
        (["train", *set_of_two, "--epochs", "0"], "not a positive whole number"),
    ):
        assert main([*options, *output, *QUICK]) == 2
        assert message in capsys.readouterr().err
    assert not (folder / "m").exists()
