"""GlimmerHMM: output in its layout, its training format, and the calls made of its programs."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from baselines.gene_finders.glimmerhmm import GlimmerHmm, exon_lines, parse_glimmerhmm
from baselines.gene_finders.program import MissingProgramError
from features.errors import ModelError, TrainingError
from features.labelled import LabelledChromosome
from features.transcripts import Transcript

OUTPUT = Path(__file__).parent / "recorded" / "glimmerhmm.gff"
CDS = ((10, 20), (40, 60))
CHROMOSOME = LabelledChromosome(
    "I", np.zeros(100, np.uint8), [Transcript("I", "-", "g", "g.1", CDS, cds=CDS)]
)


def test_output_becomes_transcripts() -> None:
    cut, single, minus = parse_glimmerhmm(OUTPUT, "II")
    assert cut.cds == ((11, 90), (250, 340))
    assert (cut.strand, cut.start_complete, cut.end_complete) == ("+", False, True)
    assert cut.phases == (1, 0)
    assert (single.cds, single.start_complete, single.end_complete) == (((1000, 1300),), True, True)
    assert minus.cds == ((2000, 2100), (2300, 2400))
    assert (minus.strand, minus.phases, minus.gene) == ("-", (2, 0), "II.glimmerhmm.3")


def test_training_lines_run_five_to_three_prime() -> None:
    plus = Transcript("I", "+", "h", "h.1", CDS, cds=CDS)
    assert list(exon_lines("s", [plus, *CHROMOSOME.transcripts])) == [
        *("s 11 20", "s 41 60", ""),
        *("s 60 41", "s 20 11", ""),
    ]


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for the two programs: the trainer copies its exon file, the finder demands it and prints ``OUTPUT``."""
    scripts = {
        "trainGlimmerHMM": 'grep -q sequence_0 genome.fa && mkdir "$4" && cp "$2" "$4/learnt"',
        "glimmerhmm": f'test "$2" = -d -a "$4" = -g && grep -q 60 "$3/learnt" && cat "{OUTPUT}"',
    }
    for name, script in scripts.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path


def test_predict_uses_what_fit_trained(stand_ins: Path) -> None:
    finder = GlimmerHmm()
    finder.fit([CHROMOSOME], [])
    assert finder.predict(np.zeros(9000, np.uint8), "II") == parse_glimmerhmm(OUTPUT, "II")
    assert finder.usage.peak_gib > 0


def test_a_shipped_folder_is_used_without_training(stand_ins: Path, tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "learnt").write_text("60")
    (stand_ins / "trainGlimmerHMM").unlink()
    finder = GlimmerHmm(str(shipped))
    finder.fit([CHROMOSOME], [])
    assert len(finder.predict(np.zeros(9000, np.uint8), "II")) == 3


def test_a_shipped_folder_that_is_not_there_is_a_typed_error(stand_ins: Path) -> None:
    with pytest.raises(ModelError, match="no files here"):
        GlimmerHmm("nowhere").fit([], [])


def test_a_failed_training_is_a_typed_error(stand_ins: Path) -> None:
    with pytest.raises(TrainingError, match="trainGlimmerHMM ended with status 1"):
        GlimmerHmm().fit([], [])


def test_a_missing_binary_is_told_by_fit() -> None:
    with pytest.raises(MissingProgramError, match="not installed: no-such-glimmerhmm"):
        GlimmerHmm(binary="no-such-glimmerhmm").fit([], [])


def test_predict_before_fit_is_a_typed_error() -> None:
    with pytest.raises(ModelError, match="before fit"):
        GlimmerHmm().predict(np.zeros(9, np.uint8), "I")
