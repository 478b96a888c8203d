from __future__ import annotations

import gzip
import time
from pathlib import Path

import numpy as np
import pytest

from features.annotation import check_annotation, read_annotation
from features.errors import InputFileError
from features.genome import Genome
from features.transcripts import Transcript, cds_codes, translate

GFF3_TAIL = {"gene": "ID=g1", "mRNA": "ID=t1;Parent=g1"}


def gff3(*features: tuple[str, int, int], strand: str = "+", chromosome: str = "c1") -> str:
    """GFF3 of one gene; exon, CDS and UTR features belong to transcript t1."""
    lines = ["##gff-version 3"]
    for kind, start, end in features:
        tail = GFF3_TAIL.get(kind, "Parent=t1")
        lines.append(f"{chromosome}\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t.\t{tail}")
    return "\n".join(lines) + "\n"


def gtf(*features: tuple[str, int, int], strand: str = "+", more: str = "") -> str:
    """GTF of transcript t1 of gene g1."""
    return "".join(
        f'c1\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t.\tgene_id "g1"; transcript_id "t1"; {more}\n'
        for kind, start, end in features
    )


def read(
    tmp_path: Path, text: str, name: str = "x.gff3", genome: Genome | None = None, **more
) -> list[Transcript]:
    path = tmp_path / name
    path.write_text(text)
    return read_annotation(path, genome, **more)


def make_genome(tmp_path: Path, **records: str) -> Genome:
    path = tmp_path / "genome.fa"
    path.write_text("".join(f">{name}\n{letters}\n" for name, letters in records.items()))
    return Genome(path, tmp_path / "cache")


@pytest.mark.parametrize("packed", [False, True])
def test_gff3_coordinates_become_half_open(tmp_path: Path, packed: bool) -> None:
    text = gff3(
        ("gene", 1, 40),
        ("mRNA", 1, 40),
        ("exon", 1, 10),
        ("exon", 21, 40),
        ("CDS", 5, 10),
        ("CDS", 21, 26),
    )
    path = tmp_path / "x.gff3.gz"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert read_annotation(path) == [
        Transcript("c1", "+", "g1", "t1", ((0, 10), (20, 40)), ((4, 10), (20, 26)))
    ]


def test_order_of_features_does_not_matter(tmp_path: Path) -> None:
    features = [
        ("gene", 1, 40),
        ("mRNA", 1, 40),
        ("exon", 1, 10),
        ("exon", 21, 40),
        ("CDS", 5, 10),
        ("CDS", 21, 26),
    ]
    wanted = read(tmp_path, gff3(*features))
    for shuffled in (features[::-1], [*features[3:], *features[:3]]):
        assert read(tmp_path, gff3(*shuffled)) == wanted
    rows = [("exon", 21, 40), ("CDS", 21, 26), ("exon", 1, 10), ("CDS", 5, 10)]
    assert read(tmp_path, gtf(*rows), "x.gtf") == wanted


@pytest.mark.parametrize("given", [("gene", "transcript"), ("gene",), ("transcript",), ()])
def test_gtf_may_lack_gene_and_transcript_lines(tmp_path: Path, given: tuple[str, ...]) -> None:
    text = gtf(
        *[(kind, 1, 40) for kind in given],
        ("exon", 1, 10),
        ("exon", 21, 40),
        ("CDS", 5, 10),
        ("CDS", 21, 26),
    )
    assert read(tmp_path, text, "x.gtf") == [
        Transcript("c1", "+", "g1", "t1", ((0, 10), (20, 40)), ((4, 10), (20, 26)))
    ]


def test_format_is_told_by_content_before_the_name(tmp_path: Path) -> None:
    text = gtf(("exon", 1, 10), ("CDS", 1, 9))
    assert read(tmp_path, text, "x.gff") == read(tmp_path, text, "x.gtf")
    assert read(tmp_path, gff3(("mRNA", 1, 10), ("exon", 1, 10)), "x.gtf")[0].id == "t1"


def test_cds_alone_stands_for_the_exons(tmp_path: Path) -> None:
    transcript = read(tmp_path, gff3(("mRNA", 1, 40), ("CDS", 21, 26), ("CDS", 5, 10)))[0]
    assert transcript.exons == transcript.cds == ((4, 10), (20, 26))


def test_cds_and_utrs_make_exons(tmp_path: Path) -> None:
    text = gff3(
        ("mRNA", 1, 60), ("five_prime_UTR", 1, 4), ("CDS", 5, 10), ("CDS", 21, 26),
        ("three_prime_UTR", 27, 40), ("three_prime_UTR", 51, 60),
    )  # fmt: skip
    transcript = read(tmp_path, text)[0]
    assert transcript.exons == ((0, 10), (20, 40), (50, 60))
    assert transcript.cds == ((4, 10), (20, 26))


def test_nested_and_overlapping_genes_stay_apart(tmp_path: Path) -> None:
    text = "".join(
        f"c1\tx\tCDS\t{start}\t{end}\t.\t{strand}\t0\tParent={name}\n"
        for name, start, end, strand in [("a", 1, 90, "+"), ("b", 10, 30, "-"), ("c", 20, 60, "+")]
    )
    found = read(tmp_path, text)
    assert [(t.id, t.strand, t.cds) for t in found] == [
        ("a", "+", ((0, 90),)),
        ("b", "-", ((9, 30),)),
        ("c", "+", ((19, 60),)),
    ]


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


