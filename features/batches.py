"""Items of any sizes, such as sequences, in batches that bound how much is worked on at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

__all__ = ["batches"]

Item = TypeVar("Item")


def batches(items: Iterable[Item], size: Callable[[Item], int], most: int) -> Iterator[list[Item]]:
    """Yield ``items`` in lists whose sizes sum to ``most`` at the most; a larger item is in one alone."""
    batch: list[Item] = []
    held = 0
    for item in items:
        added = size(item)
        if batch and held + added > most:
            yield batch
            batch, held = [], 0
        batch.append(item)
        held += added
    if batch:
        yield batch
