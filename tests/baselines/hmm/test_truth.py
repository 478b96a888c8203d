from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from baselines.hmm.truth import annotated, structure_f1
from features.labelled import LabelledChromosome
from features.transcripts import Interval, Transcript


def transcript(
    strand: str, cds: tuple[Interval, ...], gene: str = "g", number: int = 1
) -> Transcript:
    return Transcript("c", strand, gene, f"{gene}.{number}", cds, cds)


TRUE = [
    transcript("+", ((10, 20), (30, 42))),
    transcript("+", ((10, 20),), "g", 2),
    transcript("-", ((60, 90),), "h"),
]
CHROMOSOME = LabelledChromosome("c", np.zeros(200, np.uint8), TRUE)


@pytest.mark.parametrize(
    ("predicted", "exon_f1", "gene_f1"),
    [
        ([], 0, 0),
        (TRUE, 1, 4 / 5),
        # Either isoform finds its gene.
        ([TRUE[1], TRUE[2]], 2 * 2 / (2 + 3), 1),
        # The other strand is another exon, and a chain must be whole.
        ([transcript("+", ((60, 90),))], 0, 0),
        ([transcript("+", ((30, 42),))], 2 * 1 / (1 + 3), 0),
        # One base off is wrong.
        ([transcript("-", ((60, 93),))], 0, 0),
    ],
)
def test_exact_f1(predicted: list[Transcript], exon_f1: float, gene_f1: float) -> None:
    assert structure_f1([(annotated(CHROMOSOME), predicted)]) == pytest.approx(exon_f1 + gene_f1)


def test_what_touches_the_mask_does_not_count() -> None:
    masked = replace(CHROMOSOME, mask=np.array([[41, 50]]))
    # The first isoform of g is masked, true or predicted.
    assert structure_f1([(annotated(masked), TRUE)]) == pytest.approx(2)
    assert structure_f1(
        [(annotated(masked), [*TRUE, transcript("+", ((45, 48),))])]
    ) == pytest.approx(2)


def test_the_mask_may_overlap_itself_in_any_order() -> None:
    masked = replace(CHROMOSOME, mask=np.array([[44, 50], [41, 46], [0, 2]]))
    plain = annotated(replace(CHROMOSOME, mask=np.array([[41, 50]])))
    assert annotated(masked)[:2] == plain[:2]
    assert structure_f1([(annotated(masked), TRUE)]) == pytest.approx(2)


def test_frameshift_gaps_of_the_annotation_are_closed() -> None:
    shifted = transcript("+", ((10, 20), (24, 40), (60, 70), (75, 80)))
    chromosome = LabelledChromosome("c", np.zeros(200, np.uint8), [shifted])
    closed = ((10, 40), (60, 70), (75, 80))
    truth = annotated(chromosome)
    assert truth.exons == {("+", exon) for exon in closed}
    assert truth.genes == {("+", "g"): {closed}}
    # A decoder writes no such gap, so the closed chain is what it can find.
    assert structure_f1([(annotated(chromosome), [transcript("+", closed)])]) == pytest.approx(2)
    assert structure_f1([(annotated(chromosome), [shifted])]) == pytest.approx(2 * 2 / (4 + 3))


def test_one_gene_name_on_both_strands_is_two_genes() -> None:
    pair = [transcript("+", ((10, 20),)), transcript("-", ((60, 90),))]
    both = annotated(LabelledChromosome("c", np.zeros(200, np.uint8), pair))
    assert set(both.genes) == {("+", "g"), ("-", "g")}
    assert structure_f1([(both, pair)]) == pytest.approx(2)
    assert structure_f1([(both, pair[:1])]) == pytest.approx(2 * 2 / 3)


def test_transcripts_without_cds_are_no_truth() -> None:
    silent = Transcript("c", "+", "n", "n.1", ((100, 120),))
    more = annotated(replace(CHROMOSOME, transcripts=[*TRUE, silent]))
    assert more[:2] == annotated(CHROMOSOME)[:2]


def test_chromosomes_are_added_up() -> None:
    other = LabelledChromosome("d", np.zeros(9, np.uint8), [transcript("+", ((0, 9),), "k")])
    both = structure_f1([(annotated(CHROMOSOME), [TRUE[1], TRUE[2]]), (annotated(other), [])])
    assert both == pytest.approx(2 * 2 / (2 + 4) + 2 * 2 / (2 + 3))
