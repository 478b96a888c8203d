"""Parts of the training chromosomes: what is learnt without a fold can be tried on it; a share tells what data buy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.labelled import LabelledChromosome
from features.regions import Regions, merge_regions

__all__ = ["Fold", "part", "rest_of_share"]

BLOCKS = 40
"""Blocks of the training chromosomes that folds are made of, but for ``LONGEST_BLOCK``."""
SMALL_BLOCKS = 200
"""The same of those that a share is made of: finer, so that every fold holds some of them."""
LONGEST_BLOCK = 1_000_000
"""Bases."""


class Fold(NamedTuple):
    """The training chromosomes twice: with a part of them masked, to learn from, and with all else masked, to score."""

    seen: list[LabelledChromosome]
    unseen: list[LabelledChromosome]


def part(training: Sequence[LabelledChromosome], folds: int) -> list[Fold]:
    """``folds`` ways to leave a part of ``training`` out, every block (of both strands) in one of them.

    Blocks that are wholly masked already are not counted, so that every fold gets its share of the others.
    """
    lengths = {chromosome.name: len(chromosome.sequence) for chromosome in training}
    parted = [Fold([], []) for _ in range(folds)]
    number = 0
    for chromosome, blocks in zip(training, _blocks(lengths, BLOCKS).values(), strict=True):
        counted = _unmasked(blocks, chromosome.mask)
        of_fold = (number + np.cumsum(counted) - counted) % folds
        for fold, (seen, unseen) in enumerate(parted):
            for into, masked in ((seen, of_fold == fold), (unseen, of_fold != fold)):
                mask = np.concatenate([chromosome.mask, blocks[masked]])
                into.append(replace(chromosome, mask=mask))
        number += int(counted.sum())
    return parted


def rest_of_share(lengths: Mapping[str, int], share: float, seed: int) -> dict[str, Regions]:
    """What to mask of chromosomes of these ``lengths`` to leave about ``share`` of their bases, in random blocks.

    The blocks of a smaller share are among those of a larger one.
    """
    blocks = _blocks(lengths, SMALL_BLOCKS)
    number = sum(map(len, blocks.values()))
    kept = np.zeros(number, np.bool_)
    kept[np.random.default_rng(seed).permutation(number)[: max(1, round(share * number))]] = True
    masked, first = {}, 0
    for name, of_chromosome in blocks.items():
        masked[name] = of_chromosome[~kept[first : first + len(of_chromosome)]]
        first += len(of_chromosome)
    return masked


def _blocks(lengths: Mapping[str, int], number: int) -> dict[str, Regions]:
    """Blocks of each chromosome, shape (blocks, 2), about so many in all."""
    size = int(np.clip(sum(lengths.values()) // number, 1, LONGEST_BLOCK))
    starts = {name: np.arange(0, length, size) for name, length in lengths.items()}
    return {
        name: np.column_stack([first, np.minimum(first + size, lengths[name])])
        for name, first in starts.items()
    }


def _unmasked(blocks: Regions, mask: Regions) -> npt.NDArray[np.bool_]:
    """Which of the ``blocks`` hold bases outside ``mask``, shape (blocks,)."""
    merged = merge_regions(mask)
    before = np.concatenate([[0], np.cumsum(merged[:, 1] - merged[:, 0])])

    def masked_until(position: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        place = np.searchsorted(merged[:, 0], position, "right")
        last_end = np.concatenate([[0], merged[:, 1]])[place]
        covered: npt.NDArray[np.int64] = before[place] - np.maximum(0, last_end - position)
        return covered

    starts, ends = blocks.T
    found: npt.NDArray[np.bool_] = masked_until(ends) - masked_until(starts) < ends - starts
    return found
