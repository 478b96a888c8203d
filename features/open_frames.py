"""Open reading frames of a transcript."""

from __future__ import annotations

import numpy as np

from features.accelerate import kernel
from features.genome import Codes

__all__ = ["longest_frame"]


def longest_frame(codes: Codes) -> tuple[int, int]:
    """First base and end, 0-based half-open, of the longest open frame of the sense strand; (0, 0) where there is none.

    It runs from an ATG to the end of the first stop codon in its frame, or of the last whole codon where the transcript
    ends before. Of equally long ones the first.
    """
    start, end = _longest(np.ascontiguousarray(codes))
    return int(start), int(end)


@kernel
def _longest(codes):  # type: ignore[no-untyped-def]
    # codes: (n,)
    best_start, best_end = 0, 0
    opened = np.full(3, -1)
    for p in range(len(codes) - 2):
        frame = p % 3
        first, second, third = codes[p], codes[p + 1], codes[p + 2]
        if first == 0 and second == 3 and third == 2 and opened[frame] < 0:
            opened[frame] = p
        stop = first == 3 and (
            (second == 0 and (third == 0 or third == 2)) or (second == 2 and third == 0)
        )
        if opened[frame] >= 0 and (stop or p + 6 > len(codes)):
            length = p + 3 - opened[frame]
            if length > best_end - best_start:
                best_start, best_end = opened[frame], p + 3
            if stop:
                opened[frame] = -1
    return best_start, best_end
