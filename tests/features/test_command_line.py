from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from features import command_line, progress
from features.command_line import (
    add_command,
    add_common_options,
    add_dataset_options,
    add_genome_options,
    blame_annotation,
    blame_option,
    call_command,
    command_parser,
    counted,
    dataset_from_options,
    genome_from_options,
    run_command,
)
from features.datasets.simulator import write_simulation
from features.errors import DatasetError, InputFileError, ModelError, TrainingError


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


@pytest.mark.parametrize(
    "options",
    [
        ["--threads", "0"],
        ["--threads", "two"],
        ["--seed", "-1"],
        ["--seed", "2147483648"],
        ["--seed", "x"],
        ["--test", "a,,b"],
    ],
)
def test_bad_values_end_with_2(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    def main(argv: Sequence[str] | None) -> None:
        parse(*(argv or ()))

    assert run_command(main, options) == 2
    assert options[0] in capsys.readouterr().err


def test_exit_codes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def raising(error: BaseException) -> int:
        def main(_: Sequence[str] | None) -> None:
            raise error

        return run_command(main, [])

    assert run_command(lambda _: None) == 0
    assert run_command(lambda _: 3) == 3
    assert capsys.readouterr().err == ""

    assert raising(InputFileError(tmp_path / "x.fa", "no bases", "Give some.", 3)) == 2
    assert capsys.readouterr().err == (
        f"genestruct: error: {tmp_path / 'x.fa'}, line 3: no bases. Give some.\n"
    )
    assert raising(KeyboardInterrupt()) == 130
    assert "Traceback" not in capsys.readouterr().err
    assert raising(ZeroDivisionError("a bug")) == 1
    assert "Traceback" in capsys.readouterr().err
    assert raising(SystemExit(0)) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "python -m tool: error: the following arguments are required: COMMAND"),
        (["run"], "python -m tool run: error: the following arguments are required: --size"),
        (["run", "--size", "x"], "python -m tool run: error: argument --size: invalid int value"),
    ],
)
def test_wrong_options_are_told_in_one_line(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = command_parser("python -m tool", "Work.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = add_command(commands, "run", lambda _: 0, "do the work")
    command.add_argument("--size", type=int, required=True)
    assert run_command(lambda argv: call_command(parser, argv), options) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(said)
    assert line.endswith(" --help shows the options.")


def test_errors_are_told_with_their_option_or_files(files: list[str]) -> None:
    dataset = dataset_from_options(parse(*files, "--test", "a", "--quiet"))
    progress.set_quiet(False)
    with (
        pytest.raises(TrainingError, match=rf"{files[3]}, of genome {files[1]}: No introns\."),
        blame_annotation(dataset),
    ):
        raise TrainingError("No introns.")
    with pytest.raises(ModelError, match=r"^--scorer x: damaged\."), blame_option("--scorer"):
        raise ModelError("x: damaged.")


def test_counts_agree_with_their_noun() -> None:
    assert [counted(number, "gene") for number in (0, 1, 1200)] == [
        "0 genes",
        "1 gene",
        "1,200 genes",
    ]


def test_seeds_from_zero_on_are_taken() -> None:
    for seed in (0, 7, 2**31 - 1):
        assert parse("--seed", str(seed)).seed == seed


def test_arguments_reach_the_command() -> None:
    seen: list[Sequence[str] | None] = []
    run_command(lambda argv: seen.append(argv), ["--x"])
    assert seen == [["--x"]]


def test_quiet_lasts_as_long_as_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    shown: list[bool] = []

    def main(argv: Sequence[str] | None) -> None:
        parse(*(argv or ()))
        shown.append(progress.visible())

    run_command(main, ["--quiet"])
    run_command(main, [])
    assert shown == [False, True]


def test_every_option_has_a_help_text() -> None:
    parser = argparse.ArgumentParser()
    add_dataset_options(parser)
    add_common_options(parser)
    assert all(action.help for action in parser._actions)
    assert "about 10 % of the others" in " ".join(parser.format_help().split())
    assert set(command_line.OWN_FILES) < {action.dest for action in parser._actions}


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


def test_a_command_shows_its_examples(capsys: pytest.CaptureFixture[str]) -> None:
    parser = command_parser("python -m tool", "Work.", "run --fast")
    assert "examples:\n  python -m tool run --fast\n\nexit codes:\n  0 " in parser.format_help()
    commands = parser.add_subparsers(required=True)
    add_command(
        commands, "run", lambda _: 7, "do the work", "run --fast", "run", details="columns:\n  x\n"
    )
    assert call_command(parser, ["run"]) == 7
    with pytest.raises(SystemExit):
        parser.parse_args(["run", "--help"])
    shown = capsys.readouterr().out
    assert "Do the work." in shown
    _, _, epilog = shown.partition("examples:\n")
    assert epilog.startswith(
        "  python -m tool run --fast\n  python -m tool run\n\ncolumns:\n  x\n\n"
    )
    assert re.findall(r"^  (\d+) ", epilog, re.MULTILINE) == ["0", "1", "2", "130"]
