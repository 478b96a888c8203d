"""The commit of the code that runs, for the records of runs and saved models."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

__all__ = ["read_commit"]


@cache
def read_commit() -> str:
    """Commit of the checkout this code runs from, ``-dirty`` where it has changed since; ``unknown`` outside one.

    Leaderboards do not count as a change: they are written between the runs of several datasets.
    """
    try:
        _git("ls-files", "--error-unmatch", Path(__file__).name)
        commit = _git("rev-parse", "--short=12", "HEAD")
        everything = ("--", ":(top)", ":(top,exclude)benchmarks/leaderboards")
        changed = _git("status", "--porcelain", "--untracked-files=no", *everything)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}-dirty" if changed else commit


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
