"""Whether sequences are windows around a place, a start or a splice site, so that it counts what stands where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features.genome import Codes

__all__ = ["aligned_length"]

ALIKE = 0.9
"""Share of the sequences that have one length where they are taken for such windows."""


def aligned_length(sequences: Sequence[Codes]) -> int:
    """Bases that nine of ten ``sequences`` have; 0 where they have no such length, or there are none."""
    lengths, counts = np.unique([len(codes) for codes in sequences], return_counts=True)
    if not len(lengths) or counts.max() < ALIKE * len(sequences):
        return 0
    return int(lengths[counts.argmax()])
