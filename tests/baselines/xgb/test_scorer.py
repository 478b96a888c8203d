from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from scipy.special import expit
from sklearn.metrics import average_precision_score

from baselines.pwm import PwmScorer
from baselines.sampling import SiteSample
from baselines.xgb import SinglePassXgbScorer, XgbScorer, scorer
from baselines.xgb.boosters import train_forest
from baselines.xgb.recipe import Recipe
from baselines.xgb.second_pass import fit_second_pass
from features.errors import ModelError, TrainingError
from features.genome import reverse_complement
from features.labelled import LabelledChromosome, ScoredChromosome
from features.sites import KINDS, candidate_sites

Chromosomes = dict[str, LabelledChromosome]


def labelled_odds(scored: ScoredChromosome, kind: str) -> tuple[np.ndarray, np.ndarray]:
    labels, odds = [], []
    for strand, scores in zip(
        scored.chromosome.strands(), (scored.forward, scored.reverse), strict=True
    ):
        labels.append(np.isin(scores.positions[kind], strand.labels[kind].true))
        odds.append(scores.log_odds[kind])
    return np.concatenate(labels), np.concatenate(odds)


def test_scores_are_sorted_candidates(scored: dict[str, ScoredChromosome]) -> None:
    sequence = scored["c"].chromosome.sequence
    scores = scored["c"].forward
    for kind, candidates in candidate_sites(sequence).items():
        assert (np.diff(scores.positions[kind]) > 0).all()
        assert np.isin(scores.positions[kind], candidates).all()
        assert 0 < len(scores.positions[kind]) < len(candidates)
        assert scores.log_odds[kind].dtype == np.float32


@pytest.mark.parametrize("kind", ["donor", "acceptor"])
def test_unseen_sites_are_found_and_odds_calibrated(
    scored: dict[str, ScoredChromosome], kind: str
) -> None:
    labels, odds = labelled_odds(scored["c"], kind)
    # No candidate but the scored ones: a lost true site would show here. A screen of six trees, as in these tests,
    # loses more than one of full size.
    assert labels.sum() >= 0.85 * scored["c"].chromosome.site_count(kind)
    assert average_precision_score(labels, odds) > 4 * labels.mean() or labels.mean() > 0.2
    assert expit(odds).sum() == pytest.approx(labels.sum(), rel=0.4)


def test_boosters_rank_acceptors_better_than_the_bare_matrix(
    scored: dict[str, ScoredChromosome], chromosomes: Chromosomes
) -> None:
    pwm = PwmScorer(threads=1)
    pwm.fit([chromosomes["a"]], [chromosomes["b"]])

    def precision_of_the_best(scored: ScoredChromosome) -> float:
        labels, odds = labelled_odds(scored, "acceptor")
        true = scored.chromosome.site_count("acceptor")
        return float(labels[np.argsort(-odds, kind="stable")[:true]].mean())

    reverse = next(strand for strand in chromosomes["c"].strands() if strand.strand == "-")
    rival = ScoredChromosome(
        chromosomes["c"], pwm.score(chromosomes["c"].sequence), pwm.score(reverse.sequence)
    )
    assert precision_of_the_best(scored["c"]) > precision_of_the_best(rival)


