from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from baselines.logistic import LogisticScorer
from baselines.pwm import PwmScorer
from features.errors import ModelError
from features.labelled import LabelledChromosome
from features.sites import KINDS

Chromosomes = dict[str, LabelledChromosome]


@pytest.fixture(scope="module")
def fitted(chromosomes: Chromosomes) -> LogisticScorer:
    scorer = LogisticScorer(threads=1)
    scorer.fit([chromosomes["a"]], [chromosomes["b"]])
    return scorer


def average_precision(
    scorer: LogisticScorer | PwmScorer, chromosome: LabelledChromosome, kind: str
) -> float:
    labels, odds = [], []
    for strand in chromosome.strands():
        scores = scorer.score(strand.sequence)
        labels.append(np.isin(scores.positions[kind], strand.labels[kind].true))
        odds.append(scores.log_odds[kind])
    return float(average_precision_score(np.concatenate(labels), np.concatenate(odds)))


def test_context_helps_over_the_bare_matrix(
    fitted: LogisticScorer, chromosomes: Chromosomes
) -> None:
    pwm = PwmScorer(threads=1)
    pwm.fit([chromosomes["a"]], [chromosomes["b"]])
    for kind in ("donor", "acceptor"):
        here = average_precision(fitted, chromosomes["c"], kind)
        there = average_precision(pwm, chromosomes["c"], kind)
        assert here > there


def test_two_fits_with_one_seed_are_the_same_files(
    fitted: LogisticScorer, chromosomes: Chromosomes, tmp_path: Path
) -> None:
    again = LogisticScorer(threads=1)
    again.fit([chromosomes["a"]], [chromosomes["b"]])
    for name, scorer in (("first", fitted), ("second", again)):
        (tmp_path / name).mkdir()
        scorer.save(tmp_path / name)
    for path in sorted((tmp_path / "first").iterdir()):
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()


def test_saved_and_loaded(fitted: LogisticScorer, chromosomes: Chromosomes, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    again = LogisticScorer.load(tmp_path, threads=1)
    here, there = (scorer.score(chromosomes["c"].sequence) for scorer in (fitted, again))
    for kind in KINDS:
        np.testing.assert_array_equal(here.log_odds[kind], there.log_odds[kind])


@pytest.mark.parametrize("damage", ["missing", "truncated", "incomplete"])
def test_damaged_coefficients(fitted: LogisticScorer, tmp_path: Path, damage: str) -> None:
    fitted.save(tmp_path)
    path = tmp_path / "logistic.npz"
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:100])
    else:
        np.savez(path, donor_mean=np.zeros(3))
    with pytest.raises(ModelError, match=r"[Tt]rain .*again"):
        LogisticScorer.load(tmp_path)
