from __future__ import annotations

import numpy as np
import pytest

from baselines import chunks
from baselines.chunks import chunk_ranges, score_strand
from baselines.logistic import LogisticScorer
from baselines.xgb import XgbScorer
from features.genome import Codes, encode, reverse_complement
from features.labelled import LabelledChromosome
from features.scorers.strands import score_both_strands
from features.sites import CONTENT_COLUMNS, KINDS, SiteScores
from features.transcripts import cds_codes, longest_isoforms, translate


@pytest.fixture(scope="module")
def logistic_scorer(chromosomes: dict[str, LabelledChromosome]) -> LogisticScorer:
    """Linear in every column: no difference between two matrices escapes it."""
    fitted = LogisticScorer(seed=1, threads=1)
    fitted.fit([chromosomes["a"]], [chromosomes["b"]])
    return fitted


def test_ranges_cover_everything_in_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chunks.CHUNK % 3 == 0
    monkeypatch.setattr(chunks, "CHUNK", 30)
    assert chunk_ranges(0) == []
    assert chunk_ranges(30) == [(0, 30)]
    assert chunk_ranges(61) == [(0, 30), (30, 60), (60, 61)]


def test_both_strands_are_scored_on_their_own_sequence_forward_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scorer = LogisticScorer()
    seen: list[Codes] = []
    answers: list[object] = ["forward", "reverse"]

    def score(strand_sequence: Codes) -> object:
        seen.append(strand_sequence)
        return answers[len(seen) - 1]

    monkeypatch.setattr(scorer, "score", score)
    assert list(score_both_strands(scorer, encode("AACG"))) == answers
    assert [codes.tolist() for codes in seen] == [encode("AACG").tolist(), encode("CGTT").tolist()]


def test_a_scorer_that_wants_both_strands_gets_them() -> None:
    class Both:
        def score_both(self, sequence: np.ndarray) -> tuple[str, str]:
            return "forward", f"reverse of {len(sequence)}"

    assert score_both_strands(Both(), encode("AACG")) == ("forward", "reverse of 4")  # type: ignore[arg-type]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("strand", "+-")
def test_chunked_equals_whole(
    xgb_scorer: XgbScorer,
    chromosomes: dict[str, LabelledChromosome],
    monkeypatch: pytest.MonkeyPatch,
    strand: str,
    threads: int,
) -> None:
    codes = chromosomes["c"].sequence[:40_001]
    if strand == "-":
        codes = reverse_complement(codes)

    def score() -> SiteScores:
        assert xgb_scorer.features is not None
        assert xgb_scorer.first is not None
        return score_strand(
            codes, xgb_scorer.features, xgb_scorer.first.cascade.score_view, threads
        )

    whole = score()
    monkeypatch.setattr(chunks, "CHUNK", 9000)
    assert len(chunk_ranges(len(codes))) == 5
    parts = score()
    assert parts.length == whole.length == len(codes)
    np.testing.assert_allclose(parts.content_total, whole.content_total, atol=1e-6)
    for kind in KINDS:
        assert len(whole.positions[kind])
        np.testing.assert_array_equal(parts.positions[kind], whole.positions[kind])
        np.testing.assert_allclose(parts.log_odds[kind], whole.log_odds[kind], atol=1e-3)
        np.testing.assert_allclose(parts.content[kind], whole.content[kind], atol=1e-6)


@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize("scorer", ["xgb_scorer", "logistic_scorer"])
def test_a_long_open_frame_scores_alike_in_every_chunk(
    request: pytest.FixtureRequest,
    chromosomes: dict[str, LabelledChromosome],
    monkeypatch: pytest.MonkeyPatch,
    scorer: str,
    strand: str,
) -> None:
    """An exon of 12 kb, four times as long as a chunk's flank."""
    codons = coding_codons(chromosomes["a"], 12_000)
    sequence = chromosomes["c"].sequence
    codes = np.concatenate([sequence[:24_001], codons, sequence[24_001:54_000]])
    if strand == "-":
        codes = reverse_complement(codes)
    fitted = request.getfixturevalue(scorer)
    whole = fitted.score(codes)
    monkeypatch.setattr(chunks, "CHUNK", 4500)
    parts = fitted.score(codes)
    for kind in KINDS:
        inside = (whole.positions[kind] > 24_001) & (whole.positions[kind] < 36_001)
        assert inside.any() or kind in ("start", "stop")
        np.testing.assert_array_equal(parts.positions[kind], whole.positions[kind])
        np.testing.assert_allclose(parts.log_odds[kind], whole.log_odds[kind], atol=1e-3)


def coding_codons(chromosome: LabelledChromosome, length: int) -> Codes:
    """The first ``length`` bases of the codons of the genes of ``chromosome``, stop codons left out."""
    pieces = [
        cds_codes(transcript, chromosome.sequence).reshape(-1, 3)[:-1]
        for transcript in longest_isoforms(chromosome.transcripts)
    ]
    codons = np.concatenate(pieces).ravel()[:length]
    assert len(codons) == length
    assert "*" not in translate(codons)
    return codons


@pytest.mark.parametrize("text", ["", "A", "ATGGTAAGAG", "N" * 5000])
def test_sequences_shorter_than_any_window(xgb_scorer: XgbScorer, text: str) -> None:
    scores = xgb_scorer.score(encode(text))
    assert scores.length == len(text)
    assert scores.content_total.shape == (len(CONTENT_COLUMNS),)
    for kind in KINDS:
        count = len(scores.positions[kind])
        assert count == 0 or text == "ATGGTAAGAG"
        assert scores.log_odds[kind].shape == (count,)
        assert scores.content[kind].shape == (count, len(CONTENT_COLUMNS))
