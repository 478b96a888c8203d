"""Parts of the training chromosomes: what is learnt without a fold can be tried on it; a share tells what data buy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from features.labelled import LabelledChromosome
from features.regions import Regions

__all__ = ["Fold", "part", "rest_of_share"]

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
    lengths = {chromosome.name: len(chromosome.sequence) for chromosome in training}
    parted = [Fold([], []) for _ in range(folds)]
    number = 0
    for chromosome, blocks in zip(training, _blocks(lengths).values(), strict=True):
        of_fold = (number + np.arange(len(blocks))) % folds
        for fold, (seen, unseen) in enumerate(parted):
            for into, masked in ((seen, of_fold == fold), (unseen, of_fold != fold)):
                mask = np.concatenate([chromosome.mask, blocks[masked]])
                into.append(replace(chromosome, mask=mask))
        number += len(blocks)
    return parted


def rest_of_share(lengths: Mapping[str, int], share: float, seed: int) -> dict[str, Regions]:
    """What to mask of chromosomes of these ``lengths`` to leave about ``share`` of their bases, in random blocks.

    The blocks of a smaller share are among those of a larger one.
    """
    blocks = _blocks(lengths)
    number = sum(map(len, blocks.values()))
    kept = np.zeros(number, np.bool_)
    kept[np.random.default_rng(seed).permutation(number)[: max(1, round(share * number))]] = True
    masked, first = {}, 0
    for name, of_chromosome in blocks.items():
        masked[name] = of_chromosome[~kept[first : first + len(of_chromosome)]]
        first += len(of_chromosome)
    return masked


def _blocks(lengths: Mapping[str, int]) -> dict[str, Regions]:
    """Blocks of each chromosome, shape (blocks, 2)."""
    size = int(np.clip(sum(lengths.values()) // BLOCKS, 1, LONGEST_BLOCK))
    starts = {name: np.arange(0, length, size) for name, length in lengths.items()}
    return {
        name: np.column_stack([first, np.minimum(first + size, lengths[name])])
        for name, first in starts.items()
    }
