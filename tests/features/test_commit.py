import re
import shutil
import subprocess

import pytest

from features import commit
from features.commit import read_commit


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository that holds this module, committed; the module is told it lies there."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    module = tmp_path / "features" / "commit.py"
    module.parent.mkdir()
    module.write_text("one")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True)
    monkeypatch.setattr(commit, "__file__", str(module))
    read_commit.cache_clear()
    yield module
    read_commit.cache_clear()


def test_the_commit_says_whether_the_code_has_changed(checkout):
    found = read_commit()
    assert re.fullmatch("[0-9a-f]{12}", found)
    checkout.write_text("two")
    read_commit.cache_clear()
    assert read_commit() == f"{found}-dirty"


def test_a_changed_leaderboard_is_no_changed_code(checkout):
    found = read_commit()
    board = checkout.parents[1] / "benchmarks" / "leaderboards" / "x.md"
    board.parent.mkdir(parents=True)
    board.write_text("new")
    subprocess.run(["git", "add", str(board)], cwd=checkout.parent, check=True)
    read_commit.cache_clear()
    assert read_commit() == found


def test_code_outside_a_checkout_has_no_commit(checkout, monkeypatch):
    monkeypatch.setattr(commit, "__file__", str(checkout.with_name("installed.py")))
    read_commit.cache_clear()
    assert read_commit() == "unknown"
