"""State paths: painted from an annotation by codon position, and read back as coherent transcripts."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from baselines.hmm.composition_path import ALLOWED, STATES, label_states, transcripts_of_path
from features.genome import encode, reverse_complement
from features.labelled import LabelledChromosome
from features.transcripts import Transcript, cds_codes, translate


def test_labels_follow_codon_position_on_both_strands() -> None:
    plus = ((3, 7), (9, 11))
    minus = ((14, 15), (17, 22))
    chromosome = LabelledChromosome(
        "I",
        np.zeros(25, np.uint8),
        [
            Transcript("I", "+", "a", "a.1", plus, cds=plus),
            Transcript("I", "-", "b", "b.1", minus, cds=minus),
            Transcript("I", "+", "c", "c.1", ((20, 23),), cds=((20, 23),)),
        ],
        np.array([[0, 2]]),
    )
    names = [STATES[state] if state >= 0 else "masked" for state in label_states(chromosome)]
    assert names == [
        *["masked"] * 2,
        "intergenic",
        *["exon +0", "exon +1", "exon +2", "exon +0"],
        *["intron +1"] * 2,
        *["exon +1", "exon +2"],
        *["intergenic"] * 3,
        "exon -2",
        *["intron -1"] * 2,
        *["exon -1", "exon -0", "exon -2", "exon -1", "exon -0"],
        *["intergenic"] * 3,
    ]


def test_an_incomplete_five_prime_end_keeps_its_phase() -> None:
    cds = ((2, 6),)
    partial = Transcript("I", "+", "a", "a.1", cds, cds=cds, start_complete=False)
    states = label_states(LabelledChromosome("I", np.zeros(8, np.uint8), [partial]))
    assert [STATES[s] for s in states[2:6]] == ["exon +2", "exon +0", "exon +1", "exon +2"]


def test_a_transcript_is_cut_to_its_open_reading_frame() -> None:
    # Two bases of a codon, then AAA ATG CCC | CC-intron-C TAA GGG: the frame is the path's.
    codes = encode("TT" + "AA" + "AAAATGCCCCC" + "TTTT" + "CTAAGGG" + "TT")
    exon = [1, 2, 3]
    path = np.array([0, 0, 2, 3, *exon * 3, 1, 2, *[6] * 4, 3, *exon * 2, 0, 0], np.int8)
    (found,) = transcripts_of_path(path, codes, "I")
    assert found.cds == ((7, 15), (19, 23))
    assert translate(cds_codes(found, codes)) == "MPP*"
    assert found.end_complete
    assert found.gene == "I.composition.1"
    swap = np.array([0, 7, 8, 9, 10, 11, 12])
    n = len(codes)
    (mirrored,) = transcripts_of_path(swap[path[::-1]], reverse_complement(codes), "I")
    assert mirrored.cds == tuple((n - end, n - start) for start, end in found.cds[::-1])
    assert mirrored.strand == "-"


def test_a_gene_without_stop_is_incomplete_and_one_without_start_is_dropped() -> None:
    path = np.array([0, *[1, 2, 3] * 3, 1, 0], np.int8)
    (open_ended,) = transcripts_of_path(path, encode("TCCCATGCCCCT"), "I")
    assert open_ended.cds == ((4, 10),)
    assert not open_ended.end_complete
    assert transcripts_of_path(path, encode("TCCCCCCCCCCT"), "I") == []


@given(seed=st.integers(0, 10_000))
def test_every_transcript_of_a_random_path_reads_through(seed: int) -> None:
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 5, 300).astype(np.uint8)
    path = np.zeros(300, np.int8)
    for p in range(1, 300):
        path[p] = generator.choice(np.flatnonzero(ALLOWED[path[p - 1]]))
    for found in transcripts_of_path(path, codes, "I"):
        protein = translate(cds_codes(found, codes))
        assert found.cds_length == 3 * len(protein)
        assert protein.startswith("M")
        assert "*" not in protein[:-1]
        assert protein.endswith("*") == found.end_complete
        in_cds = np.concatenate([path[start:end] for start, end in found.cds])
        assert set(in_cds) <= ({1, 2, 3} if found.strand == "+" else {7, 8, 9})
