"""Ingredients of a model that can be left out, to see what they are worth."""

from __future__ import annotations

from collections.abc import Sequence

from features.errors import ModelError

__all__ = ["parse_ingredients"]


def parse_ingredients(model: str, without: str, known: Sequence[str]) -> frozenset[str]:
    """The names in ``without``, parted by commas; ``ModelError`` for one that ``model`` does not know."""
    if not isinstance(without, str):
        raise ModelError(f"{model}: without must be names parted by commas, not {without!r}.")
    names = frozenset(name.strip() for name in without.split(",") if name.strip())
    for name in sorted(names - set(known)):
        raise ModelError(
            f"{model}: no ingredient {name!r} to leave out. Known ones: {', '.join(known)}."
        )
    return names
