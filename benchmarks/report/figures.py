"""What pictures of leaderboards show: values with intervals, differences, curves, reliability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.ticker import NullLocator

from benchmarks.metrics.bootstrap import Estimate
from features.figures import COLOURS

__all__ = [
    "draw_curves",
    "draw_differences",
    "draw_reliability",
    "draw_values",
    "height_of",
]

MARKERS = "osD^vPX*"
MARGIN, LINE_HEIGHT = 1.2, 0.32
"""Inches."""


def height_of(names: Sequence[str]) -> float:
    """Inches that a picture with one line per name needs."""
    return MARGIN + LINE_HEIGHT * len(names)


def draw_values(axes: Any, names: Sequence[str], series: Mapping[str, Sequence[Estimate]]) -> None:
    """Per cent with intervals, one line of dots per series, names down the left side."""
    _draw_dots(axes, names, series)
    axes.set_xlim(0, 100)
    axes.set_xlabel("per cent")


def draw_differences(
    axes: Any, names: Sequence[str], series: Mapping[str, Sequence[Estimate]]
) -> None:
    """Differences in points with intervals, names down the left side."""
    axes.axvline(0, color="black", linewidth=0.8)
    _draw_dots(axes, names, series)
    axes.set_xlabel("points")


def draw_curves(axes: Any, at: Sequence[float], series: Mapping[str, Sequence[Estimate]]) -> None:
    """Per cent with intervals over a positive number, on a logarithmic axis where it spans a factor of five."""
    for colour, marker, (name, estimates) in zip(COLOURS, MARKERS, series.items(), strict=False):
        value, below, above = _percent(estimates)
        axes.errorbar(at, value, [below, above], label=name, color=colour, marker=marker, capsize=2)
    if max(at) >= 5 * min(at) > 0:
        axes.set_xscale("log")
        axes.set_xticks(at, [f"{each:g}" for each in at])
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylabel("per cent")
    axes.legend(frameon=False)


def draw_reliability(axes: Any, series: Mapping[str, Sequence[tuple[float, float, float]]]) -> None:
    """Share that is right over the probability told, dots as large as the root of how many there are.

    ``series``: (probability, share right, predicted) of each range that holds any.
    """
    axes.plot([0, 1], [0, 1], color="black", linewidth=0.8)
    for colour, (name, points) in zip(COLOURS, series.items(), strict=False):
        probability, right, predicted = np.array(points, float).reshape(-1, 3).T
        size = 4 + 60 * np.sqrt(predicted / max(1.0, predicted.max(initial=0.0)))
        axes.plot(probability, right, color=colour, linewidth=0.8)
        axes.scatter(probability, right, size, color=colour, label=name, alpha=0.8)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.set_xlabel("probability told")
    axes.set_ylabel("share that is exact")
    axes.legend(frameon=False)


def _draw_dots(axes: Any, names: Sequence[str], series: Mapping[str, Sequence[Estimate]]) -> None:
    rows = np.arange(len(names), dtype=float)
    spread = 0.5 / max(1, len(series))
    for number, (title, estimates) in enumerate(series.items()):
        value, below, above = _percent(estimates)
        axes.errorbar(
            value,
            rows + spread * (number - (len(series) - 1) / 2),
            xerr=[below, above],
            label=title,
            color=COLOURS[number % len(COLOURS)],
            marker=MARKERS[number % len(MARKERS)],
            markersize=4,
            linestyle="",
            capsize=2,
        )
    axes.set_yticks(rows, names)
    axes.set_ylim(max(1, len(names)) - 0.5, -0.5)
    axes.figure.legend(frameon=False, loc="outside lower center", ncols=len(series))


def _percent(estimates: Sequence[Estimate]) -> tuple[npt.NDArray[np.float64], ...]:
    """Values, and how far the intervals reach below and above them."""
    value, low, high = 100 * np.array(estimates, float).reshape(-1, 3).T
    return value, np.nan_to_num(value - low), np.nan_to_num(high - value)
