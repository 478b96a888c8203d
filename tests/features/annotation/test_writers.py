from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.annotation import read_annotation, write_bed, write_gff3, write_gtf
from features.transcripts import Transcript

Writer = Callable[..., None]

letters = st.characters(codec="utf-8", exclude_categories=("C", "Z"), exclude_characters='"')
names = st.text(letters, min_size=1, max_size=6)
scores = st.integers(-99_999, 99_999).map(lambda x: x / 100)


@st.composite
def transcripts(draw: st.DrawFn, identifier: str) -> Transcript:
    lengths = draw(
        st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=5)
    )
    position = draw(st.integers(0, 500))
    exons = []
    for gap, length in lengths:
        exons.append((position + gap, position + gap + length))
        position += gap + length
    bases = [base for start, end in exons for base in range(start, end)]
    coding = len(bases) >= 6 and draw(st.booleans())
    cds: tuple[tuple[int, int], ...] = ()
    if coding:
        first = draw(st.integers(0, len(bases) - 6))
        last = draw(st.integers(first + 6, len(bases)))
        low, high = bases[first], bases[last - 1] + 1
        cds = tuple((max(s, low), min(e, high)) for s, e in exons if e > low and s < high)
    return Transcript(
        draw(st.sampled_from(["c1", "2", "chr|X:é"])),
        draw(st.sampled_from("+-")),
        draw(st.sampled_from(["gene one", "g;2=%,&", "t0"])),
        identifier,
        tuple(exons),
        cds,
        "protein_coding" if coding else draw(st.sampled_from(["lncRNA", "protein_coding", "tRNA"])),
        not coding or draw(st.booleans()),
        not coding or draw(st.booleans()),
        draw(st.none() | scores),
        tuple(draw(scores) for _ in cds) if draw(st.booleans()) else (),
    )


annotations = st.lists(names, min_size=1, max_size=6, unique=True).flatmap(
    lambda ids: st.tuples(*(transcripts(identifier) for identifier in ids))
)


def place(transcript: Transcript) -> tuple[str, int, str]:
    return transcript.chromosome, transcript.start, transcript.id


@pytest.mark.parametrize(("write", "suffix"), [(write_gff3, "gff3"), (write_gtf, "gtf")])
@given(written=annotations)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_round_trip(
    tmp_path: Path, write: Writer, suffix: str, written: tuple[Transcript, ...]
) -> None:
    path = tmp_path / f"x.{suffix}"
    write(written, path)
    assert sorted(read_annotation(path), key=place) == sorted(written, key=place)
    first = path.read_bytes()
    write(written[::-1], path)
    assert path.read_bytes() == first


GENE = Transcript(
    "c1", "-", "g", "t", ((0, 20), (30, 40)), ((5, 20), (30, 38)),
    start_complete=True, end_complete=False, score=2.5, cds_scores=(0.123456789, -1.0),
)  # fmt: skip
SILENT = Transcript("c0", "+", "h", "u", ((4, 9),), biotype="tRNA")


def test_gff3_lines(tmp_path: Path) -> None:
    write_gff3([GENE, SILENT], tmp_path / "x.gff3", {"c1": 50, "c0": 20})
    rows = [line.split("\t") for line in (tmp_path / "x.gff3").read_text().splitlines()]
    assert rows[:3] == [
        ["##gff-version 3"],
        ["##sequence-region c1 1 50"],
        ["##sequence-region c0 1 20"],
    ]
    open_end = "partial=true;start_range=.,6"
    assert [row[:1] + row[2:] for row in rows[3:]] == [
        ["c1", "gene", "1", "40", ".", "-", ".", "ID=gene:g"],
        ["c1", "mRNA", "1", "40", "2.5", "-", ".",
         "ID=transcript:t;Parent=gene:g;biotype=protein_coding"],
        ["c1", "exon", "1", "20", ".", "-", ".", "Parent=transcript:t"],
        ["c1", "exon", "31", "40", ".", "-", ".", "Parent=transcript:t"],
        ["c1", "CDS", "6", "20", "0.123457", "-", "1", f"ID=cds:t;Parent=transcript:t;{open_end}"],
        ["c1", "CDS", "31", "38", "-1", "-", "0", "ID=cds:t;Parent=transcript:t"],
        ["c0", "gene", "5", "9", ".", "+", ".", "ID=gene:h"],
        ["c0", "transcript", "5", "9", ".", "+", ".", "ID=transcript:u;Parent=gene:h;biotype=tRNA"],
        ["c0", "exon", "5", "9", ".", "+", ".", "Parent=transcript:u"],
    ]  # fmt: skip


