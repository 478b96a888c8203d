import re
import shutil
import subprocess
import time

import numpy as np
import pytest

from benchmarks import machine
from benchmarks.machine import Stopwatch, describe_machine, describe_versions, read_commit


def test_stages_add_up():
    watch = Stopwatch()
    for _ in range(2):
        with watch.stage("sleep"):
            time.sleep(0.02)
    assert 0.04 <= watch.seconds["sleep"] < 1


def test_peak_memory_sees_what_was_there_for_a_moment():
    watch = Stopwatch()
    before = watch.peak_gib()
    np.ones(2**27, np.uint8).sum()
    assert watch.peak_gib() > before + 0.05


def test_descriptions_are_filled():
    assert describe_versions()["numpy"] == np.__version__
    described = describe_machine()
    assert described["cores"] >= 1
    assert described["memory_gib"] > 0.1


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository that holds this module, committed; the module is told it lies there."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    module = tmp_path / "benchmarks" / "machine.py"
    module.parent.mkdir()
    module.write_text("one")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True)
    monkeypatch.setattr(machine, "__file__", str(module))
    read_commit.cache_clear()
    yield module
    read_commit.cache_clear()


def test_the_commit_says_whether_the_code_has_changed(checkout):
    commit = read_commit()
    assert re.fullmatch("[0-9a-f]{12}", commit)
    checkout.write_text("two")
    read_commit.cache_clear()
    assert read_commit() == f"{commit}-dirty"


def test_a_changed_leaderboard_is_no_changed_code(checkout):
    commit = read_commit()
    board = checkout.parent / "leaderboards" / "x.md"
    board.parent.mkdir()
    board.write_text("new")
    subprocess.run(["git", "add", str(board)], cwd=checkout.parent, check=True)
    read_commit.cache_clear()
    assert read_commit() == commit


def test_code_outside_a_checkout_has_no_commit(checkout, monkeypatch):
    monkeypatch.setattr(machine, "__file__", str(checkout.with_name("installed.py")))
    read_commit.cache_clear()
    assert read_commit() == "unknown"
