from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from features.datasets.checksums import record_checksum, recorded_checksum, sha256, verify
from features.errors import DatasetError


def test_a_checksum_is_remembered_until_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data.txt"
    path.write_bytes(b"one")
    first = sha256(path)
    assert first == hashlib.sha256(b"one").hexdigest()

    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("read a second time"))
        assert sha256(path) == first

    path.write_bytes(b"two")
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert sha256(path) == hashlib.sha256(b"two").hexdigest()


def test_a_cache_that_cannot_be_written_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("GENESTRUCT_CACHE", str(blocked / "cache"))
    assert sha256(blocked) == hashlib.sha256(b"not a folder").hexdigest()


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.txt"
    path.write_bytes(b"one")
    verify(path, hashlib.sha256(b"one").hexdigest())
    with pytest.raises(DatasetError, match="data.txt: its SHA-256 is .*copy or fetch it again"):
        verify(path, "0" * 64)


def test_records_beside_the_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    assert recorded_checksum(one) is None
    record_checksum(one)
    record_checksum(two)
    one.write_bytes(b"11")
    record_checksum(one)
    assert recorded_checksum(one) == hashlib.sha256(b"11").hexdigest()
    assert recorded_checksum(two) == hashlib.sha256(b"2").hexdigest()
    assert len((tmp_path / "SHA256SUMS").read_text().splitlines()) == 2
