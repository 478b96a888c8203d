from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from baselines.hmm import HmmDecoder
from baselines.hmm.lengths import measure_lengths
from baselines.hmm.path import Weights
from baselines.hmm.training import search_weights, structure_f1
from features.errors import TrainingError
from features.labelled import LabelledChromosome, ScoredChromosome
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
    assert structure_f1([(CHROMOSOME, predicted)]) == pytest.approx(exon_f1 + gene_f1)


def test_what_touches_the_mask_does_not_count() -> None:
    masked = replace(CHROMOSOME, mask=np.array([[41, 50]]))
    # The first isoform of g is masked, true or predicted.
    assert structure_f1([(masked, TRUE)]) == pytest.approx(2)
    assert structure_f1([(masked, [*TRUE, transcript("+", ((45, 48),))])]) == pytest.approx(2)


def test_chromosomes_are_added_up() -> None:
    other = LabelledChromosome("d", np.zeros(9, np.uint8), [transcript("+", ((0, 9),), "k")])
    both = structure_f1([(CHROMOSOME, [TRUE[1], TRUE[2]]), (other, [])])
    assert both == pytest.approx(2 * 2 / (2 + 4) + 2 * 2 / (2 + 3))


def test_the_search_never_ends_below_its_begin(
    few_rounds: None,
    chromosomes: dict[str, LabelledChromosome],
    scored: dict[str, ScoredChromosome],
) -> None:
    lengths = measure_lengths([chromosomes["a"]])
    found = search_weights([scored["b"]], lengths, -8.0, 1)
    assert found == search_weights([scored["b"]], lengths, -8.0, 2)

    def quality(weights: Weights) -> float:
        decoder = HmmDecoder()
        decoder.lengths, decoder.weights = lengths, weights
        each = scored["b"]
        genes = decoder.decode(each.forward, each.reverse, each.chromosome.sequence, "b")
        return structure_f1([(each.chromosome, genes)])

    assert quality(found) > quality(Weights())


def test_validation_without_coding_genes(
    chromosomes: dict[str, LabelledChromosome], scored: dict[str, ScoredChromosome]
) -> None:
    bare = replace(scored["b"], chromosome=replace(chromosomes["b"], transcripts=[]))
    lengths = measure_lengths([chromosomes["a"]])
    for validation in ([bare], []):
        with pytest.raises(TrainingError, match="no coding gene.*Name other validation"):
            search_weights(validation, lengths, -8.0, 1)
