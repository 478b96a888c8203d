"""Pictures as SVG: deterministic, with text as text, in colours that everybody can tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from features.storage import atomic_file

__all__ = ["COLOURS", "new_figure"]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999")
"""Okabe and Ito's, which the colour-blind can tell apart."""
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "genestruct",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e5e5e5",
    "axes.axisbelow": True,
    "figure.constrained_layout.use": True,
}


@contextmanager
def new_figure(path: Path, panels: int, width: float, height: float) -> Iterator[Sequence[Any]]:
    """Yield the axes of ``panels`` panels side by side (inches each), and write them to ``path`` if the block succeeds.

    ``OutputError`` where nothing can be written there.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width * panels, height))
        yield figure.subplots(1, panels, squeeze=False)[0]
        with atomic_file(path) as scratch:
            figure.savefig(scratch, format="svg", metadata={"Date": None, "Creator": None})
