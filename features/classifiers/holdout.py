"""``hold_out``: sequences that a classifier which was given no validation sequences sets aside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["hold_out"]

SHARE = 0.1
"""Of each class that is held out."""


def hold_out(
    numbers: npt.NDArray[np.int64], readable: npt.NDArray[np.bool_], seed: int
) -> npt.NDArray[np.bool_]:
    """Which of the sequences of classes ``numbers`` are set aside, drawn by ``seed``, shape (sequences,).

    About a tenth of each class, at least one sequence, all ``readable`` ones; none of a class with but one of these.
    """
    rng = np.random.default_rng(seed)
    found = np.zeros(len(numbers), np.bool_)
    for number in np.unique(numbers):
        members = rng.permutation(np.flatnonzero((numbers == number) & readable))
        if len(members) > 1:
            found[members[: max(1, round(SHARE * len(members)))]] = True
    return found
