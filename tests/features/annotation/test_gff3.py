from __future__ import annotations

from pathlib import Path

import pytest

from features.annotation import read_annotation
from features.transcripts import Transcript


def read(tmp_path: Path, *lines: str) -> list[Transcript]:
    """Lines are "kind start end attributes", on the forward strand of c1."""
    path = tmp_path / "x.gff3"
    rows = [line.split(" ", 3) for line in lines]
    path.write_text(
        "".join(
            f"c1\tx\t{kind}\t{start}\t{end}\t.\t+\t.\t{tail}\n" for kind, start, end, tail in rows
        )
    )
    return read_annotation(path)


def test_exon_of_several_parents_belongs_to_each(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "gene 1 60 ID=g",
        "mRNA 1 60 ID=a;Parent=g",
        "mRNA 1 60 ID=b;Parent=g",
        "exon 1 20 Parent=a,b",
        "exon 31 60 Parent=a",
        "exon 41 60 Parent=b",
        "CDS 4 12 Parent=a,b",
    )
    assert [(t.id, t.gene, t.exons, t.cds) for t in found] == [
        ("a", "g", ((0, 20), (30, 60)), ((3, 12),)),
        ("b", "g", ((0, 20), (40, 60)), ((3, 12),)),
    ]


def test_cds_under_a_gene_is_its_transcript(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "gene 1 30 ID=gene-b1;gene_biotype=protein_coding",
        "CDS 1 30 ID=cds1;Parent=gene-b1",
    )
    assert found == [Transcript("c1", "+", "gene-b1", "gene-b1", ((0, 30),), ((0, 30),))]


def test_cds_without_gene_or_parent_stands_alone(tmp_path: Path) -> None:
    found = read(tmp_path, "CDS 1 30 ID=1_1;partial=00", "CDS 41 70 ID=1_2;partial=01")
    assert [(t.id, t.gene, t.end_complete) for t in found] == [
        ("1_1", "1_1", True),
        ("1_2", "1_2", False),
    ]


def test_parts_that_a_gene_shares_with_its_transcripts_count_once(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "gene 1 60 ID=g",
        "mRNA 1 60 ID=a;Parent=g",
        "exon 1 60 Parent=a",
        "CDS 1 30 Parent=a",
        "exon 1 60 ID=e;Parent=g",
    )
    assert [t.id for t in found] == ["a"]


def test_transcript_whose_lines_are_missing(tmp_path: Path) -> None:
    assert [(t.id, t.gene) for t in read(tmp_path, "exon 1 9 Parent=lost")] == [("lost", "lost")]
    found = read(tmp_path, "mRNA 1 9 ID=a;Parent=lostgene", "exon 1 9 Parent=a")
    assert [(t.id, t.gene) for t in found] == [("a", "lostgene")]
    found = read(tmp_path, "mRNA 1 9 ID=a;geneID=XLOC_1", "exon 1 9 Parent=a")
    assert [(t.id, t.gene) for t in found] == [("a", "XLOC_1")]


def test_rna_without_exons_is_one_exon(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "gene 5 20 ID=g;gene_biotype=tRNA",
        "tRNA 5 20 ID=r;Parent=g",
        "pseudogene 30 40 ID=p",
    )
    assert found == [Transcript("c1", "+", "g", "r", ((4, 20),), biotype="tRNA")]


def test_grandparents_are_the_gene(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "gene 1 90 ID=g",
        "primary_transcript 1 90 ID=p;Parent=g",
        "exon 1 90 Parent=p",
        "miRNA 10 30 ID=m;Parent=p",
        "exon 10 30 Parent=m",
    )
    assert {(t.id, t.gene, t.biotype) for t in found} == {
        ("p", "g", "noncoding"),
        ("m", "g", "miRNA"),
    }


@pytest.mark.parametrize(
    ("gene", "transcript", "biotype", "coding"),
    [
        ("gene", "mRNA", "protein_coding", True),
        (
            "gene biotype=protein_coding",
            "mRNA biotype=nonsense_mediated_decay",
            "nonsense_mediated_decay",
            True,
        ),
        (
            "gene gene_type=protein_coding",
            "transcript transcript_type=protein_coding",
            "protein_coding",
            True,
        ),
        ("gene gene_biotype=protein_coding", "transcript", "protein_coding", True),
        ("pseudogene gene_biotype=pseudogene", "mRNA", "pseudogene", False),
        ("gene pseudo=true", "mRNA", "pseudogene", False),
        ("gene", "pseudogenic_transcript biotype=pseudogene", "pseudogene", False),
        ("gene gene_type=processed_pseudogene", "transcript", "processed_pseudogene", False),
    ],
)
def test_biotypes(tmp_path: Path, gene: str, transcript: str, biotype: str, coding: bool) -> None:
    gene_kind, _, gene_tail = gene.partition(" ")
    kind, _, tail = transcript.partition(" ")
    found = read(
        tmp_path,
        f"{gene_kind} 1 30 ID=g;{gene_tail}",
        f"{kind} 1 30 ID=t;Parent=g;{tail}",
        "exon 1 30 Parent=t",
        "CDS 1 30 Parent=t",
    )
    assert [(t.biotype, t.coding) for t in found] == [(biotype, coding)]


def test_prefixes_and_percent_codes_are_taken_off(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "gene 1 9 ID=gene:WBGene1",
        "mRNA 1 9 ID=transcript:Y74%2C1;Parent=gene:WBGene1;Note=Parent%3Dnobody",
        "exon 1 9 Note=ID%3Dx;Parent=transcript:Y74%2C1",
    )
    assert [(t.id, t.gene) for t in found] == [("Y74,1", "WBGene1")]


def test_sequences_behind_the_features_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.gff3"
    row = "c1\tx\texon\t1\t9\t.\t+\t.\tParent=t\r\n"
    for marker in ("##FASTA\r\n>c1\r\n", ">c1\r\n"):
        path.write_bytes(f"##gff-version 3\r\n{row}###\r\n\r\n{marker}ACGT\r\n".encode())
        assert [t.exons for t in read_annotation(path)] == [((0, 9),)]
