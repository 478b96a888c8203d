from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from baselines.hmm import HmmDecoder, training
from baselines.hmm.lengths import measure_lengths
from baselines.hmm.path import Weights
from baselines.hmm.topology import Events, build_events
from baselines.hmm.training import (
    HOPELESS,
    Problem,
    annotated,
    lowest_true_log_odds,
    search_weights,
    structure_f1,
)
from features.errors import TrainingError
from features.labelled import LabelledChromosome, ScoredChromosome
from features.regions import merge_regions
from features.sites import KINDS, SiteScores
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
NO_LIMIT = dict.fromkeys(KINDS, -np.inf)


def problem(chromosome: LabelledChromosome, events: Events | None = None) -> Problem:
    """``chromosome`` as the search sees it; without a decoder, its events do not matter."""
    if events is None:
        nothing = SiteScores.from_dense_content(
            dict.fromkeys(KINDS, np.empty(0, np.int64)),
            dict.fromkeys(KINDS, np.empty(0, np.float32)),
            np.zeros((len(chromosome.sequence), 4)),
        )
        events = build_events(nothing, nothing, chromosome.sequence, NO_LIMIT)
    mask = merge_regions(chromosome.mask)
    return Problem(chromosome.name, events, mask, annotated(chromosome))


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
    assert structure_f1([(problem(CHROMOSOME), predicted)]) == pytest.approx(exon_f1 + gene_f1)


def test_what_touches_the_mask_does_not_count() -> None:
    masked = replace(CHROMOSOME, mask=np.array([[41, 50]]))
    # The first isoform of g is masked, true or predicted.
    assert structure_f1([(problem(masked), TRUE)]) == pytest.approx(2)
    assert structure_f1(
        [(problem(masked), [*TRUE, transcript("+", ((45, 48),))])]
    ) == pytest.approx(2)


def test_the_mask_may_overlap_itself_in_any_order() -> None:
    masked = replace(CHROMOSOME, mask=np.array([[44, 50], [41, 46], [0, 2]]))
    assert annotated(masked) == annotated(replace(CHROMOSOME, mask=np.array([[41, 50]])))
    assert structure_f1([(problem(masked), TRUE)]) == pytest.approx(2)


def test_frameshift_gaps_of_the_annotation_are_closed() -> None:
    shifted = transcript("+", ((10, 20), (24, 40), (60, 70), (75, 80)))
    chromosome = LabelledChromosome("c", np.zeros(200, np.uint8), [shifted])
    closed = ((10, 40), (60, 70), (75, 80))
    truth = annotated(chromosome)
    assert truth.exons == {("+", exon) for exon in closed}
    assert truth.genes == {("+", "g"): {closed}}
    # A decoder writes no such gap, so the closed chain is what it can find.
    assert structure_f1([(problem(chromosome), [transcript("+", closed)])]) == pytest.approx(2)
    assert structure_f1([(problem(chromosome), [shifted])]) == pytest.approx(2 * 2 / (4 + 3))


def test_one_gene_name_on_both_strands_is_two_genes() -> None:
    pair = [transcript("+", ((10, 20),)), transcript("-", ((60, 90),))]
    both = problem(LabelledChromosome("c", np.zeros(200, np.uint8), pair))
    assert set(both.truth.genes) == {("+", "g"), ("-", "g")}
    assert structure_f1([(both, pair)]) == pytest.approx(2)
    assert structure_f1([(both, pair[:1])]) == pytest.approx(2 * 2 / 3)


def test_transcripts_without_cds_are_no_truth() -> None:
    silent = Transcript("c", "+", "n", "n.1", ((100, 120),))
    assert annotated(replace(CHROMOSOME, transcripts=[*TRUE, silent])) == annotated(CHROMOSOME)


def test_chromosomes_are_added_up() -> None:
    other = LabelledChromosome("d", np.zeros(9, np.uint8), [transcript("+", ((0, 9),), "k")])
    both = structure_f1([(problem(CHROMOSOME), [TRUE[1], TRUE[2]]), (problem(other), [])])
    assert both == pytest.approx(2 * 2 / (2 + 4) + 2 * 2 / (2 + 3))


def test_the_search_never_ends_below_its_begin(
    few_rounds: None,
    chromosomes: dict[str, LabelledChromosome],
    scored: dict[str, ScoredChromosome],
) -> None:
    lengths = measure_lengths([chromosomes["a"]])
    lowest = dict.fromkeys(KINDS, -8.0)
    found = search_weights([scored["b"]], lengths, lowest, 1)
    assert found == search_weights([scored["b"]], lengths, lowest, 2)

    def quality(weights: Weights) -> float:
        decoder = HmmDecoder()
        decoder.lengths, decoder.weights = lengths, weights
        decoder.lowest_log_odds = lowest
        each = scored["b"]
        genes = decoder.decode(each.forward, each.reverse, each.chromosome.sequence, "b")
        return structure_f1([(problem(each.chromosome), genes)])

    assert quality(found) > quality(Weights())


