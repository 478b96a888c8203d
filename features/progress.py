"""Progress bars on standard error, silent without a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

__all__ = ["set_quiet", "track"]

Item = TypeVar("Item")
_quiet = False


def set_quiet(quiet: bool) -> None:
    """Switch every progress bar of this process off (or on again)."""
    global _quiet
    _quiet = quiet


def track(items: Iterable[Item], title: str, total: int | None = None, unit: str = "") -> Iterator[Item]:
    """Iterate over ``items`` with a bar that appears after two seconds."""
    silent = _quiet or not sys.stderr.isatty()
    yield from tqdm(
        items, desc=title, total=total, unit=unit or "it", disable=silent, delay=2, leave=False
    )
