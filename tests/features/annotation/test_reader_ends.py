"""Stop codons in and behind the CDS, and ends that are open."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.genome import Genome
from features.transcripts import cds_codes, translate
from tests.features.annotation.texts import gtf, make_genome, read


@pytest.mark.parametrize("strand", ["+", "-"])
def test_stop_codon_features_extend_the_cds_also_behind_an_intron(
    tmp_path: Path, strand: str
) -> None:
    if strand == "+":
        rows = [
            ("exon", 1, 20),
            ("exon", 31, 50),
            ("CDS", 5, 19),
            ("stop_codon", 20, 20),
            ("stop_codon", 31, 32),
        ]
        wanted = ((4, 20), (30, 32))
    else:
        rows = [
            ("exon", 1, 20),
            ("exon", 31, 50),
            ("CDS", 32, 46),
            ("stop_codon", 31, 31),
            ("stop_codon", 19, 20),
        ]
        wanted = ((18, 20), (30, 46))
    transcript = read(tmp_path, gtf(*rows, strand=strand), "x.gtf")[0]
    assert transcript.cds == wanted
    assert transcript.cds_length == 18
    assert transcript.end_complete


def test_cds_without_stop_codon_is_open_where_the_file_marks_them(tmp_path: Path) -> None:
    marked = gtf(("exon", 1, 20), ("CDS", 1, 6), ("stop_codon", 7, 9))
    unmarked = gtf(("exon", 101, 120), ("CDS", 101, 106)).replace('"t1"', '"t2"')
    assert [t.end_complete for t in read(tmp_path, marked + unmarked, "x.gtf")] == [True, False]
    assert [t.end_complete for t in read(tmp_path, unmarked, "x.gtf")] == [True]


def genes_on(tmp_path: Path, ends: list[str], cds_tail: int) -> tuple[Genome, str]:
    """Genes ATG AAA + end on both strands, 30 bases apart; ``cds_tail`` bases of the end belong to the CDS."""
    letters, lines = "", ""
    for index, end in enumerate(ends):
        gene = "ATGAAA" + end
        start = len(letters) + 11
        strand = "+-"[index % 2]
        if strand == "-":
            gene = gene[::-1].translate(str.maketrans("ACGT", "TGCA"))
        letters += "C" * 10 + gene + "C" * 10
        first, last = start, start + len(gene) - 1
        cut = len(end) - cds_tail
        cds = (first, last - cut) if strand == "+" else (first + cut, last)
        for kind, (low, high) in (("exon", (first - 5, last + 5)), ("CDS", cds)):
            lines += f"c1\tx\t{kind}\t{low}\t{high}\t.\t{strand}\t.\tParent=t{index}\n"
    return make_genome(tmp_path, c1=letters), lines


def test_stop_codons_left_out_are_found_on_the_genome_by_majority(tmp_path: Path) -> None:
    genome, text = genes_on(tmp_path, ["TAA", "TAG", "TGA", "TAA", "GGG"], cds_tail=0)
    found = read(tmp_path, text, genome=genome)
    proteins = [translate(cds_codes(t, genome.fetch("c1"))) for t in found]
    assert proteins == ["MK*", "MK*", "MK*", "MK*", "MK"]
    assert [t.end_complete for t in found] == [True, True, True, True, False]


def test_stop_codons_in_place_are_not_taken_twice(tmp_path: Path) -> None:
    genome, text = genes_on(tmp_path, ["TAATAA", "TAGTAA", "TGATAA"], cds_tail=3)
    assert {t.cds_length for t in read(tmp_path, text, genome=genome)} == {9}
    genome, text = genes_on(tmp_path, ["TAATAA", "TAGTAA", "GGGTAA"], cds_tail=3)
    found = read(tmp_path, text, genome=genome)
    assert [t.cds_length for t in found] == [9, 9, 9]
    assert [t.end_complete for t in found] == [True, True, False]


def test_left_out_stop_codon_is_found_behind_an_intron_and_past_the_last_exon(
    tmp_path: Path,
) -> None:
    genome = make_genome(tmp_path, c1="CCATGAAATGTCCCAGAACCATGAAATAGCC")
    text = (
        "c1\tx\texon\t3\t9\t.\t+\t.\tParent=a\nc1\tx\texon\t17\t19\t.\t+\t.\tParent=a\nc1\tx\tCDS\t3\t8\t.\t+\t.\tParent=a\n"
        "c1\tx\tCDS\t21\t26\t.\t+\t.\tParent=b\n"
    )
    first, second = read(tmp_path, text, genome=genome)
    assert first.cds == ((2, 9), (16, 18))
    assert first.exons == ((2, 9), (16, 19))
    assert second.cds == second.exons == ((20, 29),)


def test_ends_without_codon_on_the_genome_are_incomplete(tmp_path: Path) -> None:
    genome = make_genome(tmp_path, c1="ATGAAATAA" + "CTGAAATAA" + "ATGAAAGGG" + "CTGCCCTTT")
    text = "".join(
        f"c1\tx\tCDS\t{9 * i + 1}\t{9 * i + 9}\t.\t+\t.\tParent=t{i}\n" for i in range(4)
    )
    found = read(tmp_path, text, genome=genome)
    assert [(t.start_complete, t.end_complete) for t in found] == [
        (True, True),
        (False, True),
        (True, False),
        (False, False),
    ]
    assert all(t.start_complete and t.end_complete for t in read(tmp_path, text))


@pytest.mark.parametrize(
    ("more", "strand", "wanted"),
    [
        ('tag "basic"; tag "cds_start_NF";', "+", (False, True)),
        ('tag "cds_end_NF"; tag "mRNA_end_NF";', "-", (True, False)),
        ('tag "mRNA_start_NF";', "+", (True, True)),
        ('partial "0";', "+", (True, True)),
        ('partial "1";', "+", (False, True)),
        ('partial "1";', "-", (True, False)),
        ('partial "true";', "-", (True, False)),
    ],
)
def test_gtf_tells_open_ends(
    tmp_path: Path, more: str, strand: str, wanted: tuple[bool, bool]
) -> None:
    transcript = read(
        tmp_path, gtf(("exon", 1, 40), ("CDS", 1, 30), strand=strand, more=more), "x.gtf"
    )[0]
    assert (transcript.start_complete, transcript.end_complete) == wanted


@pytest.mark.parametrize(
    ("attributes", "strand", "wanted"),
    [
        ("partial=true;start_range=.,5", "+", (False, True)),
        ("partial=true;start_range=.,5", "-", (True, False)),
        ("partial=true;end_range=30,.", "+", (True, False)),
        ("partial=true;end_range=30,.;start_range=.,5", "+", (False, False)),
        ("partial=10", "+", (False, True)),
        ("partial=01", "-", (False, True)),
        ("partial=00", "+", (True, True)),
        ("tag=basic,cds_end_NF", "+", (True, False)),
    ],
)
def test_gff3_tells_open_ends(
    tmp_path: Path, attributes: str, strand: str, wanted: tuple[bool, bool]
) -> None:
    text = f"c1\tx\tCDS\t5\t30\t.\t{strand}\t0\tID=cds1;Parent=t1;{attributes}\n"
    transcript = read(tmp_path, text)[0]
    assert (transcript.start_complete, transcript.end_complete) == wanted


def test_partial_mrna_of_refseq_says_nothing_of_its_cds(tmp_path: Path) -> None:
    text = (
        "c1\tx\tmRNA\t1\t30\t.\t+\t.\tID=t1;partial=true;start_range=.,1;end_range=30,.\n"
        "c1\tx\tCDS\t1\t30\t.\t+\t0\tParent=t1\n"
    )
    transcript = read(tmp_path, text)[0]
    assert transcript.start_complete
    assert transcript.end_complete


def test_partial_cds_at_the_sequence_end_is_open_even_with_a_codon_there(tmp_path: Path) -> None:
    genome = make_genome(tmp_path, c1="ATGAAATAACC")
    text = gtf(("exon", 1, 11), ("CDS", 1, 9), more='partial "1";')
    transcript = read(tmp_path, text, "x.gtf", genome)[0]
    assert (transcript.start_complete, transcript.end_complete) == (False, True)
