from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from baselines.gtag import GtagScorer
from baselines.hmm import HmmDecoder
from features.errors import ModelError
from features.labelled import LabelledChromosome
from features.scorers.options import (
    add_apply_options,
    add_scorer_option,
    add_train_options,
    scorer_from_options,
)


def parse(*options: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_scorer_option(parser)
    add_apply_options(parser)
    return parser.parse_args(["--genome", "x.fa", *options])


def test_a_scorer_by_its_folder(
    chromosomes: dict[str, LabelledChromosome], hmm_decoder: HmmDecoder, tmp_path: Path
) -> None:
    fitted = GtagScorer()
    fitted.fit([chromosomes["b"]], [chromosomes["c"]])
    fitted.save(tmp_path)
    loaded = scorer_from_options(parse("--scorer", str(tmp_path), "--threads", "2"))
    assert (type(loaded), loaded.threads) == (GtagScorer, 2)
    hmm_decoder.save(tmp_path)
    with pytest.raises(
        ModelError, match=rf"^--scorer {tmp_path}/model\.json: a model of kind 'hmm'"
    ):
        scorer_from_options(parse("--scorer", str(tmp_path)))


def test_every_option_has_a_help_text() -> None:
    parser = argparse.ArgumentParser()
    add_train_options(parser)
    assert all(action.help for action in parser._actions)
    assert parser.parse_args(["--output", "m", "--dataset", "demo"]).output == "m"
