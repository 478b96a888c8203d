"""Which parts of a sequence a classifier's answer hangs on: windows replaced by random bases, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.figures import COLOURS, new_figure
from features.genome import Codes

__all__ = ["Sensitivity", "draw_sensitivity", "measure_sensitivity"]

Tell = Callable[[list[Codes]], npt.NDArray[np.float64]]
"""Sequences to the probability of the class in question, shape (sequences,)."""

BATCH = 512
"""Sequences told at once."""


class Sensitivity(NamedTuple):
    """What becomes of a probability where bases are replaced.

    Attributes
    ----------
    probability : of the sequence as it is.
    windows : bases replaced at once, one row each.
    replaced : float64 of shape (windows, bases): mean probability where the window around base i is random.
    """

    probability: float
    windows: tuple[int, ...]
    replaced: npt.NDArray[np.float64]


def measure_sensitivity(
    tell: Tell,
    sequence: Codes,
    windows: Sequence[int] = (5, 10, 20),
    draws: int = 10,
    seed: int = 0,
) -> Sensitivity:
    """Replace every window of ``sequence``, of each size in ``windows``, ``draws`` times by random bases.

    The bases are drawn evenly, as the SequenceShuffler of Genomic-ULMFiT does; a window that reaches over an end of the
    sequence is cut there.
    """
    generator = np.random.default_rng(seed)
    length = len(sequence)
    replaced = np.empty((len(windows), length))
    for row, window in enumerate(windows):
        variants = _variants(sequence, window, draws, generator)
        told = [np.empty(0)]
        while batch := list(islice(variants, BATCH)):
            told.append(tell(batch))
        replaced[row] = np.concatenate(told).reshape(length, draws).mean(axis=1)
    own = float(tell([sequence])[0])
    return Sensitivity(own, tuple(windows), replaced)


def _variants(
    sequence: Codes, window: int, draws: int, generator: np.random.Generator
) -> Iterator[Codes]:
    for place in range(len(sequence)):
        start = place - window // 2
        low, high = max(0, start), min(len(sequence), start + window)
        for _ in range(draws):
            variant = sequence.copy()
            variant[low:high] = generator.integers(0, 4, high - low)
            yield variant


def draw_sensitivity(found: Sensitivity, path: Path, title: str, mark: int | None = None) -> None:
    """Write an SVG: probability over the middle of the replaced window, a curve for each size.

    ``mark`` is a base to draw a line at, counted from 0, as that of the true start of transcription.
    """
    with new_figure(path, 1, 7.0, 3.0) as (axes,):
        axes.axhline(found.probability, color="black", linewidth=0.8, label="as it is")
        places = np.arange(found.replaced.shape[1]) + 1
        for colour, window, row in zip(COLOURS, found.windows, found.replaced, strict=False):
            axes.plot(places, row, color=colour, label=f"{window} bases random")
        if mark is not None:
            axes.axvline(mark + 1, color="#999999", linestyle="--", label="start")
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("base")
        axes.set_ylabel("probability")
        axes.set_title(title)
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
