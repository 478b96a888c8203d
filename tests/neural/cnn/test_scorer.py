from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score

from benchmarks.contracts import SiteScorer
from features.errors import DivergedError, ModelError, TrainingError
from features.genome import encode, reverse_complement
from features.labelled import LabelledChromosome
from features.scorers.folder import load_scorer
from features.sites import KINDS, SiteScores, boundaries, candidate_sites
from neural.cnn import CnnScorer, scorer

Chromosomes = dict[str, LabelledChromosome]


def same(one: SiteScores, other: SiteScores, tolerance: float = 0.0) -> None:
    for kind in KINDS:
        np.testing.assert_array_equal(one.positions[kind], other.positions[kind])
        np.testing.assert_allclose(one.log_odds[kind], other.log_odds[kind], atol=tolerance)
        np.testing.assert_allclose(
            one.content[kind], other.content[kind], rtol=1e-5, atol=max(tolerance * 100, 1e-9)
        )


def test_it_keeps_the_contract(cnn_scorer: CnnScorer) -> None:
    assert isinstance(cnn_scorer, SiteScorer)


def test_it_learns(cnn_scorer: CnnScorer, chromosomes: Chromosomes) -> None:
    """On the test chromosome far better than chance, after 150 steps of a tiny network."""
    for strand in chromosomes["c"].strands():
        scores = cnn_scorer.score(strand.sequence)
        for kind in ("donor", "acceptor"):
            true, left_out = strand.select(kind, scores.positions[kind])
            found = average_precision_score(true[~left_out], scores.log_odds[kind][~left_out])
            assert found > 5 * true[~left_out].mean()


def test_scores_are_calibrated_log_odds_of_candidates(
    cnn_scorer: CnnScorer, chromosomes: Chromosomes
) -> None:
    sequence = chromosomes["c"].sequence
    scores = cnn_scorer.score(sequence)
    for kind in KINDS:
        assert np.isin(scores.positions[kind], candidate_sites(sequence)[kind]).all()
        assert scores.log_odds[kind].dtype == np.float32
        before, after = cnn_scorer.calibration_error[kind]
        assert 0 <= after <= before + 0.05


def test_content_is_summed_to_the_sites(cnn_scorer: CnnScorer, chromosomes: Chromosomes) -> None:
    """Recompute the sums base by base from the network's own answer."""
    codes = chromosomes["c"].sequence[:3000]
    scores = cnn_scorer.score(codes)
    ((_, _, _, content),) = cnn_scorer._apply(codes)
    ratio = (content - cnn_scorer.content_prior[:, None]) / scorer.DEPENDENT
    ratio -= ratio[0]
    position = int(scores.positions["stop"][-1])
    end = int(boundaries("stop", np.array([position]))[0])
    for frame in range(3):
        expected = sum(ratio[2 + (p - frame) % 3, p] for p in range(end))
        assert scores.content["stop"][-1, frame] == pytest.approx(expected, rel=1e-4)
    assert scores.content["stop"][-1, 3] == pytest.approx(ratio[1, :end].sum(), rel=1e-4)