@pytest.mark.parametrize("threads", [1, 2])
def test_joint_moves_alone_also_help(
    chromosomes: dict[str, LabelledChromosome],
    scored: dict[str, ScoredChromosome],
    monkeypatch: pytest.MonkeyPatch,
    threads: int,
) -> None:
    lengths = measure_lengths([chromosomes["a"]])
    monkeypatch.setattr(training, "ROUNDS", ())
    monkeypatch.setattr(training, "JUMPS", 0)
    assert search_weights([scored["b"]], lengths, NO_LIMIT, threads) == Weights()
    monkeypatch.setattr(training, "JUMPS", 40)
    found = search_weights([scored["b"]], lengths, NO_LIMIT, threads)
    assert all(new != old for new, old in zip(found, Weights(), strict=True))


def true_and_false(
    odds: dict[str, tuple[list[float], list[float]]], **options: object
) -> ScoredChromosome:
    """A chromosome of many one-intron genes, half of them on either strand, and their scored sites.

    ``odds`` holds, per kind, the log odds of the true sites of the forward and of the reverse strand.
    """
    genes, size, count = [], 200, 300
    for number in range(count):
        cds = ((200 * number + 20, 200 * number + 50), (200 * number + 120, 200 * number + 150))
        genes.append(transcript("+-"[number % 2], cds, f"g{number}"))
    chromosome = LabelledChromosome("c", np.zeros(size * count, np.uint8), genes, **options)  # type: ignore[arg-type]
    scores = []
    for which, strand in enumerate(replace(chromosome, mask=np.empty((0, 2), int)).strands()):
        positions = {kind: strand.labels[kind].true for kind in KINDS}
        log_odds = {}
        for kind in KINDS:
            values = odds.get(kind, ([1.0], [1.0]))[which]
            log_odds[kind] = np.resize(np.array(values, np.float32), len(positions[kind]))
            # A false site right of each true one scores far lower.
            positions[kind] = np.sort(np.r_[positions[kind], positions[kind] + 3])
            log_odds[kind] = np.column_stack(
                [log_odds[kind], np.full(len(log_odds[kind]), -99, np.float32)]
            ).ravel()
        nothing = np.zeros((size * count, 4))
        scores.append(SiteScores.from_dense_content(positions, log_odds, nothing))
    return ScoredChromosome(chromosome, *scores)


def test_the_limit_of_a_kind_is_what_nearly_all_its_true_sites_reach() -> None:
    # 150 true sites a strand; one in 300 may fall below the limit, two may not.
    donors = ([-20.0, *[-11.0] * 149], [-12.0, *[2.0] * 149])
    stops = ([-30.0, -25.0, *[3.0] * 148], [5.0])
    found = lowest_true_log_odds([true_and_false({"donor": donors, "stop": stops})])
    assert found["donor"] == pytest.approx(-12)
    assert found["stop"] == pytest.approx(-25)
    # Where true sites score well, the limit is where all others would be hopeless, too.
    assert found["acceptor"] == found["start"] == HOPELESS


def test_masked_sites_set_no_limit() -> None:
    odds = {"start": ([*[-15.0] * 20, *[1.0] * 130], [1.0])}
    assert lowest_true_log_odds([true_and_false(odds)])["start"] == pytest.approx(-15)
    masked = true_and_false(odds, mask=np.array([[0, 8000]]))
    assert lowest_true_log_odds([masked])["start"] == HOPELESS


def test_validation_chromosomes_set_the_limit_together() -> None:
    low, high = true_and_false({"start": ([-15.0], [-15.0])}), true_and_false({})
    assert lowest_true_log_odds([high, low])["start"] == pytest.approx(-15)
    assert lowest_true_log_odds([]) == dict.fromkeys(KINDS, HOPELESS)


def test_validation_without_coding_genes(
    chromosomes: dict[str, LabelledChromosome], scored: dict[str, ScoredChromosome]
) -> None:
    bare = replace(scored["b"], chromosome=replace(chromosomes["b"], transcripts=[]))
    lengths = measure_lengths([chromosomes["a"]])
    for validation in ([bare], []):
        with pytest.raises(TrainingError, match="no coding gene.*Name other validation"):
            search_weights(validation, lengths, NO_LIMIT, 1)
