"""Checks of options that networks share."""

from __future__ import annotations

from collections.abc import Collection

from features.errors import ModelError

__all__ = ["check_count", "check_dropout", "check_rate", "check_size"]

HIGHEST_RATE = 1.0
"""A step of AdamW moves every weight by about its rate; no network here is worth anything after a step of 1."""


def check_count(name: str, value: int, least: int = 1) -> None:
    """``ModelError`` where option ``name`` is no whole number of at least so many."""
    if not (isinstance(value, int) and value >= least):
        raise ModelError(f"{name} must be a whole number of {least} or more, not {value!r}.")


def check_dropout(value: float, most: float = 1.0) -> float:
    """``dropout``, a rate or a factor of rates, as a float; ``ModelError`` where it is not of 0 to ``most``."""
    if not (isinstance(value, (int, float)) and 0 <= value <= most):
        raise ModelError(f"dropout must lie between 0 and {most:g}, not {value!r}.")
    return float(value)


def check_rate(value: float) -> float:
    """``learning_rate`` as a float; ``ModelError`` where it is not above 0, or above 1."""
    if not (isinstance(value, (int, float)) and 0 < value <= HIGHEST_RATE):
        raise ModelError(
            f"learning_rate must lie above 0 and be {HIGHEST_RATE:g} at most, not {value!r}."
        )
    return float(value)


def check_size(size: str, sizes: Collection[str]) -> None:
    """``ModelError`` for a size that there is not."""
    if size not in sizes:
        raise ModelError(f"no size {size!r} of network. Known sizes: {', '.join(sizes)}.")
