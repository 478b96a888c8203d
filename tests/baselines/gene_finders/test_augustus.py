"""AUGUSTUS: its recorded output, and the program itself where it is installed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from baselines.gene_finders.augustus import Augustus, parse_augustus
from baselines.gene_finders.program import MissingProgramError, ProgramError
from features.genome import encode
from features.transcripts import cds_codes, translate

RECORDED = Path(__file__).parent / "recorded" / "augustus.gff3"
needs_augustus = pytest.mark.skipif(
    shutil.which("augustus") is None, reason="augustus is not installed"
)


def test_recorded_output_becomes_transcripts() -> None:
    partial, whole = parse_augustus(RECORDED, "III")
    assert partial.cds == ((28, 114), (153, 375))
    assert (partial.strand, partial.start_complete, partial.end_complete) == ("-", True, False)
    assert partial.cds_scores == (0.72, 1.0)
    assert whole.cds == ((1552, 1820), (2276, 2370), (2435, 2808))
    assert (whole.strand, whole.start_complete, whole.end_complete) == ("+", True, True)
    assert (whole.chromosome, whole.gene, whole.id) == ("III", "III.augustus.2", "III.augustus.2.1")
    # The phases that AUGUSTUS wrote beside these intervals.
    assert whole.phases == (0, 2, 1)
    assert partial.phases == (0, 0)


def test_output_without_parents_is_a_typed_error(tmp_path: Path) -> None:
    path = tmp_path / "augustus.gff"
    path.write_text('s\tAUGUSTUS\tCDS\t1\t9\t1\t+\t0\ttranscript_id "g1.t1"; gene_id "g1";\n')
    with pytest.raises(ProgramError, match="no Parent"):
        parse_augustus(path, "I")


def test_a_missing_binary_is_told_before_anything_runs() -> None:
    finder = Augustus("human", binary="no-such-augustus")
    for use in (lambda: finder.fit([], []), lambda: finder.predict(np.zeros(9, np.uint8), "I")):
        with pytest.raises(MissingProgramError, match="not installed: no-such-augustus"):
            use()


@needs_augustus
def test_live_augustus_finds_a_reading_frame() -> None:
    codes = _one_long_frame()
    finder = Augustus("schizosaccharomyces_pombe")
    finder.fit([], [])
    complete = [t for t in finder.predict(codes, "III") if t.start_complete and t.end_complete]
    assert complete
    for transcript in complete:
        protein = translate(cds_codes(transcript, codes))
        assert protein.startswith("M")
        assert protein.endswith("*")
    assert finder.usage.cpu_seconds > 0
    assert finder.usage.peak_gib > 0


@needs_augustus
@pytest.mark.parametrize("codes", [np.full(40, 4, np.uint8), np.zeros(12, np.uint8)])
def test_live_augustus_on_next_to_nothing_predicts_nothing(codes: np.ndarray) -> None:
    assert Augustus("human").predict(codes, "I") == []


@needs_augustus
def test_an_unknown_species_is_a_typed_error() -> None:
    with pytest.raises(ProgramError, match="augustus ended with status"):
        Augustus("unicorn").predict(np.zeros(100, np.uint8), "I")


def _one_long_frame() -> np.ndarray:
    """6 kb of A and T with one intronless gene of 700 codons in the middle."""
    generator = np.random.default_rng(0)
    codons = generator.choice(["GAA", "GCT", "AAG", "TCT", "GTT", "GAT", "CAA", "ATT"], 700)
    gene = encode("ATG" + "".join(codons) + "TAA")
    left, right = (generator.choice(np.array([0, 3], np.uint8), 2000) for _ in range(2))
    return np.concatenate([left, gene, right])