def test_chunks_change_nothing(
    cnn_scorer: CnnScorer, chromosomes: Chromosomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = chromosomes["c"].sequence[:9000]
    whole = cnn_scorer.score(codes)
    monkeypatch.setattr(scorer, "CHUNK", 999)
    same(cnn_scorer.score(codes), whole, 0.05)


@pytest.mark.parametrize("sequence", ["", "A", "NNNN", "GTAG", "N" * 50 + "CAGGTAAGT" + "N" * 50])
def test_any_sequence_is_scored(cnn_scorer: CnnScorer, sequence: str) -> None:
    """Shorter than the context, empty, unknown."""
    scores = cnn_scorer.score(encode(sequence))
    assert scores.length == len(sequence)
    assert scores.content_total.shape == (4,)
    assert all(np.isfinite(scores.log_odds[kind]).all() for kind in KINDS)


def test_unknown_bases_far_away_do_not_matter(
    cnn_scorer: CnnScorer, chromosomes: Chromosomes
) -> None:
    codes = chromosomes["c"].sequence[:4000].copy()
    before = cnn_scorer.score(codes)
    codes[:1000] = 4
    after = cnn_scorer.score(codes)
    for kind in KINDS:
        far = before.positions[kind] > 1200
        left = after.positions[kind] > 1200
        np.testing.assert_array_equal(before.positions[kind][far], after.positions[kind][left])
        np.testing.assert_array_equal(before.log_odds[kind][far], after.log_odds[kind][left])


@pytest.mark.parametrize("strand", "+-")
def test_a_site_is_scored_by_the_bases_around_it(
    strand: str, cnn_scorer: CnnScorer, chromosomes: Chromosomes
) -> None:
    """The network's answer for a window of its context around each site, as the strand reads it."""
    forward = chromosomes["c"].sequence[:5000]
    codes = forward if strand == "+" else reverse_complement(forward)
    scores = cnn_scorer.score(codes)
    network = cnn_scorer.fitted()
    for number, kind in enumerate(KINDS):
        inner = scores.positions[kind]
        inside = (inner >= network.context) & (inner < len(codes) - network.context)
        for position, told in list(zip(inner[inside], scores.log_odds[kind][inside], strict=True))[
            :5
        ]:
            window = codes[position - network.context : position + network.context + 1]
            with torch.inference_mode():
                logit = network(torch.from_numpy(window.copy())[None])[0, number, 0].numpy()
            expected = cnn_scorer.calibration[kind].apply(logit)
            assert told == pytest.approx(expected, abs=0.1)  # scoring may use bfloat16


@pytest.mark.parametrize("killed", [1, 45])
def test_a_training_that_was_broken_off_gives_the_same_network(
    killed: int, chromosomes: Chromosomes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = [chromosomes["c"]], [chromosomes["b"]]

    def new() -> CnnScorer:
        return CnnScorer(seed=1, threads=1, size="tiny", steps=60)

    (tmp_path / "whole").mkdir()
    whole = new()
    whole.fit(*data, tmp_path / "kept")
    whole.save(tmp_path / "whole")
    plain, done = scorer.site_loss, 0

    def loss(*arguments: object) -> object:
        nonlocal done
        done += torch.is_grad_enabled()
        if done == killed:
            raise KeyboardInterrupt
        return plain(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(scorer, "site_loss", loss)
        with pytest.raises(KeyboardInterrupt):
            new().fit(*data, tmp_path / "broken")
    again = new()
    again.fit(*data, tmp_path / "broken")
    (tmp_path / "again").mkdir()
    again.save(tmp_path / "again")
    for name in ("model.json", "network.safetensors", "training.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    logs = [(tmp_path / name / "training.csv").read_text() for name in ("kept", "broken")]
    timeless = [[line.rpartition(",")[0] for line in log.splitlines()] for log in logs]
    assert timeless[0] == timeless[1]


def test_the_same_seed_gives_the_same_bytes(
    cnn_scorer: CnnScorer, chromosomes: Chromosomes, tmp_path: Path
) -> None:
    again = CnnScorer(seed=3, threads=1, size="tiny", steps=150)
    again.fit([chromosomes["a"]], [chromosomes["b"]])
    for name, fitted in (("a", cnn_scorer), ("b", again)):
        (tmp_path / name).mkdir()
        fitted.save(tmp_path / name)
    for name in ("model.json", "network.safetensors"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_saved_scorer_scores_the_same(
    cnn_scorer: CnnScorer, chromosomes: Chromosomes, tmp_path: Path
) -> None:
    cnn_scorer.save(tmp_path)
    loaded = load_scorer(tmp_path, threads=1)
    assert isinstance(loaded, CnnScorer)
    assert loaded.calibration_error == cnn_scorer.calibration_error
    codes = chromosomes["c"].sequence[:5000]
    same(loaded.score(codes), cnn_scorer.score(codes))
    (tmp_path / "again").mkdir()
    loaded.save(tmp_path / "again")
    for name in ("model.json", "network.safetensors", "training.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_folder_of_another_architecture_is_told(cnn_scorer: CnnScorer, tmp_path: Path) -> None:
    cnn_scorer.save(tmp_path)
    path = tmp_path / "model.json"
    card = json.loads(path.read_text())
    path.write_text(json.dumps({**card, "options": {**card["options"], "size": "small"}}))
    with pytest.raises(ModelError, match="another architecture"):
        CnnScorer.load(tmp_path)
    path.write_text(json.dumps({**card, "options": {**card["options"], "size": "huge"}}))
    with pytest.raises(ModelError, match="no size 'huge'"):
        CnnScorer.load(tmp_path)
    path.write_text(json.dumps({**card, "content_prior": [0.0]}))
    with pytest.raises(ModelError, match="damaged cnn model"):
        CnnScorer.load(tmp_path)
    path.write_text(json.dumps({k: v for k, v in card.items() if k != "calibration"}))
    with pytest.raises(ModelError, match="damaged cnn model"):
        CnnScorer.load(tmp_path)


def test_what_cannot_be_had_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no size 'huge'. Known sizes: tiny, small, base"):
        CnnScorer(size="huge")
    for rate in (0, float("inf"), float("nan"), 1e308):
        with pytest.raises(ModelError, match="learning_rate must lie above 0 and be 1 at most"):
            CnnScorer(learning_rate=rate)
    with pytest.raises(ModelError, match="steps must be a whole number above 0"):
        CnnScorer(steps=0)
    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="'cuda' cannot be used here"):
            CnnScorer(device="cuda")
    with pytest.raises(ModelError, match="not fitted"):
        CnnScorer().score(encode("ACGT"))
    with pytest.raises(ModelError, match="not fitted"):
        CnnScorer().save(tmp_path)


def test_without_genes_there_is_nothing_to_learn(chromosomes: Chromosomes) -> None:
    bare = replace(chromosomes["c"], transcripts=[])
    with pytest.raises(TrainingError, match="nothing to learn from"):
        CnnScorer(size="tiny", steps=1).fit([bare], [chromosomes["b"]])


def test_scores_that_are_no_number_are_told(
    chromosomes: Chromosomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rate so high that one step leaves weights whose logits overflow."""
    monkeypatch.setattr(scorer, "check_rate", float)
    wild = CnnScorer(size="tiny", steps=1, threads=1, learning_rate=1e30)
    with pytest.raises(DivergedError, match="no number any more.*--learning-rate"):
        wild.fit([chromosomes["c"]], [chromosomes["b"]])


def test_without_validation_there_is_nothing_to_watch(chromosomes: Chromosomes) -> None:
    with pytest.raises(TrainingError, match="No chromosomes"):
        CnnScorer(size="tiny", steps=1).fit([chromosomes["c"]], [])


def test_validation_without_genes_still_gives_log_odds(chromosomes: Chromosomes) -> None:
    bare = replace(chromosomes["c"], transcripts=[])
    fitted = CnnScorer(size="tiny", steps=2, threads=1)
    fitted.fit([chromosomes["b"]], [bare])
    scores = fitted.score(chromosomes["c"].sequence[:2000])
    assert all(np.isfinite(scores.log_odds[kind]).all() for kind in KINDS)
