from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from features import progress
from features.command_line import add_common_options
from features.datasets.options import (
    OWN_FILES,
    add_dataset_options,
    add_genome_options,
    blame_annotation,
    dataset_from_options,
    genome_from_options,
)
from features.datasets.simulator import write_simulation
from features.errors import DatasetError, InputFileError, TrainingError


def parse(*options: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_dataset_options(parser)
    add_common_options(parser)
    return parser.parse_args(options)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("files") / "toy"
    write_simulation(folder, {"a": 40_000, "b": 30_000, "c": 20_000, "d": 20_000}, 2)
    return ["--genome", str(folder / "genome.fa"), "--annotation", str(folder / "annotation.gff3")]


def test_a_dataset_by_name() -> None:
    dataset = dataset_from_options(parse("--dataset", "demo"))
    assert dataset.name == "demo"
    assert dataset.split.test == ("chr5",)


def test_a_dataset_from_files(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    dataset = dataset_from_options(parse(*files, "--test", "a, b"))
    assert dataset.split.test == ("a", "b")
    assert dataset.split.validation == ("c",)
    assert dataset.split.train == ("d",)
    summary, chosen = capsys.readouterr().err.splitlines()
    assert re.match(r".*annotation\.gff3: \d+ coding of \d+ genes, \d+ transcripts, ", summary)
    assert chosen == (
        "validation chromosomes, chosen by length: c (50.0% of the bases of training and validation)"
    )


def test_what_is_odd_or_left_out_of_own_files_is_said(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    annotation = tmp_path / "odd.gff3"
    odd = "".join(
        f"{name}\tx\tCDS\t101\t110\t.\t+\t0\tID={gene}\n"
        for name, gene in (("d", "odd"), ("M", "m"))
    )
    annotation.write_text(Path(files[3]).read_text() + odd)
    options = [*files[:2], "--annotation", str(annotation), "--test", "a", "--validation", "b"]
    dataset_from_options(parse(*options))
    left_out, summary = capsys.readouterr().err.splitlines()
    assert re.match(r".*odd\.gff3: 1 of \d+ transcripts left out, on 1 sequence .*: M$", left_out)
    assert "with an open end (such as odd)" in summary
    dataset_from_options(parse(*options, "--quiet"))
    progress.set_quiet(False)
    assert capsys.readouterr().err == ""


def test_nothing_is_said_of_named_or_quiet_choices(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    dataset_from_options(parse(*files, "--test", "a", "--validation", "b"))
    assert "chosen" not in capsys.readouterr().err
    dataset_from_options(parse("--dataset", "demo"))
    dataset_from_options(parse(*files, "--test", "a", "--quiet"))
    progress.set_quiet(False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "give --dataset NAME, or add --genome, --annotation, --test"),
        (["--genome", "x.fa", "--test", "a"], "or add --annotation"),
        (["--dataset", "worm", "--test", "I"], "Leave out --test"),
        (["--dataset", "worm", "--chromosome-names", "x"], "Leave out --chromosome-names"),
        (["--dataset", "wurm"], "no dataset 'wurm'"),
    ],
)
def test_options_that_do_not_go_together(options: list[str], said: str) -> None:
    with pytest.raises(DatasetError, match=said):
        dataset_from_options(parse(*options))


def test_a_fault_of_training_is_told_with_its_files(files: list[str]) -> None:
    dataset = dataset_from_options(parse(*files, "--test", "a", "--quiet"))
    progress.set_quiet(False)
    with (
        pytest.raises(TrainingError, match=rf"{files[3]}, of genome {files[1]}: No introns\."),
        blame_annotation(dataset),
    ):
        raise TrainingError("No introns.")


def test_every_option_has_a_help_text() -> None:
    parser = argparse.ArgumentParser()
    add_dataset_options(parser)
    add_common_options(parser)
    assert all(action.help for action in parser._actions)
    assert "about 10 % of the others" in " ".join(parser.format_help().split())
    assert set(OWN_FILES) < {action.dest for action in parser._actions}


def parse_genome(*options: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_genome_options(parser)
    return parser.parse_args(options)


def test_a_genome_and_chosen_records(files: list[str]) -> None:
    genome, lengths = genome_from_options(parse_genome(*files[:2]))
    assert list(lengths) == list(genome.names) == ["a", "b", "c", "d"]
    _, lengths = genome_from_options(parse_genome(*files[:2], "--chromosomes", "d, b,d"))
    assert list(lengths.items()) == [("b", 30_000), ("d", 20_000)]
    with pytest.raises(InputFileError, match="no sequence named 'Z'. It holds: a, b, c, d"):
        genome_from_options(parse_genome(*files[:2], "--chromosomes", "a,Z"))
