"""SNAP: its recorded output, its training format, and the program itself where it is installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from baselines.gene_finders.program import MissingProgramError, ProgramError
from baselines.gene_finders.snap import Snap, parse_snap, zff_lines
from features.errors import ModelError, TrainingError
from features.labelled import LabelledChromosome
from features.transcripts import Transcript, cds_codes, translate

RECORDED = Path(__file__).parent / "recorded" / "snap.gff"
needs_snap = pytest.mark.skipif(
    any(shutil.which(name) is None for name in ("snap-hmm", "fathom", "forge", "hmm-assembler.pl")),
    reason="SNAP and its training tools are not installed",
)


def test_recorded_output_becomes_transcripts() -> None:
    cut, minus, plus = parse_snap(RECORDED, "X")
    assert [len(t.cds) for t in (cut, minus, plus)] == [5, 3, 2]
    assert (cut.strand, cut.start_complete, cut.end_complete) == ("-", True, False)
    assert minus.cds == ((1937, 1946), (2464, 2588), (2923, 3111))
    assert minus.cds_scores == (9.106, -11.24, 7.541)
    assert (plus.strand, plus.start_complete, plus.end_complete) == ("+", True, True)
    assert plus.cds_length % 3 == minus.cds_length % 3 == 0
    assert (plus.chromosome, plus.gene) == ("X", "X.snap.3")


def test_a_single_exon_gene_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "snap.gff"
    path.write_text("s\tSNAP\tEsngl\t4\t12\t1.5\t-\t.\ts-snap.1\n")
    (found,) = parse_snap(path, "I")
    assert (found.cds, found.start_complete, found.end_complete) == (((3, 12),), True, True)


def test_zff_runs_five_to_three_prime() -> None:
    cds = ((10, 20), (30, 41), (50, 59))
    genes = [Transcript("I", strand, strand, strand, cds, cds=cds) for strand in "+-"]
    genes.append(Transcript("I", "-", "s", "s", ((70, 79),), cds=((70, 79),)))
    assert list(zff_lines("sequence_0", genes)) == [
        ">sequence_0",
        "Einit 11 20 gene_0",
        "Exon 31 41 gene_0",
        "Eterm 51 59 gene_0",
        "Einit 59 51 gene_1",
        "Exon 41 31 gene_1",
        "Eterm 20 11 gene_1",
        "Esngl 79 71 gene_2",
    ]


def test_a_missing_binary_is_told_by_fit() -> None:
    with pytest.raises(MissingProgramError, match="Debian package snap"):
        Snap(binary="no-such-snap").fit([], [])


def test_predict_before_fit_is_a_typed_error() -> None:
    with pytest.raises(ModelError, match="before fit"):
        Snap().predict(np.zeros(9, np.uint8), "I")


@needs_snap
def test_a_parameter_file_that_is_not_there_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"Give the path of a \.hmm file"):
        Snap(str(tmp_path / "none.hmm")).fit([], [])


@needs_snap
def test_a_parameter_file_that_is_none_makes_predict_fail(tmp_path: Path) -> None:
    (tmp_path / "bad.hmm").write_text("nonsense")
    finder = Snap(str(tmp_path / "bad.hmm"))
    finder.fit([], [])
    with pytest.raises(ProgramError, match="snap-hmm ended with status"):
        finder.predict(np.zeros(100, np.uint8), "I")


@needs_snap
def test_training_without_spliced_genes_is_a_typed_error() -> None:
    with pytest.raises(TrainingError, match="no spliced gene"):
        Snap().fit([LabelledChromosome("I", np.zeros(5000, np.uint8), [])], [])


@needs_snap
def test_live_snap_learns_our_training_chromosome(
    two_exon_genes: Callable[..., LabelledChromosome],
) -> None:
    training, held_out = two_exon_genes(80, seed=1), two_exon_genes(12, seed=2)
    finder = Snap()
    finder.fit([training], [])
    trained = finder.usage.cpu_seconds
    found = finder.predict(held_out.sequence, "II")
    true = {(t.strand, t.cds) for t in held_out.transcripts}
    assert len({(t.strand, t.cds) for t in found} & true) >= 6
    for transcript in found:
        if transcript.start_complete and transcript.end_complete:
            protein = translate(cds_codes(transcript, held_out.sequence))
            assert protein.startswith("M")
            assert protein.index("*") == len(protein) - 1
    assert 0 < trained < finder.usage.cpu_seconds
    again = Snap()
    again.fit([training], [])
    assert again.parameters == finder.parameters
    assert finder.predict(np.full(500, 4, np.uint8), "II") == []
