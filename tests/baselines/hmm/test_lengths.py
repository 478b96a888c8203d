from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from baselines.hmm.lengths import (
    EXON_TYPES,
    LONGEST_TABLE,
    SHORTEST_TABLE,
    fit_lengths,
    fit_survival,
    measure_lengths,
)
from features.errors import TrainingError
from features.labelled import LabelledChromosome
from features.transcripts import Interval, Transcript


def mass(model: tuple[np.ndarray, float]) -> float:
    """Sum of the density over the table and its geometric tail."""
    table, rate = model
    return float(np.exp(table).sum() + np.exp(table[-1]) / np.expm1(rate))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_density_is_near_one_in_all_and_highest_where_the_lengths_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = np.exp(rng.normal(5, 0.6, 3000)).astype(int) + 20
    model = fit_lengths(lengths, 20)
    assert np.isneginf(model.table[:20]).all()
    assert np.isfinite(model.table[20:]).all()
    assert mass(model) == pytest.approx(1, abs=0.1)
    assert np.quantile(lengths, 0.1) < model.table.argmax() < np.quantile(lengths, 0.6)


def test_a_table_follows_the_histogram() -> None:
    rng = np.random.default_rng(0)
    lengths = np.r_[rng.integers(45, 56, 5000), rng.integers(300, 501, 5000)]
    table = np.exp(fit_lengths(lengths, 4).table)
    assert table[45:56].sum() == pytest.approx(0.5, abs=0.1)
    assert table[300:501].sum() == pytest.approx(0.5, abs=0.1)
    assert table[100:200].sum() < 0.02


def test_tail_decays_with_the_mean_excess() -> None:
    lengths = np.random.default_rng(1).exponential(2000, 20_000).astype(int) + 50
    model = fit_lengths(lengths, 50)
    assert len(model.table) == pytest.approx(50 + 2000 * np.log(50), rel=0.1)
    assert 1 / model.rate == pytest.approx(2000, rel=0.2)


def test_a_single_length_gives_finite_numbers() -> None:
    model = fit_lengths([60] * 12, 4)
    assert np.isfinite(model.table[4:]).all()
    assert model.table.argmax() in range(55, 66)
    assert 0 < model.rate < 1


def gene(number: int, strand: str, offset: int, sizes: list[int], **options: bool) -> Transcript:
    """Exons of ``sizes`` with introns of 50 + ``number`` bases between them."""
    cds: list[Interval] = []
    for size in sizes:
        cds.append((offset, offset + size))
        offset += size + 50 + number
    name = f"g{number}{strand}"
    return Transcript("c", strand, name, f"{name}.1", tuple(cds), tuple(cds), **options)  # type: ignore[arg-type]


def chromosome(genes: list[Transcript]) -> LabelledChromosome:
    return LabelledChromosome("c", np.zeros(10, np.uint8), genes)


def test_exon_types_follow_the_strand() -> None:
    forward = [gene(i, "+", 5000 * i, [100, 60, 300]) for i in range(12)]
    reverse = [gene(i, "-", 5000 * i, [300, 60, 100]) for i in range(12)]
    single = [gene(i + 20, "+", 5000 * i, [450]) for i in range(12)]
    lengths = measure_lengths([chromosome(forward + single), chromosome(reverse)])
    modes = {
        name: int(model.table.argmax())
        for name, model in zip(EXON_TYPES, lengths.exons, strict=True)
    }
    assert modes == pytest.approx(
        {"single": 450, "initial": 100, "internal": 60, "terminal": 300, "cut": 0}, rel=0.1
    )
    assert 45 <= int(lengths.introns.table.argmax()) <= 65


@pytest.mark.parametrize(("genes", "shortest"), [(40, 40), (1200, 50)])
def test_few_introns_do_not_show_the_shortest(genes: int, shortest: int) -> None:
    """Introns of 50 bases and more; below 1,000 of them, introns a fifth shorter are still possible."""
    annotated = [gene(i % 12, "+", 5000 * i, [100, 300]) for i in range(genes)]
    table = measure_lengths([chromosome(_renamed(annotated))]).introns.table
    assert np.isneginf(table[:shortest]).all()
    assert np.isfinite(table[shortest:]).all()


def _renamed(genes: list[Transcript]) -> list[Transcript]:
    """The same transcripts, each of a gene of its own."""
    return [replace(each, gene=f"g{number}") for number, each in enumerate(genes)]


def test_cut_lengths_are_shares_of_all_longer_ones() -> None:
    # Exons of 100, 60 and 300 bases, introns of 50 to 61.
    genes = [gene(i, "+", 5000 * i, [100, 60, 300]) for i in range(12)]
    lengths = measure_lengths([chromosome(genes)])
    exons = np.exp(lengths.exons[EXON_TYPES.index("cut")].table)
    introns = np.exp(lengths.cut_introns.table)
    for share, length, expected in (
        (exons, 0, 1),
        (exons, 60, 1),
        (exons, 61, 2 / 3),
        (exons, 100, 2 / 3),
        (exons, 101, 1 / 3),
        (exons, 300, 1 / 3),
        (exons, 301, 0),
        (introns, 50, 1),
        (introns, 51, 11 / 12),
        (introns, 61, 1 / 12),
        (introns, 62, 0),
    ):
        assert share[length] == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("scale", [30, 400, 20_000])
def test_survival_falls_from_one_and_is_never_zero(scale: int) -> None:
    observed = np.random.default_rng(2).exponential(scale, 5000).astype(int) + 20
    model = fit_survival(observed)
    assert model.table[:21] == pytest.approx(0)
    assert (np.diff(model.table) <= 0).all()
    assert np.isfinite(model.table).all()
    assert SHORTEST_TABLE <= len(model.table) <= LONGEST_TABLE
    for length in range(0, len(model.table), 50):
        assert np.exp(model.table[length]) == pytest.approx((observed >= length).mean(), abs=1e-3)
    # The tail is that of the lengths themselves.
    assert model.rate == fit_lengths(observed, 4).rate > 0


def test_incomplete_transcripts_are_not_measured() -> None:
    whole = [gene(i, "+", 5000 * i, [100, 60, 300]) for i in range(12)]
    torn = [gene(i + 30, "+", 5000 * i, [7, 9], end_complete=False) for i in range(40)]
    here, there = measure_lengths([chromosome(whole + torn)]), measure_lengths([chromosome(whole)])
    np.testing.assert_array_equal(here.introns.table, there.introns.table)


def test_without_introns_there_is_nothing_to_measure() -> None:
    single = [gene(i, "+", 5000 * i, [450]) for i in range(30)]
    with pytest.raises(
        TrainingError, match="Too few introns .*: 0. Check that the annotation has intr"
    ):
        measure_lengths([chromosome(single)])
