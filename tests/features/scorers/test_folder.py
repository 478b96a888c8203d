from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from baselines.feature_scorer import FeatureScorer
from baselines.gtag import GtagScorer
from baselines.hmm import HmmDecoder
from baselines.logistic import LogisticScorer
from baselines.pwm import PwmScorer
from baselines.xgb import XgbScorer
from features.datasets import Dataset, dataset_from_files
from features.errors import ModelError, OutputError
from features.labelled import LabelledChromosome
from features.scorers.folder import check_output, check_unseen, load_scorer, save_trained
from features.sites import KINDS

Chromosomes = dict[str, LabelledChromosome]


@pytest.mark.parametrize("scorer", [GtagScorer, LogisticScorer, PwmScorer])
def test_a_folder_knows_its_class(
    scorer: type[FeatureScorer], chromosomes: Chromosomes, tmp_path: Path
) -> None:
    fitted = scorer(threads=1)
    fitted.fit([chromosomes["b"]], [chromosomes["c"]])
    fitted.save(tmp_path)
    loaded = load_scorer(tmp_path, threads=3)
    assert type(loaded) is scorer
    assert loaded.threads == 3
    here, there = (s.score(chromosomes["c"].sequence[:5000]) for s in (fitted, loaded))
    for kind in KINDS:
        np.testing.assert_array_equal(here.log_odds[kind], there.log_odds[kind])


def test_a_trained_model_tells_its_data(
    xgb_scorer: XgbScorer, dataset: Dataset, tmp_path: Path
) -> None:
    save_trained(xgb_scorer, tmp_path / "deep" / "model", dataset, note="x")
    assert type(load_scorer(tmp_path / "deep" / "model", 1)) is XgbScorer
    card = json.loads((tmp_path / "deep" / "model" / "model.json").read_text())
    sequences = card["trained_on"].pop("train_sequences")
    assert list(sequences) == ["a"]
    assert list(card["trained_on"].pop("validation_sequences")) == ["b"]
    assert card["trained_on"] == {
        "dataset": dataset.name,
        "data_hash": dataset.data_hash,
        "train": ["a"],
        "validation": ["b"],
        "test": ["c"],
    }
    assert card["kind"] == "xgb"
    assert card["note"] == "x"
    assert card["commit"]


def test_what_is_no_scorer(hmm_decoder: HmmDecoder, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no model\.json here. Give the folder"):
        load_scorer(tmp_path / "absent", 1)
    hmm_decoder.save(tmp_path)
    with pytest.raises(ModelError, match="kind 'hmm', where 'gtag' or .* was expected"):
        load_scorer(tmp_path, 1)
    with pytest.raises(ModelError, match=r"no model\.json here"):
        load_scorer(tmp_path / "model.json", 1)


def test_nothing_but_a_model_is_replaced(hmm_decoder: HmmDecoder, tmp_path: Path) -> None:
    check_output(tmp_path / "new")
    check_output(tmp_path)
    (tmp_path / "thesis.txt").touch()
    for taken in (tmp_path, tmp_path / "thesis.txt"):
        with pytest.raises(ModelError, match="exists and is no earlier model of the same kind"):
            check_output(taken)
    (tmp_path / "model").mkdir()
    hmm_decoder.save(tmp_path / "model")
    check_output(tmp_path / "model")
    (tmp_path / "thesis.txt").unlink()
    for foreign in ('{"kind": "recipe"}', '{"layers": 3}', "[]", "no JSON"):
        (tmp_path / "model.json").write_text(foreign)
        with pytest.raises(ModelError, match="exists and is no earlier model of the same kind"):
            check_output(tmp_path)


def test_a_model_needs_a_place(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        check_output(tmp_path / "file" / "model")


def test_a_scorer_is_not_judged_on_what_it_has_learnt(
    dataset: Dataset, files: Path, chromosomes: Chromosomes, tmp_path: Path
) -> None:
    scorer = GtagScorer()
    scorer.fit([chromosomes["a"]], [chromosomes["b"]])
    save_trained(scorer, tmp_path / "model", dataset)
    check_unseen(tmp_path / "model", dataset)
    # The same bases under another name, in another file.
    renamed = tmp_path / "renamed.fa"
    text = (files / "genome.fa").read_text()
    renamed.write_text(text.lower().replace(">a", ">x"))
    annotation = tmp_path / "renamed.gff3"
    lines = (files / "annotation.gff3").read_text().splitlines()
    annotation.write_text("".join(re.sub("^a\t", "x\t", line) + "\n" for line in lines))
    for genome, features, name in (
        (files / "genome.fa", files / "annotation.gff3", "a"),
        (renamed, annotation, "x"),
    ):
        other = dataset_from_files(genome, features, ["c"], [name], test=["b"])
        said = f"was trained on a, in validation here as {name}. Give --validation"
        with pytest.raises(ModelError, match=said):
            check_unseen(tmp_path / "model", other)
    genome, features = files / "genome.fa", files / "annotation.gff3"
    for train, validation, test, said in (
        ("b", "c", "a", "was trained on a, in test here as a. Give --test chromosomes"),
        ("a", "c", "b", "was tuned on b, in test here as b. Give --test chromosomes"),
    ):
        other = dataset_from_files(genome, features, [train], [validation], test=[test])
        with pytest.raises(ModelError, match=said):
            check_unseen(tmp_path / "model", other)
    scorer.save(tmp_path / "model")
    check_unseen(tmp_path / "model", other)
