"""Progress bars on standard error, silent without a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

from tqdm import tqdm

__all__ = ["set_quiet", "track", "visible"]

Item = TypeVar("Item")
_quiet = False


def set_quiet(quiet: bool) -> None:
    """Switch every progress bar of this process off (or on again)."""
    global _quiet
    _quiet = quiet


def visible() -> bool:
    """Whether progress bars show: not switched off, and standard error is a terminal."""
    return not _quiet and sys.stderr.isatty()


def track(
    items: Iterable[Item],
    title: str,
    total: int | None = None,
    unit: str = "",
    note: Callable[[], str] | None = None,
) -> Generator[Item, None, None]:
    """Iterate over ``items`` with a bar that appears after two seconds; ``note`` says what stands behind it."""
    bar = tqdm(
        items,
        desc=title,
        total=total,
        unit=unit or "it",
        disable=not visible(),
        delay=2,
        leave=False,
    )
    for item in bar:
        yield item
        if note is not None:
            bar.set_postfix_str(note(), refresh=False)
