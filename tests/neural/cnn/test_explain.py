from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import ModelError
from features.genome import Codes, encode
from features.labelled import LabelledChromosome
from features.scorers.folder import save_trained
from neural.cnn import CnnScorer
from neural.cnn.__main__ import main
from neural.cnn.explain import draw_explanation, explain_site

Chromosomes = dict[str, LabelledChromosome]


@pytest.fixture(scope="module")
def codes(chromosomes: Chromosomes) -> Codes:
    return chromosomes["c"].sequence[:6000]


@pytest.fixture(scope="module")
def donor(cnn_scorer: CnnScorer, codes: Codes) -> int:
    """The best donor that is not beside an end."""
    scores = cnn_scorer.score(codes)
    inner = (scores.positions["donor"] > 500) & (scores.positions["donor"] < 5500)
    return int(scores.positions["donor"][inner][scores.log_odds["donor"][inner].argmax()])


def test_mutagenesis_is_what_scoring_a_mutant_gives(
    cnn_scorer: CnnScorer, codes: Codes, donor: int
) -> None:
    found = explain_site(cnn_scorer, codes, "donor", donor, radius=12)
    assert (found.first, len(found.bases)) == (donor - 12, 25)
    np.testing.assert_array_equal(found.bases, codes[donor - 12 : donor + 13])
    for offset in (-3, 5):
        for base in range(4):
            mutant = codes.copy()
            mutant[donor + offset] = base
            ((_, _, logits, _),) = cnn_scorer._apply(mutant)
            calibration = cnn_scorer.calibration["donor"]
            expected = calibration.slope * logits[0, donor] + calibration.intercept
            told = found.log_odds + found.mutated[base, 12 + offset]
            assert told == pytest.approx(expected, abs=0.1)  # scoring may use bfloat16
    assert np.abs(found.mutated[found.bases, np.arange(25)]).max() < 1e-5
    # Without G and T or C there is no donor to speak of.
    assert np.isnan(found.mutated[:, 12]).tolist() == [True, True, False, True]
    assert np.isnan(found.mutated[:, 13]).tolist() == [True, False, True, False]
    assert np.isnan(found.mutated).sum() == 5


def test_gradients_sum_to_the_difference_to_the_baseline(
    cnn_scorer: CnnScorer, codes: Codes, donor: int
) -> None:
    found = explain_site(cnn_scorer, codes, "donor", donor)
    whole = float(found.gradients.sum()) + found.elsewhere
    assert whole == pytest.approx(found.log_odds - found.baseline, abs=0.15)
    most = int(np.abs(found.gradients).argmax())
    assert abs(most - 40) < 15  # the signal lies at the site


def test_a_site_at_an_end_is_explained_by_the_bases_there_are(
    cnn_scorer: CnnScorer, codes: Codes, donor: int
) -> None:
    cut = codes[donor - 4 : donor + 6]
    found = explain_site(cnn_scorer, cut, "donor", 4)
    assert (found.first, len(found.bases)) == (0, 10)


def test_what_is_no_candidate_is_told(cnn_scorer: CnnScorer, codes: Codes, donor: int) -> None:
    codes = codes.copy()
    codes[donor - 2 : donor] = encode("CT")
    with pytest.raises(ModelError, match="no acceptor can be here.*before it.* are CT, not AG"):
        explain_site(cnn_scorer, codes, "acceptor", donor)
    with pytest.raises(ModelError, match="from it on.* are GT?C?., not ATG"):
        explain_site(cnn_scorer, codes, "start", donor)
    with pytest.raises(ModelError, match="before it.* are none, not AG"):
        explain_site(cnn_scorer, codes, "acceptor", 0)
    with pytest.raises(ModelError, match="--radius 104: this network sees 103 bases"):
        explain_site(cnn_scorer, codes, "donor", donor, 104)


def test_the_picture_is_the_same_each_time(
    cnn_scorer: CnnScorer, codes: Codes, donor: int, tmp_path: Path
) -> None:
    found = explain_site(cnn_scorer, codes, "donor", donor)
    draw_explanation(found, tmp_path / "a.svg", "a donor")
    draw_explanation(found, tmp_path / "b.svg", "a donor")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    picture = (tmp_path / "a.svg").read_text()
    assert "a donor, log odds" in picture
    assert "grey: no donor could be there any more" in picture


@pytest.mark.parametrize("strand", "+-")
def test_the_command(
    strand: str,
    cnn_scorer: CnnScorer,
    chromosomes: Chromosomes,
    files: Path,
    dataset: object,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    save_trained(cnn_scorer, tmp_path / "m", dataset)  # type: ignore[arg-type]
    labelled = next(s for s in chromosomes["c"].strands() if s.strand == strand)
    site = int(labelled.labels["donor"].true[2])
    length = len(labelled.sequence)
    forward = site + 1 if strand == "+" else length - site
    picture = tmp_path / "donor.svg"
    command = ["explain", "--scorer", str(tmp_path / "m"), "--genome", str(files / "genome.fa")]
    command += ["--output", str(picture), "--radius", "9"]
    assert main([*command, "--site", f"c:{forward}:{strand}:donor"]) == 0
    table = pd.read_csv(picture.with_suffix(".tsv"), sep="\t")
    assert len(table) == 19
    assert table["position"][9] == forward
    assert "".join(table["base"][9:11]) in ("GT", "GC")
    assert table["to_A"][9:11].isna().all()
    assert "-0.0000" not in picture.with_suffix(".tsv").read_text()
    assert picture.exists()
    capsys.readouterr()
    assert main([*command, "--site", f"c:{forward}:{strand}:donor", "--device", "gpu"]) == 2
    assert "device 'gpu' cannot be used here" in capsys.readouterr().err
    for wrong, message in (
        ("c:1:+:acceptor", "--site c:1:+:acceptor: no acceptor can be here"),
        ("nowhere:5:+:donor", "--site nowhere:5:+:donor: no sequence 'nowhere'"),
        ("nowhere:5:+:donor", "It has a, b, c."),
        ("c:99999999:+:donor", f"c has {length} bases"),
        ("c:5:+:branch", "is no kind of site"),
        ("c:5", "is not NAME:POSITION:STRAND:KIND"),
    ):
        assert main([*command, "--site", wrong]) == 2
        assert message in capsys.readouterr().err
