"""Windows around the transcription start sites of a BED file, and background windows between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from features.errors import InputFileError
from features.genome import Genome, reverse_complement
from features.lines import read_lines
from features.sequence_sets.records import Record

__all__ = ["read_promoter_windows"]


def read_promoter_windows(
    path: str | Path, genome: str | Path, before: int, after: int, background: int, seed: int = 0
) -> Iterator[Record]:
    """Yield a window per start site (label promoter), then ones between neighbouring sites (label background).

    Parameters
    ----------
    path : BED as EPDnew writes it, split by tabs or spaces: the start site is the first base, on its strand, of the
        thick part (columns 7 and 8), or of the region where there are only six columns.
    genome : FASTA that holds the chromosomes.
    before, after : bases upstream of the start site, and from it on downstream.
    background : windows drawn at random places between two sites of a chromosome, forward strand, as long as the
        others and at least ``before`` bases from each site; fewer where there is no room or an unknown base.
    seed : of the places.

    Windows that run off a chromosome are left out. The field ``chromosome`` tells where a window lies.

    Raises
    ------
    InputFileError : a line that is no BED, a chromosome that the genome lacks.
    """
    path = Path(path)
    generator = np.random.default_rng(seed)
    length = before + after
    with Genome(genome) as sequence:
        sites = _read_sites(path, sequence)
        for chromosome, site, strand, name, line in sites:
            start = site - before if strand == "+" else site + 1 - after
            if start < 0 or start + length > sequence.length(chromosome):
                continue
            codes = sequence.fetch(chromosome, start, start + length)
            codes = codes if strand == "+" else reverse_complement(codes)
            fields = {"id": name, "label": "promoter", "chromosome": chromosome}
            yield Record(codes, bool((codes < 4).all()), fields, path, line)
        ordered = sorted({(chromosome, site) for chromosome, site, *_ in sites})
        for (chromosome, left), (other, right) in pairwise(ordered):
            room = right - left - 2 * before - length
            if chromosome != other or room < 1:
                continue
            for start in left + before + 1 + generator.integers(0, room, background):
                codes = sequence.fetch(chromosome, int(start), int(start) + length)
                if (codes > 3).any():
                    continue
                name = f"{chromosome}:{start + 1}-{start + length}"
                fields = {"id": name, "label": "background", "chromosome": chromosome}
                yield Record(codes, True, fields, path, 0)


def _read_sites(path: Path, genome: Genome) -> list[tuple[str, int, str, str, int]]:
    """(chromosome, 0-based start site, strand, name, line) of each row."""
    sites = []
    for number, line in read_lines(path):
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        cells = line.split()
        try:
            thick = cells[6:8] if len(cells) > 7 else cells[1:3]
            start, end, strand = int(thick[0]), int(thick[1]), cells[5]
        except (IndexError, ValueError):
            start, end, strand = 0, 0, ""
        if strand not in ("+", "-") or not start < end:
            raise InputFileError(
                path, "not BED with a strand", "Give six columns of BED or more.", number
            )
        if cells[0] not in genome:
            raise InputFileError(
                path,
                f"no chromosome {cells[0]!r} in {genome.path.name}",
                f"It holds {', '.join(genome.names[:5])}.",
                number,
            )
        sites.append((cells[0], start if strand == "+" else end - 1, strand, cells[3], number))
    return sites
