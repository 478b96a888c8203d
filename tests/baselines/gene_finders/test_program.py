"""External programs: found or not, run with their errors captured, and accounted for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from baselines.gene_finders.program import MissingProgramError, Program, ProgramError, Usage

PYTHON = Program(sys.executable, "python")


def test_a_missing_program_says_where_to_get_it(tmp_path: Path) -> None:
    absent = Program("no-such-gene-finder", "Debian package no-such")
    with pytest.raises(MissingProgramError) as raised:
        absent.run([], tmp_path / "out", tmp_path)
    assert str(raised.value) == "not installed: no-such-gene-finder (Debian package no-such)"


def test_output_goes_to_the_file_and_the_folder_is_the_working_one(tmp_path: Path) -> None:
    output = tmp_path / "out"
    PYTHON.run(["-c", "import os; print(os.getcwd())"], output, tmp_path)
    assert Path(output.read_text().strip()).samefile(tmp_path)


def test_processor_time_and_memory_are_those_of_the_child(tmp_path: Path) -> None:
    work = "import time\nblock = b'x' * 2**28\nwhile time.process_time() < 0.3: pass"
    usage = PYTHON.run(["-c", work], tmp_path / "out", tmp_path)
    assert 0.3 <= usage.cpu_seconds < 5
    assert 0.25 <= usage.peak_gib < 1


def test_a_failure_carries_the_end_of_its_standard_error(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"status 3: .*no parameters for this species"):
        PYTHON.run(
            [
                "-c",
                "import sys; print('no parameters for this species', file=sys.stderr); sys.exit(3)",
            ],
            tmp_path / "out",
            tmp_path,
        )


def test_usages_add_up_time_and_keep_the_highest_peak() -> None:
    assert Usage(1.0, 3.0).and_then(Usage(2.0, 0.5)) == Usage(3.0, 3.0)