def save(scorer: XgbScorer, folder: Path) -> Path:
    folder.mkdir()
    scorer.save(folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_one_seed_gives_the_same_bytes(
    few_rounds: None, xgb_scorer: XgbScorer, chromosomes: Chromosomes, tmp_path: Path
) -> None:
    again = XgbScorer(seed=3, threads=1)
    again.fit([chromosomes["a"]], [chromosomes["b"]])
    first, second = save(xgb_scorer, tmp_path / "first"), save(again, tmp_path / "second")
    assert {"model.json", "donor-second.ubj", "first_pass_decoder/model.json"} <= set(
        contents(first)
    )
    assert contents(first) == contents(second)


def test_saved_and_loaded(
    xgb_scorer: XgbScorer, scored: dict[str, ScoredChromosome], tmp_path: Path
) -> None:
    loaded = XgbScorer.load(save(xgb_scorer, tmp_path / "model"), threads=1)
    expected = scored["c"].forward
    found = loaded.score(scored["c"].chromosome.sequence)
    np.testing.assert_array_equal(found.content_total, expected.content_total)
    for kind in KINDS:
        np.testing.assert_array_equal(found.positions[kind], expected.positions[kind])
        np.testing.assert_array_equal(found.log_odds[kind], expected.log_odds[kind])
        np.testing.assert_array_equal(found.content[kind], expected.content[kind])


def test_a_loaded_model_saves_the_same_files(xgb_scorer: XgbScorer, tmp_path: Path) -> None:
    first = save(xgb_scorer, tmp_path / "first")
    second = save(XgbScorer.load(first), tmp_path / "second")
    assert contents(first) == contents(second)


def test_a_damaged_folder_names_the_file(xgb_scorer: XgbScorer, tmp_path: Path) -> None:
    folder = save(xgb_scorer, tmp_path / "model")
    for path in sorted(folder.glob("*.ubj")):
        whole = path.read_bytes()
        # XGBoost itself crashes on some of these, so whoever catches its errors is not safe.
        flipped = bytes([*whole[:900], whole[900] ^ 1, *whole[901:]])
        for damaged in (whole[: len(whole) // 2], whole[:-1], b"", flipped):
            path.write_bytes(damaged)
            with pytest.raises(ModelError, match=f"{path.name}: not a readable booster"):
                XgbScorer.load(folder)
        path.unlink()
        with pytest.raises(ModelError, match=f"{path.name}: not a readable booster"):
            XgbScorer.load(folder)
        path.write_bytes(whole)
    XgbScorer.load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"feature_names": ["pwm"]}, "other feature columns"),
        ({"calibration": {}}, "damaged xgb model"),
        ({"options": {}}, "damaged xgb model"),
        ({"second_calibration": {"donor": {}}}, "damaged xgb model"),
        ({"boosters": {}}, "donor-screen.ubj: not a readable booster"),
        ({"kind": "pwm"}, "kind 'pwm', where 'xgb' was expected"),
    ],
)
def test_a_card_that_does_not_fit(
    xgb_scorer: XgbScorer, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    folder = save(xgb_scorer, tmp_path / "model")
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**card, **change}))
    with pytest.raises(ModelError, match=message):
        XgbScorer.load(folder)


@pytest.mark.parametrize(("training_rate", "validation_rate"), [(0.1, 0.4), (0.5, 0.2)])
def test_early_stopping_judges_at_the_odds_of_the_training_sample(
    monkeypatch: pytest.MonkeyPatch,
    training_rate: float,
    validation_rate: float,
) -> None:
    """Two genomes alike, of which other shares of the decoys were drawn."""
    rng = np.random.default_rng(0)
    true, false = 300, 6000

    def sample(rate: float) -> SiteSample:
        labels = np.arange(true + round(false * rate)) < true
        matrix = rng.normal(0, 1, (len(labels), 4)).astype(np.float32)
        return SiteSample(matrix + labels[:, None], labels, rate)

    seen = []
    train = xgboost.train

    def spy(parameters: object, data: xgboost.DMatrix, *more: object, **options: Any) -> Any:
        seen.extend([data, options["evals"][0][0]])
        return train(parameters, data, *more, **options)

    monkeypatch.setattr(xgboost, "train", spy)
    train_forest(sample(training_rate), sample(validation_rate), {}, 12, 0, 1)
    odds = []
    for data in seen:
        labels = data.get_label() == 1
        weights = data.get_weight() if len(data.get_weight()) else np.ones(len(labels))
        odds.append(weights[labels].sum() / weights[~labels].sum())
    assert odds == pytest.approx([true / (false * training_rate)] * 2)


def test_validation_chromosomes_need_true_sites(chromosomes: Chromosomes) -> None:
    bare = LabelledChromosome("b", chromosomes["b"].sequence[:30_000], [])
    with pytest.raises(TrainingError, match=r"No true donor site .* \(b\). Name .*validation"):
        XgbScorer(threads=1).fit([chromosomes["a"]], [bare])


@pytest.fixture(scope="module")
def single_pass(few_rounds: None, chromosomes: Chromosomes) -> SinglePassXgbScorer:
    scorer = SinglePassXgbScorer(seed=3, threads=1)
    scorer.fit([chromosomes["a"]], [chromosomes["b"]])
    return scorer


def test_second_pass_ranks_better_and_keeps_the_sites(
    single_pass: SinglePassXgbScorer, scored: dict[str, ScoredChromosome]
) -> None:
    chromosome = scored["c"].chromosome
    once = ScoredChromosome(chromosome, *single_pass.score_both(chromosome.sequence))
    gains = {}
    for kind in KINDS:
        np.testing.assert_array_equal(
            once.forward.positions[kind], scored["c"].forward.positions[kind]
        )
        first, second = (
            average_precision_score(*labelled_odds(s, kind)) for s in (once, scored["c"])
        )
        gains[kind] = second - first
    assert min(gains["donor"], gains["acceptor"]) > 0.02


