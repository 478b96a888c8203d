"""The typed errors of the suite: each names where the trouble is and what to do about it."""

from __future__ import annotations

from pathlib import Path

__all__ = [
    "DatasetError",
    "DivergedError",
    "GenestructError",
    "InputFileError",
    "ModelError",
    "OutputError",
    "TrainingError",
]


class GenestructError(Exception):
    """Root of every error that is the input's fault; command lines turn it into exit code 2."""


class InputFileError(GenestructError):
    """A FASTA, annotation or table file that cannot be used as it is.

    Parameters
    ----------
    path : the file.
    problem : what is wrong, without a full stop.
    remedy : what the user can do.
    line : 1-based line number, where one line is to blame.
    """

    def __init__(
        self, path: str | Path, problem: str, remedy: str, line: int | None = None
    ) -> None:
        self.path = Path(path)
        self.problem = problem
        self.remedy = remedy
        self.line = line
        where = f"{path}, line {line}" if line is not None else str(path)
        super().__init__(f"{where}: {problem}. {remedy}")

    def __reduce__(self) -> tuple[type[InputFileError], tuple[object, ...]]:
        """Let it travel between processes."""
        return type(self), (self.path, self.problem, self.remedy, self.line)


class DatasetError(GenestructError):
    """A dataset, manifest or holdout that cannot be resolved."""


class TrainingError(GenestructError):
    """Training data from which the asked model cannot be learnt."""


class DivergedError(GenestructError):
    """A training whose loss, or a figure on validation data, is no number any more."""


class ModelError(GenestructError):
    """A saved model that is missing, damaged or of another kind than asked for."""


class OutputError(GenestructError):
    """A file or folder that cannot be written where it was asked for.

    Parameters
    ----------
    path : the file or folder.
    problem : what is wrong, without a full stop.
    remedy : what the user can do.
    """

    def __init__(
        self,
        path: str | Path,
        problem: str,
        remedy: str = "Give a place that is writable and has room.",
    ) -> None:
        self.path = Path(path)
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{path}: cannot be written ({problem}). {remedy}")

    def __reduce__(self) -> tuple[type[OutputError], tuple[object, ...]]:
        """Let it travel between processes."""
        return type(self), (self.path, self.problem, self.remedy)