@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize(("low", "high"), [(True, False), (False, True), (True, True)])
def test_an_open_end_is_told_on_the_lines_that_end_there(
    tmp_path: Path, strand: str, low: bool, high: bool
) -> None:
    exons = ((6, 20), (30, 40), (50, 62))
    complete = (not low, not high) if strand == "+" else (not high, not low)
    gene = Transcript("c", strand, "g", "t", exons, exons, "protein_coding", *complete)
    whole = Transcript("c", strand, "g", "u", exons[1:2], exons[1:2])
    write_gff3([gene, whole], tmp_path / "x.gff3")
    rows = [line.split("\t") for line in (tmp_path / "x.gff3").read_text().splitlines()[1:]]
    told = [(row[2], row[8].partition(";partial=true")[2]) for row in rows]
    start, end = ";start_range=.,7" * low, ";end_range=62,." * high
    assert told == [
        *(("gene", start + end), ("mRNA", start + end)),
        *(("exon", start), ("exon", ""), ("exon", end)),
        *(("CDS", start), ("CDS", ""), ("CDS", end)),
        *(("mRNA", ""), ("exon", ""), ("CDS", "")),
    ]
    assert not any(row[8].endswith("partial=true") for row in rows)
    assert sorted(read_annotation(tmp_path / "x.gff3"), key=place) == [gene, whole]


def test_gtf_parts_a_split_stop_codon_from_the_cds(tmp_path: Path) -> None:
    gene = Transcript("c", "+", "g", "t", ((0, 10), (20, 30)), ((0, 10), (20, 22)))
    write_gtf([gene], tmp_path / "x.gtf")
    rows = [line.split("\t") for line in (tmp_path / "x.gtf").read_text().splitlines()]
    codons = [
        (row[2], row[3], row[4], row[7]) for row in rows if row[2] not in ("transcript", "exon")
    ]
    assert codons == [
        ("start_codon", "1", "3", "0"),
        ("stop_codon", "10", "10", "0"),
        ("stop_codon", "21", "22", "2"),
        ("CDS", "1", "9", "0"),
    ]


@pytest.mark.parametrize(("score", "shown"), [(None, "0"), (0.8765, "876"), (7.5, "0"), (-1, "0")])
def test_bed_score(tmp_path: Path, score: float | None, shown: str) -> None:
    write_bed([replace(GENE, score=score)], tmp_path / "x.bed")
    assert (tmp_path / "x.bed").read_text().split("\t")[4] == shown


def test_bed_blocks(tmp_path: Path) -> None:
    write_bed([GENE, SILENT], tmp_path / "x.bed")
    assert (tmp_path / "x.bed").read_text().splitlines() == [
        "c0\t4\t9\tu\t0\t+\t4\t4\t0\t1\t5\t0",
        "c1\t0\t40\tt\t0\t-\t5\t38\t0\t2\t20,10\t0,30",
    ]


@pytest.mark.parametrize("write", [write_gff3, write_gtf, write_bed])
def test_failure_leaves_the_old_file(tmp_path: Path, write: Writer) -> None:
    path = tmp_path / "x"
    path.write_text("old")

    def broken():
        yield GENE
        raise RuntimeError("source ran dry")

    with pytest.raises(RuntimeError):
        write(broken(), path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_gtf_cannot_hold_quotes(tmp_path: Path) -> None:
    gene = Transcript("c", "+", 'a"b', "t", ((0, 9),))
    with pytest.raises(ValueError, match="cannot hold"):
        write_gtf([gene], tmp_path / "x.gtf")
    assert not list(tmp_path.iterdir())
    write_gff3([gene], tmp_path / "x.gff3")
    assert read_annotation(tmp_path / "x.gff3")[0].gene == 'a"b'
