from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from baselines.hmm import HmmDecoder, training
from baselines.hmm.lengths import measure_lengths
from baselines.hmm.path import Weights
from baselines.hmm.training import HOPELESS, lowest_true_log_odds, search_weights
from baselines.hmm.truth import annotated, structure_f1
from features.errors import TrainingError
from features.labelled import LabelledChromosome, ScoredChromosome
from features.sites import KINDS, SiteScores
from features.transcripts import Transcript

NO_LIMIT = dict.fromkeys(KINDS, -np.inf)


def test_the_search_never_ends_below_its_begin(
    few_rounds: None,
    chromosomes: dict[str, LabelledChromosome],
    scored: dict[str, ScoredChromosome],
) -> None:
    lengths = measure_lengths([chromosomes["a"]])
    lowest = dict.fromkeys(KINDS, -8.0)
    found = search_weights([scored["b"]], lengths, lowest, Weights(), 0, 1)
    assert found == search_weights([scored["b"]], lengths, lowest, Weights(), 0, 2)

    def quality(weights: Weights) -> float:
        decoder = HmmDecoder()
        decoder.lengths, decoder.weights = lengths, weights
        decoder.lowest_log_odds = lowest
        each = scored["b"]
        genes = decoder.decode(each.forward, each.reverse, each.chromosome.sequence, "b")
        return structure_f1([(annotated(each.chromosome), genes)])

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
    assert search_weights([scored["b"]], lengths, NO_LIMIT, Weights(), 0, threads) == Weights()
    monkeypatch.setattr(training, "JUMPS", 40)
    found = search_weights([scored["b"]], lengths, NO_LIMIT, Weights(), 0, threads)
    assert all(new != old for new, old in zip(found, Weights(), strict=True))
    assert found == search_weights([scored["b"]], lengths, NO_LIMIT, Weights(), 0, 1)
    assert found != search_weights([scored["b"]], lengths, NO_LIMIT, Weights(), 1, threads)


def true_and_false(
    odds: dict[str, tuple[list[float], list[float]]], **options: object
) -> ScoredChromosome:
    """A chromosome of many one-intron genes, half of them on either strand, and their scored sites.

    ``odds`` holds, per kind, the log odds of the true sites of the forward and of the reverse strand.
    """
    genes, size, count = [], 200, 300
    for number in range(count):
        cds = ((200 * number + 20, 200 * number + 50), (200 * number + 120, 200 * number + 150))
        genes.append(Transcript("c", "+-"[number % 2], f"g{number}", f"g{number}.1", cds, cds))
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
            search_weights(validation, lengths, NO_LIMIT, Weights(), 0, 1)
