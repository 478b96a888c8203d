from __future__ import annotations

from pathlib import Path

from features.annotation.assembly import assemble, extend_to_stops, judge_ends
from features.annotation.draft import Draft, Part, split_copies
from features.genome import encode
from features.transcripts import Transcript

NOWHERE = Path("x.gff3")


def test_touching_and_overlapping_parts_become_one_with_the_first_score() -> None:
    draft = Draft(
        "c", "+", "t", "g",
        exons=[Part(20, 40), Part(0, 10), Part(10, 12)],
        cds=[Part(20, 30, 2.0), Part(29, 35, 3.0), Part(2, 12, 1.0)],
    )  # fmt: skip
    transcript = assemble(NOWHERE, draft, stops_marked=False)
    assert transcript.exons == ((0, 12), (20, 40))
    assert transcript.cds == ((2, 12), (20, 35))
    assert transcript.cds_scores == (1.0, 2.0)


def test_pseudogene_loses_its_cds_but_not_its_exons() -> None:
    draft = Draft("c", "+", "t", "g", pseudogene=True, cds=[Part(0, 9)])
    transcript = assemble(NOWHERE, draft, stops_marked=False)
    assert (transcript.exons, transcript.cds, transcript.biotype) == (((0, 9),), (), "pseudogene")


def test_spans_that_do_not_part_the_parts_leave_one_transcript() -> None:
    split = Draft(
        "c", "+", "t", "g", exons=[Part(0, 9), Part(20, 30)], spans=[Part(0, 9), Part(20, 30)]
    )
    assert [copy.exons for copy in split_copies(split)] == [[Part(0, 9)], [Part(20, 30)]]
    outside = Draft(
        "c", "+", "t", "g", exons=[Part(0, 9), Part(12, 30)], spans=[Part(0, 9), Part(20, 30)]
    )
    assert split_copies(outside) == [outside]
    overlapping = Draft("c", "+", "t", "g", exons=[Part(0, 9)], spans=[Part(0, 9), Part(5, 30)])
    assert split_copies(overlapping) == [overlapping]


def test_stop_codon_at_the_sequence_end_is_still_found_and_none_past_it() -> None:
    sequence = encode("ATGAAATAA")
    transcript = Transcript("c", "+", "g", "t", ((0, 6),), ((0, 6),), cds_scores=(1.0,))
    balance, extended = extend_to_stops([transcript], sequence)
    assert (balance, extended[0].cds, extended[0].cds_scores) == (1, ((0, 9),), (1.0,))
    assert extend_to_stops([transcript], sequence[:8]) == (0, [transcript])


def test_extension_on_the_reverse_strand_keeps_scores_in_order() -> None:
    # Reverse strand reads ATG AAA | T(intron)AA: forward TT gtccca A TTT CAT.
    sequence = encode("TTGTCCCATTTCAT")
    transcript = Transcript("c", "-", "g", "t", ((0, 2), (7, 14)), ((8, 14),), cds_scores=(5.0,))
    balance, (longer,) = extend_to_stops([transcript], sequence)
    assert (balance, longer.cds, longer.cds_scores) == (1, ((0, 2), (7, 14)), (5.0, 5.0))
    judged = judge_ends(longer, partial=False, sequence=sequence)
    assert judged == longer