def test_strands_are_scored_alike(
    xgb_scorer: XgbScorer, scored: dict[str, ScoredChromosome]
) -> None:
    """The reverse complement of a chromosome has the same sites on the other strand."""
    sequence = scored["c"].chromosome.sequence
    reverse, forward = xgb_scorer.score_both(reverse_complement(sequence))
    for found, expected in ((forward, scored["c"].forward), (reverse, scored["c"].reverse)):
        for kind in KINDS:
            np.testing.assert_array_equal(found.positions[kind], expected.positions[kind])
            # Sums in another order can tip a tree's split.
            differences = np.abs(found.log_odds[kind] - expected.log_odds[kind])
            assert np.quantile(differences, 0.95) < 1e-3


def test_single_pass_is_saved_and_loaded(
    single_pass: SinglePassXgbScorer, scored: dict[str, ScoredChromosome], tmp_path: Path
) -> None:
    folder = save(single_pass, tmp_path / "model")
    sequence = scored["c"].chromosome.sequence
    loaded = SinglePassXgbScorer.load(folder, threads=1)
    for kind, odds in single_pass.score(sequence).log_odds.items():
        np.testing.assert_array_equal(loaded.score(sequence).log_odds[kind], odds)
    with pytest.raises(ModelError, match="'xgb-single', where 'xgb' was expected"):
        XgbScorer.load(folder)


def test_empty_sequence(xgb_scorer: XgbScorer) -> None:
    for scores in xgb_scorer.score_both(np.empty(0, np.uint8)):
        assert scores.length == 0
        assert all(len(positions) == 0 for positions in scores.positions.values())


def test_a_kind_without_a_second_judge_keeps_its_first_scores(
    xgb_scorer: XgbScorer, scored: dict[str, ScoredChromosome], tmp_path: Path
) -> None:
    loaded = XgbScorer.load(save(xgb_scorer, tmp_path / "model"), threads=1)
    assert loaded.first is not None
    assert loaded.second is not None
    del loaded.second.judges["donor"], loaded.second.calibration["donor"]
    assert len(loaded.trees("donor")) == 1
    folder = save(loaded, tmp_path / "without")
    sequence = scored["c"].chromosome.sequence
    first, _ = loaded.first.score_both(sequence)
    for model in (loaded, XgbScorer.load(folder, threads=1)):
        found = model.score(sequence)
        np.testing.assert_array_equal(found.log_odds["donor"], first.log_odds["donor"])
        np.testing.assert_array_equal(
            found.log_odds["acceptor"], scored["c"].forward.log_odds["acceptor"]
        )
        assert not np.array_equal(found.log_odds["acceptor"], first.log_odds["acceptor"])


def test_a_second_pass_that_ranks_worse_is_left_out(
    single_pass: SinglePassXgbScorer, scored: dict[str, ScoredChromosome], few_rounds: None
) -> None:
    """A chromosome without a gene teaches nothing."""
    right, other = scored["b"], scored["c"]
    wrong = ScoredChromosome(
        LabelledChromosome("w", other.chromosome.sequence, []),
        other.forward,
        other.reverse,
    )
    second = fit_second_pass([right.chromosome], [wrong], [right], Recipe(), 0, 1)
    assert second.judges == {}
    forward, _ = second.rescore(right.forward, right.reverse, right.chromosome.sequence, 1)
    for kind in KINDS:
        np.testing.assert_array_equal(forward.log_odds[kind], right.forward.log_odds[kind])


def test_folds_score_for_the_second_pass_only_what_they_have_not_seen(
    chromosomes: Chromosomes, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Learnt:
        def __init__(self, training: list[LabelledChromosome], *rest: object) -> None:
            self.seen = training[0]
            self.features = self.calibration = None

        def score_both(self, sequence: np.ndarray) -> tuple[LabelledChromosome, None]:
            return self.seen, None

    captured: list[ScoredChromosome] = []
    monkeypatch.setattr(scorer, "fit_cascade", Learnt)
    monkeypatch.setattr(
        scorer, "fit_second_pass", lambda training, unseen, *rest: captured.extend(unseen)
    )
    XgbScorer(threads=1).fit([chromosomes["a"]], [chromosomes["b"]])
    length = len(chromosomes["a"].sequence)
    assert len(captured) == scorer.FOLDS
    for each in captured:
        masked = np.zeros((2, length), int)
        for row, chromosome in zip(masked, (each.chromosome, each.forward), strict=True):
            for start, end in chromosome.mask:  # type: ignore[attr-defined]
                row[start:end] = 1
        # Whatever the cascade learnt from does not count, and all the rest does.
        np.testing.assert_array_equal(masked.sum(axis=0), 1)
