"""A classifier slid along a long sequence, both strands: scores by position, calls, picture, BED and bigWig."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyBigWig

from features.figures import COLOURS, new_figure
from features.genome import Codes, reverse_complement
from features.progress import track
from features.storage import atomic_file, atomic_text

__all__ = [
    "Call",
    "Scan",
    "big_wig_paths",
    "call_peaks",
    "draw_scan",
    "scan_sequence",
    "write_bed",
    "write_big_wigs",
]

Tell = Callable[[list[Codes]], npt.NDArray[np.float64]]
BATCH = 512
STRANDS = "+-"
SUFFIX = {"+": "forward", "-": "reverse"}
MOST_DRAWN = 2000
MOST_UNKNOWN = 0.1
"""Share of unknown bases up to which a window is told."""


class Scan(NamedTuple):
    """Probability of a class along one sequence.

    Attributes
    ----------
    name : of the sequence.
    first : forward position of the region's first base, from 0.
    window, step : bases of a window, and between two windows.
    probability : by strand, float64 of shape (windows,); window i covers forward bases first + i * step on. NaN where
        too much of the window is unknown.
    """

    name: str
    first: int
    window: int
    step: int
    probability: dict[str, npt.NDArray[np.float64]]

    def starts(self) -> npt.NDArray[np.int64]:
        """First forward base of every window, from 0."""
        return self.first + self.step * np.arange(len(self.probability["+"]))


class Call(NamedTuple):
    """The best window of a stretch that is told to be of the class, and its probability; forward, from 0."""

    start: int
    end: int
    strand: str
    probability: float


def scan_sequence(
    tell: Tell, name: str, codes: Codes, window: int, step: int, first: int = 0
) -> Scan:
    """Tell every window of ``codes``, a region whose first base is ``first``, on both strands.

    A reverse window is read as its own 5'->3' sequence. A region shorter than a window has none. A window of which more
    than a tenth is unknown has no probability, NaN, and no call.
    """
    starts = range(0, len(codes) - window + 1, step)
    probability: dict[str, npt.NDArray[np.float64]] = {}
    for strand in STRANDS:
        parts = [np.empty(0)]
        batches = [starts[i : i + BATCH] for i in range(0, len(starts), BATCH)]
        for batch in track(batches, f"{name} {strand}", len(batches), "batch"):
            windows = [codes[start : start + window] for start in batch]
            known = np.array([(each > 3).mean() <= MOST_UNKNOWN for each in windows])
            if strand == "-":
                windows = [reverse_complement(each) for each in windows]
            told = np.full(len(windows), np.nan)
            if known.any():
                told[known] = tell([windows[i] for i in np.flatnonzero(known)])
            parts.append(told)
        probability[strand] = np.concatenate(parts)
    return Scan(name, first, window, step, probability)


def call_peaks(scan: Scan, threshold: float) -> list[Call]:
    """Neighbouring windows of ``threshold`` or more as one call: the best of them, and of equals the first."""
    calls = []
    for strand in STRANDS:
        probability = scan.probability[strand]
        above = np.flatnonzero(probability >= threshold)
        apart = np.flatnonzero(np.diff(above) * scan.step > scan.window) + 1
        for stretch in np.split(above, apart) if len(above) else []:
            best = int(stretch[probability[stretch].argmax()])
            start = scan.first + best * scan.step
            calls.append(Call(start, start + scan.window, strand, float(probability[best])))
    return sorted(calls)


def write_bed(path: Path, called: Mapping[str, Sequence[Call]], label: str) -> None:
    """BED6 of calls by sequence name; the score is 1000 times the probability."""
    with atomic_text(path) as file:
        for name, calls in called.items():
            for call in calls:
                score = round(1000 * call.probability)
                row = name, call.start, call.end, label, score, call.strand
                file.write("\t".join(map(str, row)) + "\n")


def big_wig_paths(stem: Path) -> dict[str, Path]:
    """Where ``write_big_wigs`` writes, by strand."""
    return {strand: stem.with_name(f"{stem.name}.{SUFFIX[strand]}.bw") for strand in STRANDS}


def write_big_wigs(stem: Path, scans: Sequence[Scan], lengths: Mapping[str, int]) -> list[Path]:
    """Write ``<stem>.forward.bw`` and ``<stem>.reverse.bw``; a probability stands at the middle bases of its window.

    ``lengths`` are those of all sequences of the genome.
    """
    paths = big_wig_paths(stem)
    for strand, path in paths.items():
        with atomic_file(path) as scratch:
            file = pyBigWig.open(str(scratch), "w")
            file.addHeader([(name, length) for name, length in lengths.items()])
            order = {name: place for place, name in enumerate(lengths)}
            for scan in sorted(scans, key=lambda each: (order[each.name], each.first)):
                values = scan.probability[strand]
                span = min(scan.step, scan.window)
                start = scan.first + (scan.window - span) // 2
                told = np.flatnonzero(~np.isnan(values))
                for run in np.split(told, np.flatnonzero(np.diff(told) > 1) + 1):
                    if len(run):
                        place = start + scan.step * int(run[0])
                        heights = values[run].tolist()
                        file.addEntries(scan.name, place, values=heights, span=span, step=scan.step)
            file.close()
    return list(paths.values())


def draw_scan(
    scan: Scan, path: Path, title: str, marks: Mapping[str, Sequence[int]] | None = None
) -> None:
    """Write an SVG: probability along the region, forward strand up, reverse strand down.

    Of more than 2,000 windows the most probable one of every stretch is drawn. ``marks`` are forward positions by
    strand, from 0, as those of true starts.
    """
    windows = len(scan.starts())
    stretches = np.arange(0, windows, max(1, -(-windows // MOST_DRAWN)))
    middles = (scan.starts()[stretches] + scan.window / 2) / 1000
    with new_figure(path, 1, 10.0, 3.2) as (axes,):
        for strand, sign, colour in zip(STRANDS, (1, -1), COLOURS, strict=False):
            axes.fill_between(
                middles,
                sign * np.fmax.reduceat(scan.probability[strand], stretches),
                color=colour,
                linewidth=0,
                label=f"{strand} strand",
            )
            at = np.array(list((marks or {}).get(strand, ())), float) / 1000
            axes.plot(at, np.full(len(at), 1.08 * sign), "v" if sign > 0 else "^", color="black")
        axes.set_ylim(-1.2, 1.2)
        axes.set_yticks([-1, -0.5, 0, 0.5, 1], ["1", "0.5", "0", "0.5", "1"])
        axes.set_xlabel(f"{scan.name}, thousand bases")
        axes.set_ylabel("probability")
        axes.set_title(title)
        axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
