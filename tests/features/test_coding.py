from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import coding
from features.coding import (
    CODING,
    INTERGENIC,
    INTRON,
    LEFT_OUT,
    WORD,
    ContentModel,
    content_labels,
    open_frames,
)
from features.datasets.simulator import simulate
from features.errors import TrainingError
from features.genome import encode, reverse_complement
from features.kmers import kmer_indices
from features.labelled import LabelledChromosome
from features.transcripts import Transcript

STOPS = ("TAA", "TAG", "TGA")
bases = st.text("ACGTN", max_size=80)


def random_model(seed: int = 0) -> ContentModel:
    rng = np.random.default_rng(seed)
    return ContentModel(
        rng.normal(size=(3, 4**WORD)).astype(np.float32),
        rng.normal(size=4**WORD).astype(np.float32),
    )


def naive_cumulative(model: ContentModel, text: str) -> np.ndarray:
    sums = np.zeros((len(text) + 1, 4))
    for p in range(len(text)):
        sums[p + 1] = sums[p]
        word = text[p - WORD + 1 : p + 1] if p >= WORD - 1 else "N"
        if "N" not in word:
            index = int(word.translate(str.maketrans("ACGT", "0123")), 4)
            for frame in range(3):
                sums[p + 1, frame] += model.coding[(p - frame) % 3, index]
            sums[p + 1, 3] += model.intron[index]
    return sums


@given(bases)
def test_cumulative_sums_each_base_in_each_frame(text: str) -> None:
    model = random_model()
    np.testing.assert_allclose(
        model.cumulative(encode(text)), naive_cumulative(model, text), atol=1e-9
    )


def naive_open(text: str, sums: np.ndarray, after: bool) -> tuple[np.ndarray, np.ndarray]:
    """Every stop codon looked up in the string, every stretch tried; for sums too low to meet the ceiling."""
    n = len(text)
    length, best = np.zeros((n + 1, 3)), np.zeros((n + 1, 3))
    for b in range(n + 1):
        for f in range(3):
            stops = [q for q in range(f, n - 2, 3) if text[q : q + 3] in STOPS]
            if after:
                end = min((q for q in stops if q >= b), default=n)
                length[b, f] = end - b
                best[b, f] = max(sums[s, f] - sums[b, f] for s in range(b, end + 1))
            else:
                begin = max((q + 3 for q in stops if q + 3 <= b), default=0)
                length[b, f] = b - begin
                best[b, f] = max(sums[b, f] - sums[s, f] for s in range(begin, b + 1))
    return length, best


@settings(deadline=None)
@given(text=st.text("ATGN", max_size=60), after=st.booleans())
def test_open_frames(text: str, after: bool) -> None:
    sums = random_model(1).cumulative(encode(text))
    expected_length, expected_best = naive_open(text, sums, after)
    length, best = open_frames(encode(text), sums, after)
    np.testing.assert_array_equal(length, expected_length)
    np.testing.assert_allclose(best, expected_best, atol=1e-4)


def naive_clipped(steps: np.ndarray) -> float:
    """The highest stretch up to the last step, held between floor and ceiling at every base."""
    best = 0.0
    for step in steps:
        best = min(60.0, max(0.0, best + step))
    return best


@pytest.mark.parametrize("after", [False, True])
def test_best_coding_stays_between_floor_and_ceiling(after: bool) -> None:
    rng = np.random.default_rng(6)
    codes = rng.integers(1, 3, 600).astype(np.uint8)  # C and G only: no stop codon
    steps = rng.normal(0, 1.5, (600, 4))
    steps[:300] += 0.8
    steps[300:] -= 0.8
    sums = np.vstack([np.zeros(4), np.cumsum(steps, axis=0)])
    _, best = open_frames(codes, sums, after)
    assert best.min() == 0
    assert best.max() == 60
    for b in range(601):
        beside = steps[b:][::-1] if after else steps[:b]
        for frame in range(3):
            assert best[b, frame] == pytest.approx(naive_clipped(beside[:, frame]), abs=1e-3)


