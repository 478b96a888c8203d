from __future__ import annotations

import errno
import gzip
import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import numpy as np
import pytest

from features.errors import ModelError, OutputError
from features.storage import (
    atomic_file,
    atomic_folder,
    atomic_text,
    check_output_file,
    check_output_folder,
    extend_card,
    find_leftovers,
    read_arrays,
    read_card,
    recover,
    write_arrays,
    write_card,
    write_json,
)


def test_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.txt"

    def write(text: str, fail: bool) -> None:
        with atomic_file(path) as scratch:
            scratch.write_text(text)
            assert not path.exists() or path.read_text() == "old"
            if fail:
                raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        write("half", fail=True)
    assert list(path.parent.iterdir()) == []
    write("old", fail=False)
    with pytest.raises(RuntimeError):
        write("half", fail=True)
    assert path.read_text() == "old"
    write("new", fail=False)
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o644


def test_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "model"

    def write(name: str, fail: bool) -> None:
        with atomic_folder(path) as scratch:
            (scratch / name).write_text(name)
            if fail:
                raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        write("a", fail=True)
    assert list(tmp_path.iterdir()) == []
    write("a", fail=False)
    with pytest.raises(RuntimeError):
        write("b", fail=True)
    assert [p.name for p in path.iterdir()] == ["a"]
    write("c", fail=False)
    assert [p.name for p in path.iterdir()] == ["c"]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_what_a_kill_amid_writing_has_left_is_undone(
    renames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while the folder is written, between the two renames, or before the old one is removed."""
    path = tmp_path / "model"
    with atomic_folder(path) as scratch:
        (scratch / "old").touch()
    plain, done = Path.replace, 0

    def rename(source: Path, target: Path) -> Path:
        nonlocal done
        if done == renames:
            raise KeyboardInterrupt
        done += 1
        return plain(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", rename)
        patch.setattr("features.storage.shutil.rmtree", lambda *_, **__: None)
        with suppress(KeyboardInterrupt), atomic_folder(path) as scratch:
            (scratch / "new").touch()
    mine = tmp_path / ".model.notes"
    mine.touch()
    assert len(find_leftovers(path)) == (2, 2, 1)[renames]
    recover(path)
    assert sorted(tmp_path.iterdir()) == [mine, path]
    assert [each.name for each in path.iterdir()] == ["new" if renames == 2 else "old"]


def test_scratch_of_a_file_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    recover(tmp_path / "nowhere" / "log.csv")
    path.write_text("whole")
    (tmp_path / ".log.csv.abcdefgh.csv").write_text("half")
    recover(path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "whole"


@pytest.mark.parametrize("make", [atomic_file, atomic_folder])
def test_what_cannot_be_written_is_named(
    tmp_path: Path, make: Callable[[Path], AbstractContextManager[Path]]
) -> None:
    (tmp_path / "file").touch()
    for place, problem in (("file/x", "Not a directory|File exists"), ("file/deep/x", "")):
        said = rf"{place}: cannot be written \(({problem})"
        with pytest.raises(OutputError, match=said), make(tmp_path / place):
            pytest.fail("nothing to write into")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]

    def run_out(number: int) -> None:
        with make(tmp_path / "new"):
            raise OSError(number, "told")

    with pytest.raises(OutputError, match="new: cannot be written .told"):
        run_out(errno.ENOSPC)
    # Any other fault of the block is its own.
    with pytest.raises(OSError, match="told"):
        run_out(errno.EBADF)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_does_not_replace_a_folder(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with (
        pytest.raises(OutputError, match="taken: cannot be written"),
        atomic_file(tmp_path / "taken"),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    for name in ("file", "model"):
        (tmp_path / name).symlink_to(kept / name)
    for _ in range(2):  # The link leads nowhere at first.
        check_output_file(tmp_path / "file")
        check_output_folder(tmp_path / "model")
        with atomic_file(tmp_path / "file") as scratch:
            assert scratch.parent == kept
            scratch.write_text("x")
        with atomic_folder(tmp_path / "model") as scratch:
            (scratch / "inside").touch()
    assert [path.is_symlink() for path in sorted(tmp_path.iterdir())] == [True, False, True]
    assert (kept / "file").read_text() == "x"
    assert [path.name for path in (kept / "model").iterdir()] == ["inside"]
    (kept / ".file.abcdefgh").touch()
    assert find_leftovers(tmp_path / "file") == [kept / ".file.abcdefgh"]
    recover(tmp_path / "file")
    assert sorted(path.name for path in kept.iterdir()) == ["file", "model"]


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path(os.devnull)):
        said = f"{path}: cannot be written .it is a pipe or a device.*Give the name of a file"
        with pytest.raises(OutputError, match=said):
            check_output_file(path)
        with pytest.raises(OutputError, match=said), atomic_file(path):
            pytest.fail("would be replaced")
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_file_open_as_standard_output_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    path.write_text("before")
    with path.open("a") as file:
        monkeypatch.setattr("features.storage.STANDARD_STREAMS", (file.fileno(),))
        for name in (path, Path(f"/proc/self/fd/{file.fileno()}")):
            with pytest.raises(OutputError, match="standard output or error goes there"):
                check_output_file(name)
            with pytest.raises(OutputError, match="another file"), atomic_file(name):
                pytest.fail("would be replaced")
    assert path.read_text() == "before"


def test_paths_that_cannot_be_are_told(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for path, problem in (
        (tmp_path / ("x" * 300), "too long"),
        (tmp_path / "loop" / "x", "File exists"),
    ):
        for make in (atomic_file, atomic_text, atomic_folder):
            with pytest.raises(OutputError, match=problem), make(path):
                pytest.fail("nothing to write into")
    for check in (check_output_file, check_output_folder):
        with pytest.raises(OutputError, match="it is a pipe or a device"):
            check(Path(os.devnull))


def test_text_is_gzipped_by_its_name(tmp_path: Path) -> None:
    for name in ("a.tsv", "b.tsv.gz", "c.tsv.GZ"):
        with atomic_text(tmp_path / name) as file:
            file.write("é\n" * 1000)
    plain, one, other = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert gzip.decompress(one) == plain == ("é\n" * 1000).encode()
    assert one == other
    assert one[4:8] == bytes(4), "the time would change the bytes"
    for name in ("x.zip", "x.tsv.bz2"):
        with pytest.raises(OutputError, match="it would not be compressed.*ends with .gz"):
            check_output_file(tmp_path / name)


def test_places_are_checked_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for check in (check_output_file, check_output_folder):
        for free in ("new", "file"):
            check(tmp_path / free)
        for blocked in ("file/new", "file/deep/new"):
            with pytest.raises(OutputError, match=f"{blocked}: cannot be written"):
                check(tmp_path / blocked)
    check_output_folder(tmp_path)
    check_output_folder(tmp_path / "models" / "new")
    for check, place, missing in (
        (check_output_file, "typo/new", "typo"),
        (check_output_folder, "typo/models/new", "typo"),
    ):
        said = f"there is no folder {tmp_path / missing}: make it, or correct the path"
        with pytest.raises(OutputError, match=said):
            check(tmp_path / place)
    with pytest.raises(OutputError, match="it is a folder"):
        check_output_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    check_output_file("new")
    for here in (".", ""):
        with pytest.raises(OutputError, match="it is a folder"):
            check_output_file(here)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_json_is_the_same_whatever_the_order_of_keys(tmp_path: Path) -> None:
    write_json(tmp_path / "a", {"b": 1, "a": [2]})
    write_json(tmp_path / "b", {"a": [2], "b": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert json.loads((tmp_path / "a").read_text()) == {"a": [2], "b": 1}


def test_card_round_trip(tmp_path: Path) -> None:
    write_card(tmp_path, "pwm", {"seed": 3})
    card = read_card(tmp_path, "pwm")
    assert card["seed"] == 3
    assert "numpy" in card["versions"]
    with pytest.raises(ModelError, match="kind 'pwm', where 'xgb' was expected"):
        read_card(tmp_path, "xgb")
    extend_card(tmp_path, {"note": 1})
    assert read_card(tmp_path, "xgb", "pwm") == {**card, "note": 1}
    with pytest.raises(ModelError, match="where 'xgb' or 'hmm' was expected"):
        read_card(tmp_path, "xgb", "hmm")


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff\xfe"])
def test_damaged_card(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.json"):
        read_card(tmp_path, "pwm")


def test_missing_card(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="folder that a train command wrote"):
        read_card(tmp_path / "absent", "pwm")


def test_arrays_round_trip_in_the_same_bytes(tmp_path: Path) -> None:
    arrays = {"b": np.arange(3), "a": np.eye(2, dtype=np.float32)}
    write_arrays(tmp_path / "x.npz", arrays)
    write_arrays(tmp_path / "y.npz", dict(reversed(arrays.items())))
    assert (tmp_path / "x.npz").read_bytes() == (tmp_path / "y.npz").read_bytes()
    found = read_arrays(tmp_path / "x.npz")
    assert found["a"].dtype == np.float32
    np.testing.assert_array_equal(found["b"], arrays["b"])


def test_damaged_arrays(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with pytest.raises(ModelError, match=r"x\.npz: missing.*train it again"):
        read_arrays(path)
    write_arrays(path, {"a": np.arange(100)})
    whole = path.read_bytes()
    for damaged in (whole[:50], whole[:-30], b"", b"text"):
        path.write_bytes(damaged)
        with pytest.raises(ModelError, match=r"x\.npz: damaged.*Train the model again"):
            read_arrays(path)


def test_outputs_are_refused_in_the_folder_of_a_model_alone(tmp_path: Path) -> None:
    check_output_file(tmp_path / "x.tsv", tmp_path)
    (tmp_path / "model.json").write_text("{}")
    for path in (tmp_path / "x.tsv", tmp_path / "model.json"):
        with pytest.raises(OutputError, match="it lies in the model"):
            check_output_file(path, tmp_path)
