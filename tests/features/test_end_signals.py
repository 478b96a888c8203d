from __future__ import annotations

import numpy as np
import pytest

from features.end_signals import EndSignals
from features.genome import encode, reverse_complement
from features.kmers import kmer_indices
from features.labelled import LabelledChromosome
from features.transcripts import Transcript

SIGNAL = encode("AATAAA")
INDEX = int(kmer_indices(SIGNAL, 6)[0])


def genes(
    number: int, utr: int = 200, signal: bool = True, strand: str = "+"
) -> LabelledChromosome:
    """Genes of 300 coding bases in random sequence, with a signal 20 bases before most of their ends."""
    rng = np.random.default_rng(number)
    codes = rng.integers(0, 4, 2000 * number).astype(np.uint8)
    transcripts = []
    for i in range(number):
        start, coding_end = 2000 * i + 500, 2000 * i + 800
        end = coding_end + utr
        if signal and i % 5:
            codes[end - 26 : end - 20] = SIGNAL
        exons, cds = ((start, end),), ((start, coding_end),)
        if strand == "-":
            n = len(codes)
            exons, cds = ((n - end, n - start),), ((n - coding_end, n - start),)
        transcripts.append(Transcript("c", strand, f"g{i}", f"t{i}", exons, cds))
    return LabelledChromosome(
        "c", reverse_complement(codes) if strand == "-" else codes, transcripts
    )


@pytest.mark.parametrize("strand", "+-")
def test_the_signal_is_learnt(strand: str) -> None:
    signals = EndSignals.fit([genes(150, strand=strand)])
    assert signals.weights.argmax() == INDEX
    assert signals.weights[INDEX] > np.log(2)
    # All others but those that overlap it are as frequent there as elsewhere.
    assert (signals.weights >= np.log(2)).sum() < 40
    positions, weights = signals.find(encode("GGCAATAAANNNAATAAA"))
    assert {9, 18} <= set(positions.tolist()) < set(range(19))
    assert weights[np.isin(positions, (9, 18))].tolist() == [signals.weights[INDEX]] * 2


@pytest.mark.parametrize(
    "chromosome",
    [
        genes(150, utr=40),
        genes(60),
        LabelledChromosome("c", np.zeros(3, np.uint8), []),
        LabelledChromosome(
            "c", genes(150).sequence, genes(150).transcripts, np.array([[0, 300_000]])
        ),
    ],
    ids=["coding only", "too few", "nothing", "masked"],
)
def test_without_untranslated_ends_there_is_no_signal(chromosome: LabelledChromosome) -> None:
    signals = EndSignals.fit([chromosome])
    assert not signals.weights.any()
    positions, weights = signals.find(SIGNAL)
    assert len(positions) == len(weights) == 0


def test_short_and_unknown_sequence_holds_no_signal() -> None:
    signals = EndSignals(np.ones(4096, np.float32))
    for codes in (np.empty(0, np.uint8), np.zeros(5, np.uint8), np.full(9, 4, np.uint8)):
        assert len(signals.find(codes)[0]) == 0
