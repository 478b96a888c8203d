from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from features.errors import InputFileError
from features.lines import is_gzipped, open_binary, read_lines


def test_lines_are_numbered_and_lose_either_line_end(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes("a\r\n\ncé".encode())
    assert list(read_lines(path)) == [(1, "a"), (2, ""), (3, "cé")]


def test_gzip_is_told_by_content_not_name(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(gzip.compress(b"a\nb\n"))
    assert is_gzipped(path)
    assert list(read_lines(path)) == [(1, "a"), (2, "b")]
    plain = tmp_path / "y.gz"
    plain.write_bytes(b"a\n")
    assert not is_gzipped(plain)
    with open_binary(plain) as stream:
        assert stream.read() == b"a\n"


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match=r"absent\.txt: no such file"):
        list(read_lines(tmp_path / "absent.txt"))


def test_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="cannot be opened"):
        list(read_lines(tmp_path))


@pytest.mark.parametrize("damage", ["truncated", "corrupt"])
def test_damaged_gzip(tmp_path: Path, damage: str) -> None:
    whole = gzip.compress(b"".join(b"line %d\n" % i for i in range(10_000)))
    middle = len(whole) // 2
    broken = (
        whole[:middle]
        if damage == "truncated"
        else whole[:middle] + bytes(50) + whole[middle + 50 :]
    )
    path = tmp_path / "x.gz"
    path.write_bytes(broken)
    with pytest.raises(InputFileError, match="truncated or damaged gzip"):
        list(read_lines(path))


@pytest.mark.parametrize("junk", [b"ok\n\x00\x01\n", b"ok\n\xff\xfe\n"])
def test_binary_junk_names_the_line(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(junk)
    with pytest.raises(InputFileError, match="line 2: not a text file"):
        list(read_lines(path))
