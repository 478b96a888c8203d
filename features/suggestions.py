"""What may have been meant by a name that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["close_match"]


def close_match(name: str, known: Iterable[str]) -> str:
    """The one of ``known`` that may have been meant by ``name``, as a sentence after a blank; empty without any."""
    close = difflib.get_close_matches(name, known, 1)
    return f" Did you mean {close[0]}?" if close else ""
