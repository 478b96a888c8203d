from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from features import progress
from features.command_line import (
    add_command,
    add_common_options,
    blame_option,
    call_command,
    command_parser,
    counted,
    names,
    run_command,
)
from features.errors import InputFileError, ModelError


def parse(*options: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--chromosomes", type=names)
    add_common_options(parser)
    return parser.parse_args(options)


@pytest.mark.parametrize(
    "options",
    [
        ["--threads", "0"],
        ["--threads", "two"],
        ["--seed", "-1"],
        ["--seed", "2147483648"],
        ["--seed", "x"],
        ["--chromosomes", "a,,b"],
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


def test_a_fault_of_a_model_is_told_with_its_option() -> None:
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
