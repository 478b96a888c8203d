"""``Bins`` and ``Layout``: where on a chromosome the bins of accessibility and the genes lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from features.errors import DatasetError
from features.regions import parse_region

__all__ = ["STRANDS", "Bins", "Layout", "find_chromosome", "parse_bins"]

STRANDS = {"+": 1, "-": -1, ".": 0}
"""Strand as it is written -> as a number; 0 where it is not known."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bins:
    """Equal, adjacent pieces of one chromosome.

    Attributes
    ----------
    chromosome : its name.
    start : first base of the first bin, 0-based.
    size : bases of a bin.
    count : how many there are.
    """

    chromosome: str
    start: int
    size: int
    count: int

    @property
    def end(self) -> int:
        """The base behind the last bin, 0-based."""
        return self.start + self.size * self.count

    def of(self, positions: Places) -> Places:
        """Bin of each 0-based position, the first or the last one where it lies outside."""
        return np.clip((positions - self.start) // self.size, 0, self.count - 1)


@dataclass(frozen=True, slots=True)
class Layout:
    """The bins, and where the genes lie.

    Attributes
    ----------
    bins : columns of the accessibility.
    starts, ends : int64 of shape (genes,), 0-based half-open, on the chromosome of the bins.
    strands : int8 of shape (genes,): 1, -1, or 0 where it is not known.
    """

    bins: Bins
    starts: Places
    ends: Places
    strands: npt.NDArray[np.int8]

    def anchors(self) -> tuple[Places, Places]:
        """First and last bin of what stands for the promoter: the start site, or all of a gene of unknown strand."""
        first, last = self.bins.of(self.starts), self.bins.of(self.ends - 1)
        return np.where(self.strands < 0, last, first), np.where(self.strands > 0, first, last)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """For a model folder."""
        where = [self.bins.start, self.bins.size, self.bins.count]
        return {
            "layout_chromosome": np.array(self.bins.chromosome),
            "layout_bins": np.array(where, np.int64),
            "layout_starts": self.starts,
            "layout_ends": self.ends,
            "layout_strands": self.strands,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Layout:
        """What ``arrays`` made arrays of; ``KeyError`` where one is missing."""
        start, size, count = arrays["layout_bins"].tolist()
        return cls(
            Bins(str(arrays["layout_chromosome"]), start, size, count),
            arrays["layout_starts"],
            arrays["layout_ends"],
            arrays["layout_strands"],
        )


def find_chromosome(wanted: str, names: Iterable[str]) -> str | None:
    """The one of ``names`` that is the chromosome ``wanted``: the same name, else one with or without chr before it.

    M and MT are the same as well. ``None`` where there is none, or more than one.
    """
    alike = []
    for name in names:
        if name == wanted:
            return name
        if _bare_name(name) == _bare_name(wanted):
            alike.append(name)
    return alike[0] if len(alike) == 1 else None


def _bare_name(chromosome: str) -> str:
    bare = chromosome.removeprefix("chr")
    return "MT" if bare == "M" else bare


def parse_bins(region: str, size: int) -> Bins:
    """The bins of ``region``, written NAME:START-END and counted from 1; the last bin may reach over its end.

    ``DatasetError`` for a region of another form or shorter than a bin, or bins of no base.
    """
    try:
        found = parse_region(region)
    except ValueError:
        found = None
    if found is None:
        raise DatasetError(f"--region: {region!r} is not NAME:START-END, counted from 1.")
    if size < 1:
        raise DatasetError(f"--bin: a bin has at least 1 base, not {size}.")
    bases = found.end - found.start
    if bases < size:
        raise DatasetError(
            f"--region: {region} has {bases:,} bases, less than a bin of {size:,}. Give a longer one, "
            "or a smaller --bin."
        )
    return Bins(found.name, found.start, size, -(-bases // size))
