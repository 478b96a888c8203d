from __future__ import annotations

from pathlib import Path

import pytest

from features.annotation import read_annotation
from features.transcripts import Transcript


def read(tmp_path: Path, *lines: str) -> list[Transcript]:
    """Lines are "kind start end attributes", on the forward strand of c1."""
    path = tmp_path / "x.gtf"
    rows = [line.split(" ", 3) for line in lines]
    path.write_text(
        "".join(
            f"c1\tx\t{kind}\t{start}\t{end}\t.\t+\t.\t{tail}\n" for kind, start, end, tail in rows
        )
    )
    return read_annotation(path)


@pytest.mark.parametrize(
    ("gene", "transcript", "biotype", "coding"),
    [
        ('gene_biotype "protein_coding";', 'transcript_biotype "mRNA";', "protein_coding", True),
        ('gene_type "protein_coding";', 'transcript_type "retained_intron";', "retained_intron", True),
        ('gene_biotype "lncRNA";', "", "lncRNA", True),
        ("", "", "protein_coding", True),
        ('gene_type "unprocessed_pseudogene";', 'transcript_type "unprocessed_pseudogene";',
         "unprocessed_pseudogene", False),
        ('gene_biotype "transcribed_pseudogene";', "", "transcribed_pseudogene", False),
    ],
)  # fmt: skip
def test_biotypes(tmp_path: Path, gene: str, transcript: str, biotype: str, coding: bool) -> None:
    found = read(
        tmp_path,
        f'gene 1 30 gene_id "g"; transcript_id ""; {gene}',
        f'transcript 1 30 gene_id "g"; transcript_id "t"; {transcript}',
        'exon 1 30 gene_id "g"; transcript_id "t";',
        'CDS 1 30 gene_id "g"; transcript_id "t";',
    )
    assert [(t.biotype, t.coding) for t in found] == [(biotype, coding)]


def test_transcript_without_cds(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        'exon 1 30 gene_id "g"; transcript_id "t";',
        'transcript 50 60 gene_id "g"; transcript_id "u";',
    )
    assert found == [
        Transcript("c1", "+", "g", "t", ((0, 30),), biotype="noncoding"),
        Transcript("c1", "+", "g", "u", ((49, 60),), biotype="noncoding"),
    ]


def test_stop_codon_inside_the_cds_or_outside_the_exons(tmp_path: Path) -> None:
    inside = read(
        tmp_path,
        'CDS 1 30 gene_id "g"; transcript_id "t";',
        'stop_codon 28 30 gene_id "g"; transcript_id "t";',
    )
    assert inside[0].cds == ((0, 30),)
    outside = read(
        tmp_path,
        'exon 1 27 gene_id "g"; transcript_id "t";',
        'CDS 1 27 gene_id "g"; transcript_id "t";',
        'stop_codon 28 30 gene_id "g"; transcript_id "t";',
    )
    assert outside[0].cds == outside[0].exons == ((0, 30),)


def test_gene_lines_of_augustus_without_keys(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "gene 1 30 g1",
        "transcript 1 30 g1.t1",
        'CDS 1 30 transcript_id "g1.t1"; gene_id "g1";',
        'exon 1 30 transcript_id "g1.t1"; gene_id "g1";',
    )
    assert [(t.id, t.gene, t.cds) for t in found] == [("g1.t1", "g1", ((0, 30),))]


def test_identifiers_with_semicolons_and_crlf(tmp_path: Path) -> None:
    path = tmp_path / "x.gtf"
    path.write_bytes(
        b'#!genome\r\nc1\tx\texon\t1\t9\t.\t-\t.\tgene_id "a;b"; transcript_id "t 1"\r\n'
    )
    assert [(t.id, t.gene, t.strand) for t in read_annotation(path)] == [("t 1", "a;b", "-")]


def test_gene_id_stands_in_for_a_missing_transcript_id_and_back(tmp_path: Path) -> None:
    assert [(t.id, t.gene) for t in read(tmp_path, 'exon 1 9 gene_id "g";')] == [("g", "g")]
    assert [(t.id, t.gene) for t in read(tmp_path, 'exon 1 9 transcript_id "t";')] == [("t", "t")]
