from __future__ import annotations

import numpy as np
import pytest

from neural.sequences.classifier import epochs_for
from neural.sequences.tokens import Tokeniser


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
        (3_000, 10_000, 1),
        (100, 100_000, 12),  # 8,192 of each are read
    ],
)
def test_about_as_much_is_read_of_any_set(sequences: int, bases: int, epochs: int) -> None:
    assert epochs_for([np.zeros(bases, np.uint8)] * sequences, Tokeniser(1, 1)) == epochs


def test_all_bases_of_short_sequences_count() -> None:
    """Not only the 248 of 251 that whole strides cover, which would make 9 epochs."""
    sequences = [np.zeros(251, np.uint8)] * 4_696
    assert epochs_for(sequences, Tokeniser(5, 2)) == 8


def test_longer_strides_reach_further() -> None:
    sequences = [np.zeros(100_000, np.uint8)] * 100
    assert epochs_for(sequences, Tokeniser(5, 2)) == 6
