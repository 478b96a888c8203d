"""What is read from files that are as they should be, small and real."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import numpy as np
import pytest

from features.annotation import check_annotation, read_annotation
from features.genome import Genome
from features.transcripts import Transcript, cds_codes, translate
from tests.features.annotation.texts import gff3, gtf, make_genome, read


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
