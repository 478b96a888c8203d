"""The greedy decoder: its thresholds, the transcripts it builds, and what it never does."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines import greedy
from baselines.greedy import MINIMUM_INTRON, GreedyDecoder, best_threshold
from features.errors import ModelError, TrainingError
from features.genome import Codes, encode, reverse_complement
from features.labelled import LabelledChromosome, ScoredChromosome
from features.sites import KINDS, SiteScores, candidate_sites
from features.transcripts import Transcript, cds_codes, translate

INTRON = "GTAAGTCCCCCCCCCCCCCCCCTTTTTCAG"
FIRST = "CCC" + "ATGCCCCC"
SECOND = "CCCCTAA" + "CCC"
GENE_LETTERS = FIRST + INTRON + SECOND
GENE = encode(GENE_LETTERS)
GENE_CDS = ((3, len(FIRST)), (len(FIRST) + len(INTRON), len(GENE) - 3))


def score(codes: Codes, log_odds: dict[str, dict[int, float]] | None = None) -> SiteScores:
    """Every candidate of ``codes``; log odds 1, or those given for some positions and -5 for the rest of that kind."""
    positions = candidate_sites(codes)
    scores = {kind: np.ones(len(found), np.float32) for kind, found in positions.items()}
    for kind, given_odds in (log_odds or {}).items():
        scores[kind][:] = [given_odds.get(int(p), -5.0) for p in positions[kind]]
    return SiteScores.from_dense_content(positions, scores, np.zeros((len(codes), 4)))


def decoder(maximum_intron: int = 1000, **thresholds: float) -> GreedyDecoder:
    made = GreedyDecoder()
    made.thresholds = dict.fromkeys(KINDS, 0.0) | thresholds
    made.maximum_intron = maximum_intron
    return made


def decode(
    made: GreedyDecoder, codes: Codes, odds: dict[str, dict[int, float]]
) -> list[Transcript]:
    reverse = reverse_complement(codes)
    silent = {kind: {} for kind in KINDS}
    return made.decode(score(codes, odds), score(reverse, silent), codes, "I")


def sites_of_gene() -> dict[str, dict[int, float]]:
    return {
        "start": {GENE_CDS[0][0]: 1.0},
        "donor": {GENE_CDS[0][1]: 2.0},
        "acceptor": {GENE_CDS[1][0]: 3.0},
        "stop": {GENE_CDS[1][1] - 3: 6.0},
    }


def test_two_exons_are_joined_over_their_intron() -> None:
    (found,) = decode(decoder(), GENE, sites_of_gene())
    assert found.cds == found.exons == GENE_CDS
    assert found.strand == "+"
    assert found.score == pytest.approx(3.0)
    assert (found.chromosome, found.gene) == ("I", "I.greedy.1")
    assert translate(cds_codes(found, GENE)) == "MPPP*"


@pytest.mark.parametrize("kind", KINDS)
def test_each_site_must_reach_its_threshold(kind: str) -> None:
    found = decode(decoder(**{kind: 10.0}), GENE, sites_of_gene())
    assert [t.cds for t in found] != [GENE_CDS]


@pytest.mark.parametrize(("maximum", "expected"), [(len(INTRON), 1), (len(INTRON) - 1, 0)])
def test_an_intron_is_no_longer_than_the_longest_of_training(maximum: int, expected: int) -> None:
    assert len(decode(decoder(maximum), GENE, sites_of_gene())) == expected


def test_an_intron_is_at_least_the_minimum() -> None:
    for length, expected in ((MINIMUM_INTRON - 1, 0), (MINIMUM_INTRON, 1)):
        codes = encode(FIRST + "GT" + "C" * (length - 4) + "AG" + SECOND)
        odds = sites_of_gene()
        odds["acceptor"] = {len(FIRST) + length: 1.0}
        odds["stop"] = {len(codes) - 6: 1.0}
        assert len(decode(decoder(), codes, odds)) == expected


def test_a_stop_codon_split_by_the_intron_is_refused() -> None:
    split = encode("CCCATGCCCTA" + INTRON + "ACCCTAACCC")
    odds = sites_of_gene()
    odds["donor"] = {11: 1.0}
    odds["acceptor"] = {11 + len(INTRON): 1.0}
    odds["stop"] = {len(split) - 6: 1.0}
    assert decode(decoder(), split, odds) == []
    split[11 + len(INTRON)] = 1
    assert len(decode(decoder(), split, odds)) == 1


def test_an_unknown_base_inside_the_frame_ends_the_attempt() -> None:
    for position in (7, 10, GENE_CDS[1][0], GENE_CDS[1][0] + 2):
        codes = GENE.copy()
        codes[position] = 4
        assert decode(decoder(), codes, sites_of_gene()) == []


def test_the_best_start_of_overlapping_transcripts_wins() -> None:
    codes = encode("CCATGCCCATGCCCCCCTAACC")
    stop = {"stop": {17: 1.0}, "donor": {}, "acceptor": {}}
    for better, worse in ((2, 8), (8, 2)):
        (found,) = decode(decoder(), codes, {"start": {better: 2.0, worse: 1.0}, **stop})
        assert found.cds == ((better, 20),)


def test_an_internal_exon_may_be_the_rest_of_one_codon() -> None:
    codes = encode("ATGCCCC" + INTRON + "CC" + INTRON + "CCCTAA")
    second = 7 + len(INTRON)
    third = second + 2 + len(INTRON)
    odds = {
        "start": {0: 1.0},
        "donor": {7: 1.0, second + 2: 1.0},
        "acceptor": {second: 1.0, third: 1.0},
        "stop": {len(codes) - 3: 1.0},
    }
    (found,) = decode(decoder(), codes, odds)
    assert found.cds == ((0, 7), (second, second + 2), (third, len(codes)))


def test_a_transcript_does_not_span_a_better_one() -> None:
    inner = "ATGCCCTAA"
    intron = INTRON[:-12] + inner + INTRON[-12:]
    codes = encode(FIRST + intron + SECOND)
    begin = len(FIRST) + len(INTRON) - 12
    odds = sites_of_gene()
    odds["start"] |= {begin: 5.0}
    odds["acceptor"] = {len(FIRST) + len(intron): 1.0}
    odds["stop"] = {begin + 6: 1.0, len(codes) - 6: 1.0}
    (found,) = decode(decoder(), codes, odds)
    assert found.cds == ((begin, begin + len(inner)),)


def test_an_acceptor_of_a_better_transcript_is_not_spliced_to() -> None:
    before = "ATGCCCGTCCCCTAACC"
    codes = encode(before + "CCCC" + GENE_LETTERS)
    offset = len(before) + 4
    odds = {kind: {p + offset: 5.0 for p in sites} for kind, sites in sites_of_gene().items()}
    odds["start"] |= {0: 1.0}
    odds["donor"] |= {6: 1.0}
    odds["stop"] |= {12: 1.0}
    short, spliced = decode(decoder(), codes, odds)
    assert short.cds == ((0, 15),)
    assert spliced.cds == tuple((start + offset, end + offset) for start, end in GENE_CDS)


def test_a_strand_without_sites_has_no_transcripts() -> None:
    nothing = np.full(50, 1, np.uint8)
    for length in (0, 1, 50):
        codes = nothing[:length]
        assert decoder().decode(score(codes), score(codes), codes, "I") == []


random_codes = st.lists(
    st.sampled_from([0, 2, 3, 0, 2, 3, 0, 1, 2, 3, 4]), min_size=0, max_size=900
).map(lambda letters: np.array(letters, np.uint8))


@given(codes=random_codes, seed=st.integers(0, 5))
def test_every_transcript_is_a_coherent_reading_frame(codes: Codes, seed: int) -> None:
    generator = np.random.default_rng(seed)
    scores = []
    for strand in (codes, reverse_complement(codes)):
        positions = candidate_sites(strand)
        odds = {
            k: generator.normal(0.5, 1, len(p)).astype(np.float32) for k, p in positions.items()
        }
        scores.append(SiteScores.from_dense_content(positions, odds, np.zeros((len(codes), 4))))
    made = decoder(200)
    found = made.decode(*scores, codes, "I")
    for transcript in found:
        spliced = cds_codes(transcript, codes)
        protein = translate(spliced)
        assert len(spliced) % 3 == 0
        assert protein.startswith("M")
        assert protein.index("*") == len(protein) - 1
        assert "X" not in protein
        assert all(MINIMUM_INTRON <= end - start <= 200 for start, end in transcript.introns)
    for strand in "+-":
        spans = sorted((t.start, t.end) for t in found if t.strand == strand)
        assert all(left[1] <= right[0] for left, right in pairwise(spans))
    mirrored = made.decode(*scores[::-1], reverse_complement(codes), "I")
    n = len(codes)
    assert {(t.strand, t.cds) for t in found} == {
        ("-" if t.strand == "+" else "+", tuple((n - b, n - a) for a, b in t.cds[::-1]))
        for t in mirrored
    }


def test_the_compiled_kernel_equals_its_plain_function(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.random.default_rng(1).integers(0, 4, 3000).astype(np.uint8)
    arguments = (score(codes), score(reverse_complement(codes)), codes, "I")
    compiled = decoder().decode(*arguments)
    monkeypatch.setattr(greedy, "_assemble_strand", greedy._assemble_strand.py_func)
    assert any(len(transcript.cds) > 1 for transcript in compiled)
    assert decoder().decode(*arguments) == compiled


@given(
    sites=st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=30),
    missed=st.integers(0, 3),
)
def test_the_threshold_is_the_one_of_highest_f1(sites: list[tuple[int, bool]], missed: int) -> None:
    log_odds = np.array([odds for odds, _ in sites], np.float32)
    true = np.array([is_true for _, is_true in sites])
    total = int(true.sum()) + missed

    def f1(threshold: float) -> float:
        kept = log_odds >= threshold
        return 2 * int((kept & true).sum()) / max(int(kept.sum()) + total, 1)

    chosen = best_threshold(log_odds, true, total)
    if not true.any():
        assert chosen == math.inf
    else:
        assert f1(chosen) == pytest.approx(max(f1(threshold) for threshold in range(-3, 4)))
        assert chosen in log_odds


def scored_gene(odds: dict[str, dict[int, float]] | None) -> ScoredChromosome:
    gene = Transcript("I", "+", "g", "g.1", GENE_CDS, cds=GENE_CDS)
    chromosome = LabelledChromosome("I", GENE, [gene])
    return ScoredChromosome(chromosome, score(GENE, odds), score(reverse_complement(GENE)))


def test_fit_finds_the_thresholds_and_the_longest_intron() -> None:
    scored = scored_gene(sites_of_gene())
    made = GreedyDecoder()
    made.fit([scored.chromosome], [scored])
    assert made.maximum_intron == len(INTRON)
    assert made.thresholds["acceptor"] == 3.0
    assert made.thresholds["stop"] == 6.0
    (found,) = made.decode(
        scored.forward, score(reverse_complement(GENE), {k: {} for k in KINDS}), GENE, "I"
    )
    assert found.cds == GENE_CDS


def test_sites_of_one_equal_score_are_all_kept() -> None:
    scored = scored_gene(None)
    made = GreedyDecoder()
    made.fit([scored.chromosome], [scored])
    assert made.thresholds == dict.fromkeys(KINDS, 1.0)


def test_masked_sites_choose_no_threshold() -> None:
    scored = scored_gene(sites_of_gene())
    masked = LabelledChromosome(
        "I", GENE, scored.chromosome.transcripts, np.array([[0, len(GENE)]])
    )
    made = GreedyDecoder()
    made.fit([masked], [ScoredChromosome(masked, scored.forward, scored.reverse)])
    assert set(made.thresholds.values()) == {math.inf}


def test_fit_without_validation_is_a_typed_error() -> None:
    with pytest.raises(TrainingError, match="holdout"):
        GreedyDecoder().fit([], [])


def test_decode_before_fit_is_a_typed_error() -> None:
    with pytest.raises(ModelError, match="before fit"):
        GreedyDecoder().decode(score(GENE), score(GENE), GENE, "I")


def test_a_saved_decoder_comes_back(tmp_path: Path) -> None:
    made = decoder(77, donor=math.inf, start=-1.25)
    made.save(tmp_path)
    loaded = GreedyDecoder.load(tmp_path)
    assert loaded.thresholds == made.thresholds
    assert loaded.maximum_intron == 77


def test_a_card_without_thresholds_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text('{"kind": "greedy", "thresholds": {}}')
    with pytest.raises(ModelError, match="lacks"):
        GreedyDecoder.load(tmp_path)
