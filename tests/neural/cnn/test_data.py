from __future__ import annotations

import numpy as np
import pytest
import torch

from features.coding import LEFT_OUT, content_labels
from features.genome import UNKNOWN
from features.labelled import LabelledChromosome
from features.sites import KINDS, candidate_sites
from neural.cnn.data import FALSE, TRUE, SiteData

CPU = torch.device("cpu")
CONTEXT, LENGTH = 20, 100


@pytest.fixture(scope="module")
def data(chromosomes: dict[str, LabelledChromosome]) -> SiteData:
    return SiteData([chromosomes["b"], chromosomes["c"]], CONTEXT, LENGTH, 0.5, CPU)


def test_every_strand_is_there_with_its_labels(
    data: SiteData, chromosomes: dict[str, LabelledChromosome]
) -> None:
    strands = [s for name in "bc" for s in chromosomes[name].strands()]
    assert len(data.ranges) == len(strands)
    for strand, (first, end) in zip(strands, data.ranges.tolist(), strict=True):
        np.testing.assert_array_equal(data.codes[first:end].numpy(), strand.sequence)
        contents = content_labels(chromosomes[strand.chromosome], strand.strand)
        np.testing.assert_array_equal(data.content[first:end].numpy(), contents)
        packed = data.sites[first:end].numpy()
        for bit, kind in enumerate(KINDS):
            candidates = candidate_sites(strand.sequence)[kind]
            candidates = candidates[candidates < len(packed)]
            true, left_out = strand.select(kind, candidates)
            label = (packed >> (2 * bit)) & 3
            assert set(np.flatnonzero(label)) == set(candidates[~left_out])
            np.testing.assert_array_equal(np.flatnonzero(label == TRUE), candidates[true])
            assert set(label[candidates[~true & ~left_out]]) == {FALSE}


def test_between_strands_nothing_counts(data: SiteData) -> None:
    outside = torch.ones(len(data.codes), dtype=torch.bool)
    for first, end in data.ranges.tolist():
        outside[first:end] = False
    assert outside.sum() == (CONTEXT + LENGTH) * (len(data.ranges) + 1)
    assert (data.codes[outside] == UNKNOWN).all()
    assert (data.sites[outside] == 0).all()
    assert (data.content[outside] == LEFT_OUT).all()


def test_windows_are_cut_with_their_context(data: SiteData) -> None:
    starts = torch.tensor([int(data.ranges[0, 0]) - 7, int(data.ranges[-1, 1]) - 3])
    batch = data.cut(starts)
    assert batch.codes.shape == (2, LENGTH + 2 * CONTEXT)
    for row, start in enumerate(starts.tolist()):
        assert torch.equal(batch.codes[row], data.codes[start - CONTEXT : start + LENGTH + CONTEXT])
        assert torch.equal(batch.sites[row], data.sites[start : start + LENGTH])
        assert torch.equal(batch.content[row], data.content[start : start + LENGTH])


@pytest.mark.parametrize("centred", [0.0, 1.0])
def test_centred_windows_hold_a_true_site(
    centred: float, chromosomes: dict[str, LabelledChromosome]
) -> None:
    data = SiteData([chromosomes["b"]], CONTEXT, LENGTH, centred, CPU)
    batch = data.draw(200, torch.Generator().manual_seed(1))
    any_true = sum(TRUE << 2 * bit for bit in range(len(KINDS)))
    holding = ((batch.sites & any_true) > 0).any(1).float().mean()
    assert holding == 1.0 if centred else holding < 0.5


def test_the_same_seed_draws_the_same(data: SiteData) -> None:
    one, other = (data.draw(9, torch.Generator().manual_seed(3)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_digest_tells_data_apart(
    data: SiteData, chromosomes: dict[str, LabelledChromosome]
) -> None:
    again = SiteData([chromosomes["b"], chromosomes["c"]], CONTEXT, LENGTH, 0.5, CPU)
    other = SiteData([chromosomes["b"]], CONTEXT, LENGTH, 0.5, CPU)
    assert data.digest() == again.digest() != other.digest()
