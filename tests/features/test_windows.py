from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.genome import reverse_complement
from features.labelled import LabelledChromosome
from features.windows import BOUNDARY_KINDS, WINDOW, label_windows

Chromosomes = dict[str, LabelledChromosome]


def expected(chromosome: LabelledChromosome) -> list[list[int]]:
    """Boundaries per window and strand, one by one."""
    length = len(chromosome.sequence)
    counts = [[0, 0] for _ in range(-(-length // WINDOW))]
    for column, strand in enumerate(chromosome.strands()):
        for kind in BOUNDARY_KINDS:
            for position in strand.labels[kind].true.tolist():
                forward = length - 1 - position if column else position
                counts[forward // WINDOW][column] += 1
    return counts


def test_the_window_is_the_one_of_the_task() -> None:
    assert WINDOW == 5000
    assert BOUNDARY_KINDS == ("donor", "acceptor")


def test_boundaries_are_counted_by_strand(chromosomes: Chromosomes) -> None:
    for chromosome in chromosomes.values():
        windows = label_windows(chromosome)
        assert windows.boundaries.tolist() == expected(chromosome)
        assert windows.usable.all()


def test_the_last_window_may_be_shorter(chromosomes: Chromosomes) -> None:
    short = replace(chromosomes["c"], sequence=chromosomes["c"].sequence[:12_345], transcripts=[])
    windows = label_windows(short)
    assert len(windows.usable) == 3
    assert len(windows.codes(2)) == 2_345
    assert windows.boundaries.sum() == 0


def test_what_is_masked_or_unknown_does_not_count(chromosomes: Chromosomes) -> None:
    chromosome = chromosomes["c"]
    whole = label_windows(chromosome)
    (first, second, *_) = np.flatnonzero(whole.boundaries.sum(axis=1))
    sequence = chromosome.sequence.copy()
    sequence[second * WINDOW : second * WINDOW + 2_501] = 4
    mask = np.array(
        [[first * WINDOW, first * WINDOW + 2_400], [first * WINDOW, first * WINDOW + 2_501]]
    )
    windows = label_windows(replace(chromosome, sequence=sequence, mask=mask))
    assert not windows.usable[[first, second]].any()
    assert windows.usable.sum() == len(windows.usable) - 2
    assert windows.boundaries[first].sum() < whole.boundaries[first].sum()


def test_what_is_neither_true_nor_false_is_counted_apart(chromosomes: Chromosomes) -> None:
    chromosome = chromosomes["c"]
    whole = label_windows(chromosome)
    start = int(chromosome.transcripts[0].cds[0][0])
    mask = np.array([[0, start + 4000]])
    masked = label_windows(replace(chromosome, mask=mask))
    hidden = (masked.boundaries + masked.left_out)[:, 0]
    np.testing.assert_array_equal(hidden, (whole.boundaries + whole.left_out)[:, 0])
    assert masked.left_out.sum() > whole.left_out.sum()
    other = [replace(t, cds=()) for t in chromosome.transcripts]  # genes of another biotype
    assert label_windows(replace(chromosome, transcripts=other)).boundaries.sum() == 0
    assert label_windows(replace(chromosome, transcripts=other)).left_out.sum() > 0


@pytest.mark.parametrize("length", [0, 1])
def test_next_to_nothing_has_next_to_no_windows(length: int, chromosomes: Chromosomes) -> None:
    short = replace(chromosomes["c"], sequence=chromosomes["c"].sequence[:length], transcripts=[])
    assert label_windows(short).boundaries.shape == (length, 2)


def test_a_window_reads_in_the_direction_of_its_strand(chromosomes: Chromosomes) -> None:
    windows = label_windows(chromosomes["c"])
    forward = windows.codes(3)
    np.testing.assert_array_equal(forward, chromosomes["c"].sequence[3 * WINDOW : 4 * WINDOW])
    np.testing.assert_array_equal(windows.codes(3, "-"), reverse_complement(forward))
