from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from baselines.xgb import XgbScorer
from baselines.xgb.__main__ import main
from features.genome import Genome, reverse_complement
from features.sites import KINDS

TRAIN = ["--train", "a", "--validation", "b", "--test", "c"]


@pytest.fixture(scope="module")
def data(files: Path) -> list[str]:
    """Options that name the simulated dataset."""
    genome, annotation = str(files / "genome.fa"), str(files / "annotation.gff3")
    return ["--genome", genome, "--annotation", annotation, *TRAIN, "--quiet", "--threads", "1"]


@pytest.fixture(scope="module")
def model(few_rounds: None, data: list[str], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("models") / "simulated-xgb"
    assert main(["train", *data, "--seed", "3", "--output", str(folder)]) == 0
    return str(folder)


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as handle:
        yield from csv.DictReader(handle, delimiter="\t")


@pytest.fixture(scope="module")
def table(model: str, files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables") / "scores.tsv.gz"
    command = ["score", "--scorer", model, "--genome", str(files / "genome.fa"), "--quiet"]
    assert main([*command, "--output", str(path), "--chromosomes", "c,b"]) == 0
    return path


def test_train_writes_a_model_that_knows_its_data(model: str, xgb_scorer: XgbScorer) -> None:
    card = json.loads(Path(model, "model.json").read_text())
    assert card["kind"] == "xgb"
    assert card["options"]["seed"] == 3
    trained_on = card["trained_on"]
    assert trained_on.pop("data_hash")
    assert list(trained_on.pop("train_sequences")) == ["a"]
    assert list(trained_on.pop("validation_sequences")) == ["b"]
    split = {"train": ["a"], "validation": ["b"], "test": ["c"]}
    assert trained_on == {"dataset": "genome", **split}
    loaded = XgbScorer.load(Path(model))
    # Trained by command or by hand, the model is the same, and has not seen the test chromosome.
    assert loaded.calibration == xgb_scorer.calibration


def test_train_sums_up(
    few_rounds: None, data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loud = [option for option in data if option != "--quiet"]
    assert main(["train", *loud, "--output", str(tmp_path / "m")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["site", *KINDS]
    assert lines[-1] == str(tmp_path / "m")
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_single_pass(few_rounds: None, data: list[str], files: Path, tmp_path: Path) -> None:
    model, out = str(tmp_path / "m"), tmp_path / "sites.tsv.gz"
    assert main(["train", *data, "--single-pass", "--output", model]) == 0
    assert json.loads(Path(model, "model.json").read_text())["kind"] == "xgb-single"
    command = ["score", "--scorer", model, "--genome", str(files / "genome.fa"), "--quiet"]
    assert main([*command, "--chromosomes", "c", "--output", str(out)]) == 0
    assert {row["kind"] for row in read_rows(out)} == set(KINDS)


def test_positions_are_the_motifs_of_the_genome(table: Path, files: Path) -> None:
    genome = Genome(files / "genome.fa")
    motifs = {
        "donor": {"GT", "GC"},
        "acceptor": {"AG"},
        "start": {"AT"},
        "stop": {"TA", "TG"},
    }
    seen = set()
    for row in read_rows(table):
        codes = genome.fetch(row["chromosome"])
        site = int(row["position"]) - 1
        if row["strand"] == "-":
            codes, site = reverse_complement(codes), len(codes) - 1 - site
        first = site - 2 if row["kind"] == "acceptor" else site
        motif = "".join("ACGTN"[code] for code in codes[first : first + 2])
        assert motif in motifs[row["kind"]]
        odds = float(row["log_odds"])
        assert float(row["probability"]) == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-4)
        seen.add((row["chromosome"], row["strand"], row["kind"]))
    assert len(seen) == 2 * 2 * 4


def test_rows_are_sorted_and_follow_the_genome(table: Path) -> None:
    keys = [(row["chromosome"], int(row["position"]), row["strand"]) for row in read_rows(table)]
    assert len(set(keys)) > 100
    assert keys == sorted(keys)


@pytest.mark.parametrize("name", ["scores.tsv", "scores.parquet", "scores.bed", "x/SCORES.TSV.GZ"])
def test_formats_hold_the_same_sites(
    model: str, files: Path, table: Path, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    command = ["score", "--scorer", model, "--genome", str(files / "genome.fa"), "--quiet"]
    command += ["--chromosomes", "b,c", "--minimum-log-odds", "-1"]
    assert main([*command, "--output", str(path)]) == 0
    expected = [row for row in read_rows(table) if float(row["log_odds"]) >= -1]
    assert 0 < len(expected) < len(list(read_rows(table)))
    if name.endswith(".parquet"):
        rows = pq.read_table(path).to_pylist()
        assert [row["position"] for row in rows] == [int(row["position"]) for row in expected]
        assert [row["kind"] for row in rows] == [row["kind"] for row in expected]
    elif name.endswith(".bed"):
        lines = [line.split("\t") for line in path.read_text().splitlines()]
        for line, row in zip(lines, expected, strict=True):
            start = int(row["position"]) - 1
            assert line[:4] == [row["chromosome"], str(start), str(start + 1), row["kind"]]
            assert int(line[4]) == round(1000 * float(row["probability"]))
            assert line[5] == row["strand"]
    else:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if name.endswith("GZ") else raw).decode()
        assert list(csv.DictReader(text.splitlines(), delimiter="\t")) == expected
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_the_same_command_writes_the_same_bytes(
    model: str, files: Path, table: Path, tmp_path: Path
) -> None:
    path = tmp_path / "again.tsv.gz"
    command = ["score", "--scorer", model, "--genome", str(files / "genome.fa"), "--quiet"]
    assert main([*command, "--chromosomes", "b,c", "--output", str(path)]) == 0
    assert path.read_bytes() == table.read_bytes()


def test_short_and_blank_sequences(model: str, tmp_path: Path) -> None:
    genome = tmp_path / "short.fa"
    genome.write_text(f">one\nA\n>ten\r\nAAAAANAAAA\r\n>blank\n{'N' * 7000}\n")
    path = tmp_path / "s.tsv"
    assert main(["score", "--scorer", model, "--genome", str(genome), "--output", str(path)]) == 0
    assert path.read_text() == "chromosome\tstrand\tkind\tposition\tlog_odds\tprobability\n"
    path = tmp_path / "s.parquet"
    assert main(["score", "--scorer", model, "--genome", str(genome), "--output", str(path)]) == 0
    assert pq.read_table(path).num_rows == 0
    genome.write_text(">ten\nATGGTAAGAG\n")
    assert main(["score", "--scorer", model, "--genome", str(genome), "--output", str(path)]) == 0


def test_an_annotation_without_introns(
    files: Path, intronless: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", "--genome", str(files / "genome.fa"), *TRAIN, "--quiet"]
    command += ["--annotation", str(intronless), "--output", str(tmp_path / "m")]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert (
        f"error: {intronless}, of genome {files / 'genome.fa'}: Too few true donor sites" in error
    )
    assert "Does the annotation have introns at all?" in error
    assert "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def test_errors_of_score(
    model: str, files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    genome = str(files / "genome.fa")
    good = {"--scorer": model, "--genome": genome, "--output": str(tmp_path / "x.tsv")}
    for change, message in (
        ({"--output": str(tmp_path / "x.xlsx")}, "ends with .tsv, .tsv.gz, .parquet, .bed"),
        ({"--output": str(files / "genome.fa" / "x.tsv")}, "x.tsv: cannot be written"),
        ({"--output": str(tmp_path / "typo" / "x.tsv")}, "make it, or correct the path"),
        ({"--scorer": str(tmp_path)}, f"--scorer {tmp_path}: no model.json here"),
        ({"--genome": str(tmp_path / "no.fa")}, "no.fa"),
        ({"--chromosomes": "b,Z"}, "no sequence named 'Z'. It holds: a, b, c"),
        ({"--minimum-log-odds": "low"}, "'low' is not a finite number"),
    ):
        options = [part for pair in {**good, **change}.items() for part in pair]
        assert main(["score", *options]) == 2
        assert message in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []


def test_train_does_not_replace_what_is_no_model(
    data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").touch()
    assert main(["train", *data, "--output", str(tmp_path)]) == 2
    assert "exists and is no earlier model of the same kind" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--stack", "--single-pass"], "exclude each other"),
        (["--size", "tiny"], "--size is of the network of --stack"),
        (["--stack", "--size", "huge"], "no size 'huge'"),
    ],
)
def test_options_of_the_stack_that_make_no_sense_are_told(
    options: list[str],
    message: str,
    data: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["train", *data, "--output", str(tmp_path / "m"), *options]) == 2
    assert message in capsys.readouterr().err


def test_a_stack_is_trained(
    few_rounds: None, data: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = ["--stack", "--size", "tiny", "--steps", "5"]
    assert main(["train", *data, "--output", str(tmp_path / "m"), *stack]) == 0
    assert (tmp_path / "m" / "cnn" / "network.safetensors").exists()
    assert json.loads((tmp_path / "m" / "model.json").read_text())["kind"] == "stack"


def test_help_explains_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["score", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "examples:\n  python -m baselines.xgb score" in shown
    assert "counted from 1" in shown
    assert "exit codes:\n  0 " in shown
    assert main(["--help"]) == 0
    assert "examples:\n  python -m baselines.xgb train" in capsys.readouterr().out
    assert main([]) == 2
