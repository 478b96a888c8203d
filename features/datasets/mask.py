"""Masks: BED regions that count neither for nor against a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from features.errors import InputFileError
from features.lines import read_lines
from features.regions import Regions, merge_regions
from features.transcripts import Interval

__all__ = ["read_mask"]


def read_mask(
    path: str | Path, lengths: Mapping[str, int], chromosome_names: Mapping[str, str]
) -> dict[str, Regions]:
    """Regions per record, from the first three columns of a BED file.

    Parameters
    ----------
    path : BED file, plain or gzipped, 0-based half-open.
    lengths : bases of every record of the genome.
    chromosome_names : name in the file -> name in the genome, for names that differ.

    Returns
    -------
    dict of int64 arrays of shape (regions, 2): ascending, overlapping and touching regions merged.

    Raises
    ------
    InputFileError : an unreadable file or line, an absent record, a region past a record's end.
    """
    regions: dict[str, list[Interval]] = {}
    for number, line in read_lines(path):
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        name, start, end = _parse_line(path, line, number)
        name = chromosome_names.get(name, name)
        if name not in lengths:
            raise InputFileError(
                path,
                f"no record {name!r} in the genome",
                f"Its records are named like {next(iter(lengths), '(none)')!r}.",
                number,
            )
        if not 0 <= start < end <= lengths[name]:
            raise InputFileError(
                path,
                f"region {start}-{end} does not lie within {name} of {lengths[name]} bases",
                "BED is 0-based and half-open; check the assembly version.",
                number,
            )
        regions.setdefault(name, []).append((start, end))
    return {name: merge_regions(found) for name, found in regions.items()}


def _parse_line(path: str | Path, line: str, number: int) -> tuple[str, int, int]:
    fields = line.split("\t") if "\t" in line else line.split()
    try:
        return fields[0], int(fields[1]), int(fields[2])
    except (IndexError, ValueError):
        raise InputFileError(
            path, "not a name, a start and an end", "Give tab-separated BED.", number
        ) from None
