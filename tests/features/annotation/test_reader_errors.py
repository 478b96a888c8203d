"""Files, lines and names that do not fit."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from features.annotation import read_annotation
from features.errors import InputFileError
from tests.features.annotation.texts import gff3, gtf, make_genome, read

GOOD_GTF = gtf(("exon", 1, 10), ("CDS", 1, 9))


GOOD_GFF3 = gff3(("mRNA", 1, 10), ("exon", 1, 10))


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        (["c1", "x", "exon", "5", "9"], "5 columns where nine are expected"),
        (["c1", "x", "exon", "9", "5", ".", "+", ".", None], "start 9 and end 5"),
        (["c1", "x", "exon", "0", "5", ".", "+", ".", None], "start 0 and end 5"),
        (["c1", "x", "exon", "five", "9", ".", "+", ".", None], "start 'five'"),
        (["c1", "x", "exon", "5", "9", ".", "plus", ".", None], "strand 'plus'"),
        (["c1", "x", "exon", "5", "9", "high", "+", ".", None], "score 'high'"),
        (["c1", "x", "exon", "5", "9", ".", "+", ".", 'colour "red"'], "neither"),
    ],
)
@pytest.mark.parametrize("good", [GOOD_GTF, GOOD_GFF3], ids=["gtf", "gff3"])
def test_malformed_lines_are_named(
    tmp_path: Path, good: str, fields: list[str | None], problem: str
) -> None:
    attributes = 'gene_id "g"; transcript_id "t9";' if good is GOOD_GTF else "Parent=t9"
    text = good + "# comment\n" + "\t".join(attributes if x is None else x for x in fields) + "\n"
    with pytest.raises(InputFileError, match=problem) as caught:
        read(tmp_path, text, "x.gff")
    assert caught.value.line == text.count("\n")
    assert caught.value.path == tmp_path / "x.gff"


@pytest.mark.parametrize("name", ["x.gtf", "x.gff3"])
def test_truncated_gzip(tmp_path: Path, name: str) -> None:
    good = GOOD_GTF if name == "x.gtf" else GOOD_GFF3
    path = tmp_path / f"{name}.gz"
    body = good * 3000
    path.write_bytes(gzip.compress(body.encode(), 0)[: len(body) // 2])
    with pytest.raises(InputFileError, match="truncated or damaged gzip"):
        read_annotation(path)


@pytest.mark.parametrize("name", ["x.gtf", "x.gff3"])
def test_files_that_are_no_annotation(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(InputFileError, match="not a text file"):
        read_annotation(path)
    for text in ("", "# nothing\n", "c1\tx\tregion\t1\t9\t.\t+\t.\tID=r\n"):
        with pytest.raises(
            InputFileError, match=r"no exon or CDS features|Invalid or empty|no transcripts"
        ):
            read(tmp_path, text, name)
    with pytest.raises(InputFileError, match="no such file"):
        read_annotation(tmp_path / "absent.gtf")


OUTSIDE = [("exon", 1, 10), ("exon", 21, 40), ("CDS", 5, 26)]


@pytest.mark.parametrize("text", [gtf(*OUTSIDE), gff3(("mRNA", 1, 40), *OUTSIDE)])
def test_cds_outside_exons(tmp_path: Path, text: str) -> None:
    with pytest.raises(
        InputFileError, match="CDS 5-26 of transcript 't1' lies outside its exons"
    ) as caught:
        read(tmp_path, text, "x.gff")
    assert text.splitlines()[caught.value.line - 1].split("\t")[2:5] == ["CDS", "5", "26"]


def test_coordinates_past_the_end(tmp_path: Path) -> None:
    genome = make_genome(tmp_path, c1="A" * 30)
    for text in (
        gtf(("exon", 1, 10), ("exon", 21, 40)),
        gff3(("mRNA", 1, 40), ("exon", 1, 10), ("exon", 21, 40)),
    ):
        with pytest.raises(InputFileError, match="'t1' reaches 40 but 'c1' has 30 bases") as caught:
            read(tmp_path, text, "x.gff", genome)
        assert text.splitlines()[caught.value.line - 1].split("\t")[4] == "40"


def test_missing_phase_is_no_matter(tmp_path: Path) -> None:
    right = gff3(("mRNA", 1, 40), ("CDS", 1, 10), ("CDS", 21, 40))
    wrong = right.replace("\t+\t.\tParent", "\t+\t2\tParent")
    assert wrong != right
    assert read(tmp_path, right) == read(tmp_path, wrong)
    assert read(tmp_path, right)[0].phases == (0, 2)


def test_a_phase_that_is_no_number_is_named_by_its_line(tmp_path: Path) -> None:
    text = gtf(("exon", 1, 40), ("CDS", 1, 30))
    wrong = text + text.splitlines()[1].replace("\t+\t.\t", "\t+\tx\t") + "\n"
    with pytest.raises(InputFileError, match="line 3: phase 'x'. Give 0, 1, 2") as caught:
        read(tmp_path, wrong, "x.gtf")
    assert caught.value.line == 3


@pytest.mark.parametrize("name", ["x.gtf", "x.gff3", "x"])
def test_an_empty_file_is_no_transcripts_where_that_is_allowed(tmp_path: Path, name: str) -> None:
    fasta = "##gff-version 3\n##FASTA\n>c1\nACGT\n"
    for text in ("", "\n", "##gff-version 3\n# AUGUSTUS found nothing\n", fasta):
        assert read(tmp_path, text, name, allow_empty=True) == []
    # A file with features is still held to what they say.
    for text in ("c1\tx\tregion\t1\t9\t.\t+\t.\tID=r\n", "nothing\n"):
        with pytest.raises(InputFileError):
            read(tmp_path, text, name, allow_empty=True)
    with pytest.raises(InputFileError, match="no such file"):
        read_annotation(tmp_path / "absent.gtf", allow_empty=True)


def test_names_that_do_not_match_offer_the_mapping(tmp_path: Path) -> None:
    genome = make_genome(tmp_path, **{"1": "A" * 50, "2": "A" * 50, "MT": "A" * 50})
    text = "".join(
        f"{name}\tx\tCDS\t1\t9\t.\t+\t.\tParent=t{name}\n" for name in ("chr1", "chr2", "chrM")
    )
    with pytest.raises(InputFileError) as caught:
        read(tmp_path, text, genome=genome)
    message = str(caught.value)
    assert "the annotation has chr1, chr2, chrM; the genome has 1, 2, MT" in message
    assert "Map the names with --chromosome-names" in message
    assert "chr1 -> 1, chr2 -> 2, chrM -> MT" in message
    mapping = {"chr1": "1", "chr2": "2", "chrM": "MT"}
    found = read(tmp_path, text, genome=genome, chromosome_names=mapping)
    assert [(t.chromosome, t.id) for t in found] == [
        ("1", "tchr1"),
        ("2", "tchr2"),
        ("MT", "tchrM"),
    ]
    assert [t.chromosome for t in read(tmp_path, text, chromosome_names=mapping)] == [
        "1",
        "2",
        "MT",
    ]


def test_sequences_that_the_genome_lacks_are_left_out(tmp_path: Path) -> None:
    text = "".join(
        f"{name}\tx\tCDS\t1\t9\t.\t+\t.\tParent=t{name}\n" for name in ("1", "2", "3", "alt")
    )
    most = make_genome(tmp_path, **{"1": "A" * 50, "2": "A" * 50, "3": "A" * 50})
    left_out: dict[str, int] = {}
    found = read(tmp_path, text, genome=most, left_out=left_out)
    assert [t.id for t in found] == ["t1", "t2", "t3"]
    assert left_out == {"alt": 1}
    (tmp_path / "genome.fa").unlink()
    one = make_genome(tmp_path, **{"2": "A" * 50})
    assert [t.id for t in read(tmp_path, text, genome=one)] == ["t2"]
