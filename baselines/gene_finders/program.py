"""``Program``: find an external program, run it, and account for the processor time and memory of its process."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from features.errors import GenestructError

__all__ = ["MissingProgramError", "Program", "ProgramError", "Usage"]


class ProgramError(GenestructError):
    """An external program that failed, or whose output is not what its version should write."""


class MissingProgramError(ProgramError):
    """An external program that is not installed."""


class Usage(NamedTuple):
    """What child processes took: processor seconds (user and system) and the largest peak memory of one, in GiB."""

    cpu_seconds: float = 0.0
    peak_gib: float = 0.0

    def and_then(self, other: Usage) -> Usage:
        """Usage of two processes, one after the other."""
        return Usage(self.cpu_seconds + other.cpu_seconds, max(self.peak_gib, other.peak_gib))


@dataclass(frozen=True, slots=True)
class Program:
    """An external program.

    Parameters
    ----------
    binary : its name on ``PATH``, or its path.
    source : where it comes from, for the message when it is missing.
    """

    binary: str
    source: str

    def find(self) -> str:
        """Path of the executable; ``MissingProgramError`` where there is none."""
        found = shutil.which(self.binary)
        if found is None:
            raise MissingProgramError(f"not installed: {self.binary} ({self.source})")
        return found

    def run(self, arguments: Sequence[str | Path], output: Path, folder: Path) -> Usage:
        """Run in the working folder ``folder`` with standard output in the file ``output``.

        Raises
        ------
        MissingProgramError : it is not installed.
        ProgramError : it ended with a non-zero status; the message holds the last lines of its standard error.
        """
        command = [self.find(), *map(str, arguments)]
        with output.open("wb") as stdout, tempfile.TemporaryFile() as stderr:
            process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
            )
            try:
                _, status, resources = os.wait4(process.pid, 0)
            except BaseException:
                process.kill()
                process.wait()
                raise
            process.returncode = os.waitstatus_to_exitcode(status)
            stderr.seek(0)
            complaint = stderr.read().decode(errors="replace").strip().splitlines()[-5:]
        if process.returncode:
            raise ProgramError(
                f"{self.binary} ended with status {process.returncode}: "
                f"{' / '.join(complaint) or 'it said nothing'}. Check its options and parameters."
            )
        # Linux counts ru_maxrss in KiB.
        return Usage(resources.ru_utime + resources.ru_stime, resources.ru_maxrss / 2**20)
