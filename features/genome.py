"""``Genome``: FASTA records as uint8 codes, read lazily by slice through pyfaidx."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint8]
"""Bases as uint8: A0 C1 G2 T3, anything else 4."""

_COMPLEMENT = np.array([3, 2, 1, 0, 4], np.uint8)


def reverse_complement(codes: Codes) -> Codes:
    """The other strand's own 5'->3' sequence of ``codes``."""
    return _COMPLEMENT[codes[::-1]]
