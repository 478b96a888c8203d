"""Folds of the training chromosomes: what is learnt without a part of them can be tried on that part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from features.labelled import LabelledChromosome

__all__ = ["Fold", "part"]

BLOCKS = 40
"""Blocks of the training chromosomes, but for ``LONGEST_BLOCK``."""
LONGEST_BLOCK = 1_000_000
"""Bases."""


class Fold(NamedTuple):
    """The training chromosomes twice: with a part of them masked, to learn from, and with all else masked, to score."""

    seen: list[LabelledChromosome]
    unseen: list[LabelledChromosome]


def part(training: Sequence[LabelledChromosome], folds: int) -> list[Fold]:
    """``folds`` ways to leave a part of ``training`` out, every block (of both strands) in one of them."""
    total = sum(len(chromosome.sequence) for chromosome in training)
    block = int(np.clip(total // BLOCKS, 1, LONGEST_BLOCK))
    parted = [Fold([], []) for _ in range(folds)]
    number = 0
    for chromosome in training:
        length = len(chromosome.sequence)
        starts = np.arange(0, length, block)
        blocks = np.column_stack([starts, np.minimum(starts + block, length)])
        of_fold = (number + np.arange(len(blocks))) % folds
        for fold, (seen, unseen) in enumerate(parted):
            for into, masked in ((seen, of_fold == fold), (unseen, of_fold != fold)):
                mask = np.concatenate([chromosome.mask, blocks[masked]])
                into.append(replace(chromosome, mask=mask))
        number += len(blocks)
    return parted
