from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from features.errors import (
    DatasetError,
    GenestructError,
    InputFileError,
    ModelError,
    OutputError,
    TrainingError,
)


def test_message_names_file_line_problem_and_remedy() -> None:
    error = InputFileError("x.gtf", "strand 'z'", "Give '+' or '-'.", 7)
    assert str(error) == "x.gtf, line 7: strand 'z'. Give '+' or '-'."
    assert (error.path, error.line) == (Path("x.gtf"), 7)
    assert str(InputFileError("x.gtf", "empty", "Fetch it.")) == "x.gtf: empty. Fetch it."


def test_an_output_error_names_the_place_and_a_remedy() -> None:
    error = OutputError("deep/x.json", "Permission denied")
    assert str(error).startswith("deep/x.json: cannot be written (Permission denied). Give a place")
    assert error.path == Path("deep/x.json")


@pytest.mark.parametrize(
    "kind", [DatasetError, InputFileError, ModelError, OutputError, TrainingError]
)
def test_one_root_for_the_command_line_to_catch(kind: type[Exception]) -> None:
    assert issubclass(kind, GenestructError)


@pytest.mark.parametrize(
    "error",
    [
        InputFileError("x.fa", "is no FASTA", "Give another.", 3),
        OutputError("x", "no room"),
        DatasetError("nothing there"),
        TrainingError("too few"),
        ModelError("none"),
    ],
)
def test_errors_travel_between_processes(error: GenestructError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
