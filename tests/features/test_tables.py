from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from features.errors import InputFileError
from features.tables import read_cells


def test_cells_come_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv.gz"
    path.write_bytes(gzip.compress(b"\na\tb,c\n\n1 \t2\n"))
    assert list(read_cells(path)) == [(2, ["a", "b,c"]), (4, ["1", "2"])]
    path.write_bytes(b'a,b\n"1,5",2\n')
    assert list(read_cells(path)) == [(1, ["a", "b"]), (2, ["1,5", "2"])]


def test_bad_tables_name_their_line(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("a\tb\n1\n")
    with pytest.raises(InputFileError, match="line 2: 1 cells where the header has 2"):
        list(read_cells(path))
    path.write_text("\n")
    with pytest.raises(InputFileError, match="an empty file"):
        list(read_cells(path))