@pytest.mark.parametrize("after", [False, True])
def test_beyond_floor_or_ceiling_the_distant_past_is_forgotten(after: bool) -> None:
    """However far a view reaches, it sees the same once the score has met a bound."""
    codes = np.random.default_rng(7).integers(1, 3, 12_000).astype(np.uint8)
    for drift in (0.05, -0.05):
        steps = np.random.default_rng(8).normal(drift, 0.3, (12_000, 4))
        sums = np.vstack([np.zeros(4), np.cumsum(steps, axis=0)])
        _, whole = open_frames(codes, sums, after)
        begin = 0 if after else 3000
        _, part = open_frames(codes[begin : begin + 9000], sums[begin : begin + 9001], after)
        if after:
            seen, expected = part[:6000], whole[:6000]
        else:
            seen, expected = part[3000:], whole[6000:]
        assert expected.std() > 0
        np.testing.assert_allclose(seen, expected, atol=1e-3)


def test_plain_python_kernels_agree() -> None:
    codes = np.random.default_rng(5).integers(0, 5, 400).astype(np.uint8)
    model = random_model(2)
    sums = np.zeros((len(codes) + 1, 4))
    coding._accumulate.py_func(kmer_indices(codes, WORD), model.coding, model.intron, sums)
    np.testing.assert_allclose(sums, model.cumulative(codes), atol=1e-9)
    for after, scan in ((False, coding._scan_frames_before), (True, coding._scan_frames_after)):
        length, best = (np.zeros((len(codes) + 1, 3), np.float32) for _ in range(2))
        scan.py_func(codes, sums, length, best)
        compiled = open_frames(codes, sums, after)
        np.testing.assert_array_equal(length, compiled[0])
        np.testing.assert_allclose(best, compiled[1], atol=1e-4)


def gene(name: str, strand: str, cds: tuple[tuple[int, int], ...], isoform: int = 1) -> Transcript:
    return Transcript("c", strand, name, f"{name}.{isoform}", cds, cds)


def test_labels_of_a_forward_gene_and_its_shorter_isoform() -> None:
    long = gene("g", "+", ((3, 7), (10, 15)))
    other = gene("g", "+", ((3, 9),), 2)
    chromosome = LabelledChromosome("c", np.zeros(20, np.uint8), [long, other])
    zero, one, two = CODING, CODING + 1, CODING + 2
    nothing = [INTERGENIC] * 3
    expected = [*nothing, zero, one, two, zero, LEFT_OUT, LEFT_OUT, INTRON]
    expected += [one, two, zero, one, two, *[INTERGENIC] * 5]
    assert content_labels(chromosome, "+").tolist() == expected
    # On the other strand coding bases are left out and the intron is intergenic.
    forward = [INTERGENIC] * 3 + [LEFT_OUT] * 6 + [INTERGENIC] + [LEFT_OUT] * 5 + [INTERGENIC] * 5
    assert content_labels(chromosome, "-").tolist() == forward[::-1]


def test_labels_of_a_reverse_gene_under_a_mask() -> None:
    chromosome = LabelledChromosome(
        "c", np.zeros(12, np.uint8), [gene("g", "-", ((2, 6), (8, 10)))], np.array([[3, 4]])
    )
    zero, one, two = CODING, CODING + 1, CODING + 2
    expected = [INTERGENIC] * 2 + [zero, one, INTRON, INTRON]
    expected += [two, zero, LEFT_OUT, two, INTERGENIC, INTERGENIC]
    assert content_labels(chromosome, "-").tolist() == expected


