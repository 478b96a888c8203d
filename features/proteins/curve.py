"""Coverage and accuracy over the threshold of probability, as numbers and as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.figures import COLOURS, new_figure
from features.storage import atomic_text

__all__ = ["ACCEPTED", "THRESHOLDS", "Point", "acceptance_curve", "draw_curve", "write_curve"]

ACCEPTED = 0.9
"""Probability from which a symbol is accepted: that of the published production."""
THRESHOLDS = (
    0.0,
    0.1,
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.8,
    0.85,
    0.9,
    0.95,
    0.98,
    0.99,
    0.995,
    0.999,
)


class Point(NamedTuple):
    """What accepting symbols from a threshold on comes to.

    Attributes
    ----------
    threshold : least probability.
    coverage : share of the proteins that get a symbol.
    accuracy : share of these whose symbol is right; NaN where there are none.
    """

    threshold: float
    coverage: float
    accuracy: float


def acceptance_curve(
    probability: npt.NDArray[np.float64],
    right: npt.NDArray[np.bool_],
    thresholds: tuple[float, ...] = THRESHOLDS,
) -> list[Point]:
    """The points of ``thresholds`` for proteins of these probabilities, of which some are ``right``."""
    points = []
    for threshold in thresholds:
        accepted = probability >= threshold
        share = float(right[accepted].mean()) if accepted.any() else float("nan")
        points.append(Point(threshold, float(accepted.mean()) if len(right) else 0.0, share))
    return points


def draw_curve(path: Path, series: Mapping[str, list[Point]], marked: float) -> None:
    """Write an SVG: accuracy over coverage, a curve for each of ``series``, a dot at the threshold ``marked``."""
    with new_figure(path, 1, 6.0, 4.0) as (axes,):
        for number, (name, points) in enumerate(series.items()):
            colour = COLOURS[number % len(COLOURS)]
            shares = np.array([point[1:] for point in points]) * 100
            axes.plot(*shares.T, color=colour, label=name)
            for point in points:
                if point.threshold == marked:
                    axes.plot(100 * point.coverage, 100 * point.accuracy, "o", color=colour)
        axes.set_xlabel("coverage, per cent of the proteins")
        axes.set_ylabel("accuracy of the accepted, per cent")
        axes.set_title(f"thresholds {THRESHOLDS[0]:g} to {THRESHOLDS[-1]:g}; dot: {marked:g}")
        axes.legend(frameon=False)


def write_curve(path: Path, points: list[Point]) -> None:
    """Write the points as a table, atomically: threshold, coverage, accuracy."""
    with atomic_text(path) as file:
        print(*Point._fields, sep="\t", file=file)
        for point in points:
            print(
                f"{point.threshold:g}",
                f"{point.coverage:.4f}",
                f"{point.accuracy:.5f}",
                sep="\t",
                file=file,
            )
