"""Scoring a strand chunk by chunk, as feature-based scorers do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from features.accelerate import map_threads
from features.genome import Codes
from features.progress import track
from features.site_matrix import SiteFeatures, StrandView
from features.sites import CONTENT_COLUMNS, KINDS, SiteScores, boundaries

__all__ = ["CHUNK", "chunk_ranges", "score_strand"]

CHUNK = 120_000
"""Bases scored at once; a multiple of three, so that frames count alike in every chunk."""

ScoreSites = Callable[[StrandView, str], tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]
"""(view, kind) -> positions in the view and natural-log odds."""


def chunk_ranges(length: int) -> list[tuple[int, int]]:
    """Consecutive (start, end) that cover ``length`` bases."""
    return [(start, min(start + CHUNK, length)) for start in range(0, length, CHUNK)]


def score_strand(
    strand_sequence: Codes, features: SiteFeatures, score_sites: ScoreSites, threads: int
) -> SiteScores:
    """Score one strand with ``threads`` chunks at a time; beyond the sites kept, memory does not grow with it."""

    def score_chunk(bounds: tuple[int, int]) -> SiteScores:
        view = features.view(strand_sequence, *bounds)
        base = view.content[view.start]
        positions, log_odds, content = {}, {}, {}
        for kind in KINDS:
            found, log_odds[kind] = score_sites(view, kind)
            positions[kind] = found - view.start
            # A stop codon may begin in this chunk and end in the next one: its boundary lies in the flank.
            content[kind] = view.content[boundaries(kind, found)] - base
        return SiteScores(
            view.end - view.start, positions, log_odds, content, view.content[view.end] - base
        )

    ranges = chunk_ranges(len(strand_sequence))
    if not ranges:
        empty = np.empty(0, np.int64)
        return SiteScores(
            0,
            dict.fromkeys(KINDS, empty),
            {kind: np.empty(0, np.float32) for kind in KINDS},
            {kind: np.empty((0, len(CONTENT_COLUMNS))) for kind in KINDS},
            np.zeros(len(CONTENT_COLUMNS)),
        )
    chunks = map_threads(score_chunk, ranges, threads)
    return SiteScores.join(list(track(chunks, "scoring", len(ranges), "chunk")))
