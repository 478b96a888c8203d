from __future__ import annotations

import numpy as np

from features.genome import encode, reverse_complement
from features.labelled import LabelledChromosome
from features.sites import KINDS
from features.transcripts import Transcript

LENGTH = 60
GENES = [
    Transcript("c", "+", "f", "f1", ((5, 15), (25, 40)), ((5, 15), (25, 40))),
    Transcript("c", "-", "r", "r1", ((10, 20), (30, 50)), ((10, 20), (30, 50))),
    Transcript("c", "+", "lnc", "n1", ((0, 8), (22, 30))),
]


def chromosome(*mask: tuple[int, int]) -> LabelledChromosome:
    sequence = encode("ACGTT" * (LENGTH // 5))
    regions = np.array(mask, np.int64).reshape(-1, 2)
    return LabelledChromosome("c", sequence, GENES, regions)


def test_strands_have_their_own_sequence_labels_and_mask() -> None:
    forward, reverse = chromosome((0, 4), (50, 60)).strands()
    assert (forward.strand, reverse.strand) == ("+", "-")
    assert np.array_equal(reverse.sequence, reverse_complement(forward.sequence))
    assert forward.labels["donor"].true.tolist() == [15]
    assert reverse.labels["donor"].true.tolist() == [LENGTH - 30]
    assert reverse.labels["start"].true.tolist() == [LENGTH - 50]
    assert forward.mask.tolist() == [[0, 4], [50, 60]]
    assert reverse.mask.tolist() == [[0, 10], [56, 60]]


def test_strands_merge_an_unordered_mask_that_overlaps_itself() -> None:
    messy = chromosome((50, 60), (0, 4), (17, 18), (2, 6), (12, 18))
    forward, reverse = messy.strands()
    assert forward.mask.tolist() == [[0, 6], [12, 18], [50, 60]]
    assert reverse.mask.tolist() == [[0, 10], [42, 48], [54, 60]]
    for strand, tidy in zip(
        (forward, reverse), chromosome((0, 6), (12, 18), (50, 60)).strands(), strict=True
    ):
        for kind in KINDS:
            positions = np.arange(LENGTH)
            for found, expected in zip(
                strand.select(kind, positions), tidy.select(kind, positions), strict=True
            ):
                np.testing.assert_array_equal(found, expected)


def test_select_tells_true_from_left_out() -> None:
    forward, _ = chromosome().strands()
    true, left_out = forward.select("donor", np.array([8, 15, 20]))
    assert true.tolist() == [False, True, False]
    assert left_out.tolist() == [True, False, False]


def test_masked_sites_are_left_out_even_if_true() -> None:
    forward, reverse = chromosome((12, 18)).strands()
    true, left_out = forward.select("donor", np.array([5, 15, 30]))
    assert true.tolist() == [False, False, False]
    assert left_out.tolist() == [False, True, False]
    positions = np.array([LENGTH - 15, LENGTH - 30])
    true, left_out = reverse.select("donor", positions)
    assert left_out.tolist() == [True, False]
    assert true.tolist() == [False, True]


def test_site_count_adds_both_strands() -> None:
    assert chromosome().site_count("donor") == 2
    assert chromosome().site_count("stop") == 2
