from __future__ import annotations

from pathlib import Path

from features.annotation import check_annotation
from features.genome import Genome
from features.transcripts import Transcript

#                     1         2         3
#           0123456789012345678901234567890123456
SEQUENCE = "ATGAAAGTCCCAGAAATAACCCCATGTAAAAATAACC"


def test_oddities_are_counted_and_named(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"
    path.write_text(f">c\n{SEQUENCE}\n")
    spliced = Transcript("c", "+", "g1", "good", ((0, 6), (13, 19)), ((0, 6), (13, 19)))
    transcripts = [
        spliced,
        Transcript("c", "+", "g1", "silent", ((0, 6), (13, 19))),
        Transcript("c", "+", "g2", "odd_intron", ((0, 6), (14, 19)), ((0, 6), (14, 19))),
        Transcript("c", "+", "g3", "inner", ((23, 35),), ((23, 35),)),
        Transcript(
            "c",
            "+",
            "g4",
            "open",
            ((24, 30),),
            ((24, 30),),
            start_complete=False,
            end_complete=False,
        ),
        Transcript("c", "+", "g5", "tiny_intron", ((0, 6), (7, 19)), ((0, 6), (7, 19))),
        spliced,
    ]
    report = check_annotation(transcripts, Genome(path, tmp_path / "cache"))
    assert (report.transcripts, report.genes, report.coding_genes, report.cds_introns) == (
        7,
        5,
        5,
        3,
    )
    assert (report.without_cds.count, report.without_cds.examples) == (1, ["silent"])
    assert report.incomplete.examples == ["open"]
    assert report.not_multiple_of_three.examples == ["odd_intron"]
    assert report.noncanonical_introns.examples == ["c:7-14 (odd_intron)", "c:7-7 (tiny_intron)"]
    assert report.inner_stops.examples == ["inner"]
    assert report.summary() == (
        "5 coding of 5 genes, 7 transcripts, 3 CDS introns; 1 with an open end (such as open); "
        "1 with a CDS length not a multiple of three (such as odd_intron); "
        "1 with an in-frame stop (such as inner); "
        "2 introns not GT-AG, GC-AG or AT-AC (such as c:7-14 (odd_intron))"
    )
    sound = check_annotation([spliced], Genome(path, tmp_path / "cache")).summary()
    assert sound == "1 coding of 1 genes, 1 transcripts, 1 CDS introns"


def test_examples_are_few(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"
    path.write_text(f">c\n{SEQUENCE}\n")
    transcripts = [Transcript("c", "+", f"g{i}", f"t{i}", ((0, 9),)) for i in range(20)]
    finding = check_annotation(transcripts, Genome(path, tmp_path / "cache")).without_cds
    assert finding.count == 20
    assert finding.examples == [f"t{i}" for i in range(5)]


def test_reverse_strand_intron_is_read_on_its_strand(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"
    path.write_text(">c\nTTACTGGACCCAT\n")
    gene = Transcript("c", "-", "g", "t", ((0, 3), (9, 13)), ((0, 3), (9, 13)))
    assert (
        check_annotation([gene], Genome(path, tmp_path / "cache")).noncanonical_introns.count == 0
    )
    gene = Transcript("c", "+", "g", "t", ((0, 3), (9, 13)), ((0, 3), (9, 13)))
    assert (
        check_annotation([gene], Genome(path, tmp_path / "cache")).noncanonical_introns.count == 1
    )
