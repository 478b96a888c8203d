"""Numba, and the only place that names its flags; nothing compiles at import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Any, TypeVar

import numba

__all__ = ["kernel", "map_threads"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def kernel(function: Callable[..., Any]) -> Any:
    """Compile ``function`` on first call, without the interpreter lock, and cache the machine code.

    ``kernel(f).py_func`` is the plain Python function, which the tests run beside the compiled one.
    Floating point stays in program order (no fast-math), so that results do not depend on the machine's vector width.
    """
    return numba.njit(cache=True, nogil=True, fastmath=False)(function)


def map_threads(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """Apply ``function`` to ``items`` on ``threads`` threads; results come in input order.

    At most ``2 * threads`` items are in flight, so a long stream of chunks needs little memory.
    """
    iterator = iter(items)
    first = list(islice(iterator, 2))
    if threads <= 1 or len(first) < 2:
        yield from map(function, chain(first, iterator))
        return
    iterator = chain(first, iterator)
    with ThreadPoolExecutor(threads) as pool:
        pending = [pool.submit(function, item) for item in islice(iterator, 2 * threads)]
        while pending:
            yield pending.pop(0).result()
            pending.extend(pool.submit(function, item) for item in islice(iterator, 1))
