"""What external gene finders are given and how their lines become transcripts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from baselines.gene_finders.exchange import (
    gff_lines,
    training_genes,
    transcripts_of_cds,
    write_fasta,
    write_training,
)
from baselines.gene_finders.program import ProgramError
from features.labelled import LabelledChromosome
from features.transcripts import Transcript


def test_fasta_is_wrapped_and_unknown_bases_are_n(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"
    write_fasta(path, {"a": np.tile(np.arange(5, dtype=np.uint8), 25), "b": np.zeros(2, np.uint8)})
    header, *lines, second, last = path.read_text().splitlines()
    assert (header, second, last) == (">a", ">b", "AA")
    assert [len(line) for line in lines] == [60, 60, 5]
    assert "".join(lines) == "ACGTN" * 25


def test_training_genes_are_complete_whole_codons_outside_the_mask() -> None:
    def gene(name: str, start: int, end: int, **options: bool) -> Transcript:
        return Transcript(
            "I", "+", name, f"{name}.1", ((start, end),), cds=((start, end),), **options
        )

    genes = [
        gene("good", 0, 30),
        gene("no_start", 100, 130, start_complete=False),
        gene("no_stop", 200, 230, end_complete=False),
        gene("frameshift", 300, 331),
        gene("masked", 400, 430),
        gene("touches_mask", 440, 470),
        Transcript("I", "+", "noncoding", "n.1", ((500, 530),)),
    ]
    chromosome = LabelledChromosome("I", np.zeros(600, np.uint8), genes, np.array([[410, 440]]))
    assert [transcript.gene for transcript in training_genes(chromosome)] == [
        "good",
        "touches_mask",
    ]


def test_training_files_number_the_records_and_hold_their_training_genes(tmp_path: Path) -> None:
    cds = ((0, 30),)
    whole = Transcript("chr:1", "+", "a", "a.1", cds, cds=cds)
    open_end = Transcript("chr:1", "+", "b", "b.1", cds, cds=cds, end_complete=False)
    training = [
        LabelledChromosome("chr:1", np.zeros(40, np.uint8), [whole, open_end]),
        LabelledChromosome("chr:2", np.ones(3, np.uint8), []),
    ]

    def lines(record: str, genes: Sequence[Transcript]) -> list[str]:
        return [f">{record}", *(gene.gene for gene in genes)]

    write_training(tmp_path, training, "x.fa", "x.ann", lines)
    assert (tmp_path / "x.ann").read_text() == ">sequence_0\na\n>sequence_1\n"
    assert (tmp_path / "x.fa").read_text().split() == [
        ">sequence_0",
        "A" * 40,
        ">sequence_1",
        "CCC",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "sequence\tSNAP\tExon\t1\t9\t.\t+\t.",
        "sequence\tSNAP\tExon\tone\t9\t.\t+\t.\tg",
        "sequence\tSNAP\tExon\t1\t9\t.\t?\t.\tg",
        "sequence\tSNAP\tExon\t1\t9\thigh\t+\t.\tg",
    ],
)
def test_a_line_that_is_not_gff_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "snap.gff"
    path.write_text(f"# a comment\n\n{line}\n")
    with pytest.raises(ProgramError, match=r"snap\.gff, line 3"):
        list(gff_lines(path))


def test_transcripts_are_numbered_by_position(tmp_path: Path) -> None:
    path = tmp_path / "x.gff"
    rows = [("b", 50, 60, "3"), ("a", 90, 99, "1"), ("a", 20, 29, "2.5"), ("b", 40, 45, ".")]
    path.write_text(
        "".join(
            f"s\tX\tCDS\t{start}\t{end}\t{score}\t-\t.\t{name}\n"
            for name, start, end, score in rows
        )
    )
    pairs = [(line.attributes, line) for line in gff_lines(path)]
    first, second = transcripts_of_cds(pairs, {"a"}, {"b"}, "I.x", "I")
    assert (first.gene, first.cds, first.cds_scores) == ("I.x.1", ((19, 29), (89, 99)), (2.5, 1.0))
    assert (first.start_complete, first.end_complete) == (True, False)
    assert (second.id, second.cds, second.cds_scores) == ("I.x.2.1", ((39, 45), (49, 60)), ())
    assert (second.start_complete, second.end_complete) == (False, True)
    assert {first.strand, second.strand} == {"-"}