@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize("start_complete", [False, True])
@pytest.mark.parametrize("end_complete", [False, True])
def test_a_cds_open_at_both_ends_tells_no_frame(
    strand: str, start_complete: bool, end_complete: bool
) -> None:
    whole = gene("g", strand, ((2, 6), (8, 10), (12, 15)))
    part = replace(whole, start_complete=start_complete, end_complete=end_complete)
    labels = content_labels(LabelledChromosome("c", np.zeros(18, np.uint8), [part]), strand)
    coding_bases = np.zeros(18, bool)
    for start, end in part.cds:
        coding_bases[start:end] = True
    introns = np.zeros(18, bool)
    introns[6:8] = introns[10:12] = True
    if strand == "-":
        coding_bases, introns = coding_bases[::-1], introns[::-1]
    if start_complete or end_complete:
        assert labels[coding_bases].tolist() == [CODING, CODING + 1, CODING + 2] * 3
    else:
        assert (labels[coding_bases] == LEFT_OUT).all()
    # Introns need no frame.
    assert (labels[introns] == INTRON).all()
    assert (labels[~coding_bases & ~introns] == INTERGENIC).all()


def test_a_non_coding_gene_counts_as_intergenic() -> None:
    rna = Transcript("c", "+", "r", "r.1", ((2, 5), (8, 11)), biotype="lncRNA")
    chromosome = LabelledChromosome("c", np.zeros(12, np.uint8), [rna])
    assert content_labels(chromosome, "+").tolist() == [INTERGENIC] * 12


@pytest.fixture(scope="module")
def simulated() -> LabelledChromosome:
    simulation = simulate({"a": 150_000}, 4)
    return LabelledChromosome("a", simulation.sequences["a"], simulation.transcripts)


def test_fitted_content_tells_coding_frames_apart(simulated: LabelledChromosome) -> None:
    model = ContentModel.fit([simulated])
    for strand in simulated.strands():
        steps = np.diff(model.cumulative(strand.sequence), axis=0)
        labels = content_labels(simulated, strand.strand)
        coding_bases = np.flatnonzero((labels >= CODING) & (labels < LEFT_OUT))
        own = (coding_bases - (labels[coding_bases] - CODING)) % 3
        right = steps[coding_bases, own].mean()
        wrong = steps[coding_bases, (own + 1) % 3].mean()
        assert right > 0.02
        assert right > wrong
        assert right > steps[labels == INTERGENIC, 0].mean()


def test_both_strands_weigh_alike(simulated: LabelledChromosome) -> None:
    n = len(simulated.sequence)
    mirrored = [
        Transcript(
            t.chromosome,
            "+-"[t.strand == "+"],
            t.gene,
            t.id,
            tuple((n - end, n - start) for start, end in t.exons[::-1]),
            tuple((n - end, n - start) for start, end in t.cds[::-1]),
            t.biotype,
        )
        for t in simulated.transcripts
    ]
    other = LabelledChromosome("a", reverse_complement(simulated.sequence), mirrored)
    here, there = ContentModel.fit([simulated]), ContentModel.fit([other])
    np.testing.assert_array_equal(here.coding, there.coding)
    np.testing.assert_array_equal(here.intron, there.intron)


def test_without_introns_the_intron_content_says_nothing() -> None:
    codes = np.random.default_rng(3).integers(0, 4, 3000).astype(np.uint8)
    model = ContentModel.fit([LabelledChromosome("c", codes, [gene("g", "+", ((300, 900),))])])
    assert not model.intron.any()
    assert model.coding.any()


def test_without_coding_sequence_nothing_is_learnt() -> None:
    with pytest.raises(TrainingError, match="No coding sequence.*Check that the annotation"):
        ContentModel.fit([LabelledChromosome("c", np.zeros(100, np.uint8), [])])


@pytest.mark.parametrize("text", ["", "A", "ACGTA", "N" * 50])
def test_short_and_unknown_sequence_scores_nothing(text: str) -> None:
    sums = random_model().cumulative(encode(text))
    assert sums.shape == (len(text) + 1, 4)
    assert not sums.any()
    for after in (False, True):
        length, best = open_frames(encode(text), sums, after)
        assert length.max(initial=0) == len(text)
        assert not best.any()
