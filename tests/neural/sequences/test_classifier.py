from __future__ import annotations

import numpy as np
import pytest

from neural.sequences.classifier import epochs_for


@pytest.mark.parametrize(
    ("sequences", "bases", "epochs"),
    [
        (500, 100, 20),
        (2_000, 250, 20),
        (8_000, 250, 5),
        (40_000, 70, 3),
        (20_000, 250, 2),
        (500, 1_000, 20),
        (4_000, 1_250, 2),
        (2_000, 10_000, 1),
    ],
)
def test_about_as_much_is_read_of_any_set(sequences: int, bases: int, epochs: int) -> None:
    codes = np.zeros(bases, np.uint8)
    assert epochs_for([codes] * sequences) == epochs
