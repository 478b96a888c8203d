from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from baselines.xgb import StackScorer, XgbScorer
from baselines.xgb.blend import UNSCORED, Blend, BlendedScores, Weights
from features.errors import ModelError
from features.labelled import LabelledChromosome, ScoredChromosome
from features.scorers.folder import load_scorer
from features.scorers.strands import score_both_strands
from features.sites import CONTENT_COLUMNS, KINDS, SiteScores
from neural.cnn import CnnScorer

Chromosomes = dict[str, LabelledChromosome]


def scores(positions: list[int], log_odds: list[float]) -> SiteScores:
    """The same sites of every kind."""
    places = np.array(positions, np.int64)
    return SiteScores(
        100,
        dict.fromkeys(KINDS, places),
        dict.fromkeys(KINDS, np.array(log_odds, np.float32)),
        dict.fromkeys(KINDS, np.ones((len(places), len(CONTENT_COLUMNS)))),
        np.full(len(CONTENT_COLUMNS), 2.0),
    )


def test_the_sites_are_those_of_the_first_with_the_odds_of_both() -> None:
    blend = Blend(dict.fromkeys(KINDS, Weights(0.5, 2.0, 1.0)))
    found = blend.apply(scores([3, 9, 20], [1, 2, 4]), scores([1, 9, 20, 30], [7, 5, -1, 7]))
    for kind in KINDS:
        assert found.positions[kind].tolist() == [3, 9, 20]
        assert found.parts[kind].tolist() == [[1, UNSCORED], [2, 5], [4, -1]]
        assert found.log_odds[kind].tolist() == [0.5 + 2 * UNSCORED + 1, 12.0, 1.0]
        assert found.log_odds[kind].dtype == np.float32
    assert found.content_total.tolist() == [2.0] * 4


def test_a_second_scorer_that_says_nothing_is_no_fault() -> None:
    blend = Blend(dict.fromkeys(KINDS, Weights(1, 0, 0)))
    found = blend.apply(scores([3], [1]), scores([], []))
    assert found.log_odds["stop"].tolist() == [1.0]


def test_weights_serve_the_ranking(chromosomes: Chromosomes) -> None:
    """Two noisy views of the truth are better together than either alone."""
    rng = np.random.default_rng(1)
    chromosome = chromosomes["b"]

    def noisy() -> ScoredChromosome:
        both = []
        for strand in chromosome.strands():
            positions = {k: np.arange(0, len(strand.sequence), 50) for k in KINDS}
            odds = {}
            for kind in KINDS:
                true = strand.labels[kind].true
                positions[kind] = np.union1d(positions[kind], true[true < len(strand.sequence)])
                signal = np.isin(positions[kind], true) * 2.0
                odds[kind] = (signal + rng.normal(size=len(signal))).astype(np.float32)
            content = {k: np.zeros((len(p), 4)) for k, p in positions.items()}
            both.append(SiteScores(len(strand.sequence), positions, odds, content, np.zeros(4)))
        return ScoredChromosome(chromosome, *both)

    first, second = noisy(), noisy()
    blend = Blend.fit([first], [second])
    mixed = blend.apply(first.forward, second.forward)
    strand = next(iter(chromosome.strands()))
    for kind in ("donor", "acceptor"):
        true = np.isin(mixed.positions[kind], strand.labels[kind].true)
        alone = [average_precision_score(true, s.forward.log_odds[kind]) for s in (first, second)]
        assert average_precision_score(true, mixed.log_odds[kind]) > max(alone)


@pytest.fixture(scope="module")
def stack(few_rounds: None, chromosomes: Chromosomes) -> StackScorer:
    fitted = StackScorer(seed=3, threads=1, size="tiny", steps=40)
    fitted.fit([chromosomes["a"]], [chromosomes["b"]])
    return fitted


def test_a_stack_is_a_first_pass_of_two_and_a_second_that_sees_both(
    stack: StackScorer, chromosomes: Chromosomes
) -> None:
    assert stack.first is not None
    assert isinstance(stack.first.beside, CnnScorer)
    forward, _ = stack.first.score_both(chromosomes["c"].sequence[:20_000])
    assert isinstance(forward, BlendedScores)
    again, _ = score_both_strands(stack, chromosomes["c"].sequence[:20_000])
    assert again.positions["donor"].tolist() == forward.positions["donor"].tolist()


def test_a_saved_stack_scores_the_same(
    stack: StackScorer, chromosomes: Chromosomes, tmp_path: Path
) -> None:
    stack.save(tmp_path)
    loaded = load_scorer(tmp_path, threads=1)
    assert isinstance(loaded, StackScorer)
    assert loaded._options() == stack._options()
    sequence = chromosomes["c"].sequence[:30_000]
    for here, there in zip(
        score_both_strands(stack, sequence), score_both_strands(loaded, sequence), strict=True
    ):
        for kind in KINDS:
            np.testing.assert_array_equal(here.log_odds[kind], there.log_odds[kind])


def test_a_damaged_stack_is_told(stack: StackScorer, tmp_path: Path) -> None:
    stack.save(tmp_path)
    card = tmp_path / "model.json"
    text = card.read_text()
    card.write_text(text.replace('"blend"', '"bland"'))
    with pytest.raises(ModelError, match="damaged stack model"):
        StackScorer.load(tmp_path)
    card.write_text(text)
    (tmp_path / "cnn" / "network.safetensors").unlink()
    with pytest.raises(ModelError, match="no readable weights"):
        StackScorer.load(tmp_path)


def test_faulty_options_show_before_anything_is_fitted() -> None:
    with pytest.raises(ModelError, match="no size 'huge'"):
        StackScorer(size="huge")
    with pytest.raises(ModelError, match="steps must be"):
        StackScorer(steps=0)
    with pytest.raises(ModelError, match="no ingredient"):
        StackScorer(without="nonsense")


def test_xgb_alone_has_nothing_beside_it(xgb_scorer: XgbScorer) -> None:
    assert xgb_scorer.first is not None
    assert xgb_scorer.first.beside is None