def test_one_id_in_several_places_becomes_several_transcripts(tmp_path: Path) -> None:
    rows = [
        ("transcript", 1, 40),
        ("exon", 1, 10),
        ("exon", 21, 40),
        ("CDS", 5, 10),
        ("CDS", 21, 26),
    ]
    here = gtf(*rows)
    elsewhere = gtf(*[(kind, start + 1000, end + 1000) for kind, start, end in rows])
    text = here + elsewhere + here.replace("c1\t", "c2\t") + gtf(*rows, strand="-")
    found = read(tmp_path, text, "x.gtf")
    assert [(t.chromosome, t.strand, t.start, len(t.exons)) for t in found] == [
        ("c1", "+", 0, 2),
        ("c1", "-", 0, 2),
        ("c1", "+", 1000, 2),
        ("c2", "+", 0, 2),
    ]


def test_scores_are_kept(tmp_path: Path) -> None:
    text = (
        "c1\tx\tmRNA\t1\t40\t12.5\t+\t.\tID=t1\n"
        "c1\tx\tCDS\t21\t26\t-0.25\t+\t0\tParent=t1\nc1\tx\tCDS\t5\t10\t3e2\t+\t0\tParent=t1\n"
    )
    transcript = read(tmp_path, text)[0]
    assert transcript.score == 12.5
    assert transcript.cds_scores == (300.0, -0.25)
    assert read(tmp_path, text.replace("3e2", "."))[0].cds_scores == ()


@pytest.mark.parametrize("strand", [".", "?"])
def test_unknown_strand_is_passed_over(tmp_path: Path, strand: str) -> None:
    known = gff3(("mRNA", 1, 10), ("exon", 1, 10))
    unknown = gff3(("mRNA", 1, 10), ("exon", 1, 10), ("CDS", 1, 9), strand=strand).replace(
        "t1", "t2"
    )
    assert [t.id for t in read(tmp_path, known + unknown)] == ["t1"]
    rows = gtf(("exon", 1, 10)) + gtf(("exon", 1, 10), strand=strand).replace('"t1"', '"t2"')
    assert [t.id for t in read(tmp_path, rows, "x.gtf")] == ["t1"]


def test_result_is_sorted_by_place_in_the_genome(tmp_path: Path) -> None:
    genome = make_genome(tmp_path, z="A" * 50, a="A" * 50)
    text = "".join(
        f"{name}\tx\texon\t{start}\t{start + 5}\t.\t+\t.\tParent={name}{start}\n"
        for name, start in [("a", 9), ("a", 3), ("z", 20), ("z", 2)]
    )
    assert [t.id for t in read(tmp_path, text, genome=genome)] == ["z2", "z20", "a3", "a9"]
    assert [t.id for t in read(tmp_path, text)] == ["a3", "a9", "z2", "z20"]


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


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("dataset", "name", "coding_genes", "introns"),
    [
        ("worm", "annotation.gff3.gz", 19_741, 104_015),
        # 32 of the README's genes (and 45 of its introns) are pseudogenes with a CDS, which are not coding here.
        ("pombe", "annotation.gff3.gz", 5_156 - 32, 5_093 - 45),
        ("falciparum", "annotation.gff3.gz", 4_608, 7_398),
        # The README's 1,822 genes have a transcript that runs off no piece; the others are 275 clipped ones.
        ("human", "annotation.gtf.gz", 1_822 + 275, 20_991),
    ],
)
def test_real_annotations(
    data_root: Path, dataset: str, name: str, coding_genes: int, introns: int
) -> None:
    genome = Genome(data_root / dataset / "genome.fa.gz")
    begin = time.process_time()
    transcripts = read_annotation(data_root / dataset / name, genome)
    assert time.process_time() - begin < 15
    report = check_annotation(transcripts, genome)
    assert report.coding_genes == coding_genes
    assert report.cds_introns == introns
    assert report.noncanonical_introns.count <= 0.007 * introns
    complete = [t for t in transcripts if t.coding and t.start_complete and t.end_complete]
    coding = [t for t in transcripts if t.coding]
    assert len(complete) >= (0.85 if dataset == "human" else 0.998) * len(coding)
    sequences = {
        chromosome: genome.fetch(chromosome) for chromosome in {t.chromosome for t in complete}
    }
    good = 0
    for transcript in complete:
        protein = translate(cds_codes(transcript, sequences[transcript.chromosome]))
        good += protein[0] == "M" and protein.find("*") == len(protein) - 1
    # Human: curated mRNAs that differ from the genome by a base or two, and selenoproteins.
    assert good >= (0.985 if dataset == "human" else 0.99) * len(complete)


@pytest.mark.real_data
def test_human_pieces_with_whole_genes_match_their_readme(data_root: Path) -> None:
    path = data_root / "human" / "annotation.gtf.gz"
    clipped = set()
    with gzip.open(path, "rt") as lines:
        for line in lines:
            if 'partial "1";' in line and line[0] != "#":
                clipped.add((line.split("\t")[0], line.split('transcript_id "')[1].split('"')[0]))
    whole = [t for t in read_annotation(path) if t.coding and (t.chromosome, t.id) not in clipped]
    assert len({t.gene for t in whole}) == 1_822
    assert np.mean([t.cds_length % 3 == 0 for t in whole]) > 0.98
