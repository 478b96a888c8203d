import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.machine import Stopwatch
from benchmarks.metrics.bootstrap import Blocks
from benchmarks.metrics.sites import precision, sensitivity
from benchmarks.metrics.structure import LEVELS, compare_structures
from features.annotation import read_annotation
from features.transcripts import Transcript, gaps

BLOCKS = Blocks({"c": 10_000}, size=1000)


def coding(gene, *cds, strand="+", name=None, chromosome="c"):
    return Transcript(chromosome, strand, gene, name or f"{gene}.1", cds, cds=cds)


def total(counts, level):
    return counts.levels[level].sum(axis=0).tolist()


def test_exact_prediction_by_hand():
    true = [coding("a", (100, 200), (300, 400)), coding("b", (900, 990), strand="-")]
    predicted = [coding("x", (100, 200), (300, 410)), coding("y", (900, 990), strand="-")]
    counts = compare_structures(true, predicted, BLOCKS)
    assert total(counts, "nucleotide") == [290, 290, 300, 290]
    assert total(counts, "exon") == [3, 2, 3, 2]
    assert total(counts, "intron") == [1, 1, 1, 1]
    assert total(counts, "intron_chain") == [1, 1, 1, 1]
    assert total(counts, "transcript") == [2, 1, 2, 1]
    assert total(counts, "gene") == [2, 1, 2, 1]
    assert counts.fates["exon"] == {
        "missed": 0,
        "exact": 2,
        "partial": 1,
        "overlapping": 0,
        "wrong": 0,
    }


def test_the_strand_matters():
    counts = compare_structures(
        [coding("a", (100, 200))], [coding("x", (100, 200), strand="-")], BLOCKS
    )
    assert all(total(counts, level)[1] == 0 for level in LEVELS)
    assert (counts.fates["exon"]["missed"], counts.fates["exon"]["wrong"]) == (1, 1)


def test_one_exact_isoform_finds_the_gene_and_shared_exons_count_once():
    true = [
        coding("a", (100, 200), (300, 400), name="a.1"),
        coding("a", (100, 200), (350, 400), name="a.2"),
        coding("a", (100, 200), (350, 400), name="a.3"),
    ]
    counts = compare_structures(true, [coding("x", (100, 200), (350, 400))], BLOCKS)
    assert total(counts, "exon") == [3, 2, 2, 2]
    assert total(counts, "transcript") == [2, 1, 1, 1]
    assert total(counts, "gene") == [1, 1, 1, 1]
    both = compare_structures(true, true, BLOCKS)
    assert total(both, "gene") == [1, 1, 2, 2]


def test_fates_of_exons():
    true = [coding("a", (100, 200), (300, 400), (600, 700)), coding("b", (800, 850))]
    predicted = [coding("x", (100, 190), (320, 380), (450, 500), (600, 700))]
    assert compare_structures(true, predicted, BLOCKS).fates["exon"] == {
        "missed": 1,
        "exact": 1,
        "partial": 1,
        "overlapping": 1,
        "wrong": 1,
    }


def test_fates_of_genes():
    true = [
        coding("found", (100, 200), (300, 400), name="found.1"),
        coding("found", (100, 200), (320, 400), name="found.2"),
        coding("missed", (500, 600), (900, 1000)),
        coding("nested", (700, 800), strand="-"),  # in its intron, on the other strand
        coding("split", (2000, 2100), (2200, 2300)),
        coding("merged1", (3000, 3100)),
        coding("merged2", (3200, 3300)),
        coding("partial1", (4000, 4200)),
        coding("partial2", (4100, 4300)),
        coding("partial3", (5000, 5100)),
    ]
    predicted = [
        coding("a", (100, 200), (320, 400)),
        coding("b", (500, 800), strand="-"),  # over missed and nested
        coding("c", (2000, 2100)),
        coding("d", (2200, 2300), name="d.1"),
        coding("d", (2250, 2300), name="d.2"),
        coding("e", (3000, 3100), (3200, 3300)),
        coding("f", (4000, 4300)),
        replace(coding("g", (5000, 5050)), cds=()),
        coding("h", (6000, 6050), name="h.1"),
        coding("h", (6000, 6020), name="h.2"),
        coding("h", (5090, 5100), (6000, 6050), name="h.3"),
    ]
    assert compare_structures(true, predicted, BLOCKS).fates["gene"] == {
        "found": 1,
        "split": 1,
        "merged": 2,
        "partial": 4,
        "missed": 1,
        "wrong": 2,
    }


def test_genes_that_are_left_out_have_no_fate():
    true = [coding("a", (100, 200)), coding("b", (300, 400)), coding("c", (900, 990))]
    predicted = [coding("x", (100, 200), (300, 400)), coding("y", (800, 850)), coding("z", (5, 9))]
    left_out = {"c": np.array([[390, 395], [7, 8], [980, 990]])}
    found = compare_structures(true, predicted, BLOCKS, left_out).fates["gene"]
    assert {fate: count for fate, count in found.items() if count} == {"merged": 1, "wrong": 1}
    exact = compare_structures(true, true, BLOCKS, left_out).fates["gene"]
    assert {fate: count for fate, count in exact.items() if count} == {"found": 1}
    # a left-out gene that reads through two others, and is predicted exactly, does not merge them
    true = [coding("a", (100, 200)), coding("b", (150, 200), (300, 400)), coding("c", (300, 400))]
    through = compare_structures(true, true[1:2], BLOCKS, left_out).fates["gene"]
    assert {fate: count for fate, count in through.items() if count} == {"partial": 1}


def test_features_in_left_out_regions_do_not_count():
    true = [coding("a", (100, 200), (300, 400)), coding("b", (900, 990))]
    predicted = [
        coding("x", (100, 200), (300, 410)),
        coding("y", (900, 990)),
        coding("z", (10, 60)),
    ]
    left_out = {"c": np.array([[390, 395], [50, 55]])}
    counts = compare_structures(true, predicted, BLOCKS, left_out)
    assert total(counts, "exon") == [2, 2, 2, 2]
    assert total(counts, "intron") == [1, 1, 1, 1]
    assert total(counts, "gene") == [1, 1, 1, 1]
    assert total(counts, "nucleotide") == [285, 285, 340, 285]


def test_a_feature_belongs_to_the_block_of_its_first_base_a_nucleotide_to_its_own():
    gene = [coding("a", (990, 1010), (2000, 2100))]
    counts = compare_structures(gene, gene, BLOCKS)
    assert counts.levels["nucleotide"][:3, 0].tolist() == [10, 10, 100]
    assert counts.levels["exon"][:3, 0].tolist() == [1, 0, 1]
    assert counts.levels["intron"][:3, 0].tolist() == [0, 1, 0]
    assert counts.levels["gene"][:3, 0].tolist() == [1, 0, 0]


def test_a_gap_below_five_bases_is_no_intron():
    closed = compare_structures([coding("a", (10, 50), (54, 90))], [coding("x", (10, 90))], BLOCKS)
    assert total(closed, "transcript") == [1, 1, 1, 1]
    assert total(closed, "intron") == [0, 0, 0, 0]
    kept = compare_structures([coding("a", (10, 50), (55, 90))], [coding("x", (10, 90))], BLOCKS)
    assert total(kept, "transcript") == [1, 0, 1, 0]


def test_strata():
    many = tuple((start, start + 40) for start in range(1000, 2000, 100))
    true = [
        coding("one", (100, 200)),
        coding("many", *many),
        coding("two", (3000, 3100), (9000, 9100)),
    ]
    predicted = [coding("x", *many), coding("y", (100, 190))]
    assert compare_structures(true, predicted, BLOCKS).strata == {
        "single_exon_genes": (1, 0),
        "many_exon_genes": (1, 1),
        "short_exons": (10, 10),
        "long_introns": (1, 0),
    }


def test_introns_with_weak_splice_sites_are_a_stratum_where_they_are_known():
    true = [coding("a", (100, 200), (300, 400), (500, 600))]
    predicted = [coding("x", (100, 200), (300, 400))]
    weak = {("c", "+"): {(200, 300), (400, 500)}, ("c", "-"): {(200, 300)}}
    strata = compare_structures(true, predicted, BLOCKS, weak_introns=weak).strata
    assert strata["weak_splice_sites"] == (2, 1)
    assert "weak_splice_sites" not in compare_structures(true, predicted, BLOCKS).strata


def test_many_records_take_neither_their_square_in_memory_nor_minutes():
    names = [f"c{i}" for i in range(20_000)]
    blocks = Blocks(dict.fromkeys(names, 40), size=40)
    genes = [coding(name, (0, 30), chromosome=name) for name in names]
    watch = Stopwatch()
    before = watch.peak_gib()
    counts = compare_structures(genes, genes, blocks)
    assert watch.peak_gib() < before + 0.5
    assert (counts.levels["gene"] == 1).all()
    assert (counts.levels["nucleotide"] == 30).all()


def test_nothing_predicted_and_nothing_true():
    gene = [coding("a", (100, 200))]
    assert total(compare_structures(gene, [], BLOCKS), "gene") == [1, 0, 0, 0]
    assert total(compare_structures([], gene, BLOCKS), "gene") == [0, 0, 1, 0]
    noncoding = [replace(gene[0], cds=())]
    assert total(compare_structures(noncoding, noncoding, BLOCKS), "gene") == [0, 0, 0, 0]


@st.composite
def transcripts(draw):
    found = []
    for number in range(draw(st.integers(0, 6))):
        edges = draw(st.lists(st.integers(0, 60), min_size=2, max_size=6, unique=True))
        edges = [10 * edge for edge in sorted(edges)[: len(edges) // 2 * 2]]
        cds = tuple(zip(edges[::2], edges[1::2], strict=True))
        gene = draw(st.sampled_from("abc"))
        found.append(coding(gene, *cds, strand=draw(st.sampled_from("+-")), name=f"t{number}"))
    return found


@given(transcripts(), transcripts())
def test_agrees_with_plain_sets(true, predicted):
    counts = compare_structures(true, predicted, BLOCKS)

    def features(of, level):
        if level == "exon":
            return {(t.strand, exon) for t in of for exon in t.cds}
        if level == "intron":
            return {(t.strand, intron) for t in of for intron in gaps(t.cds)}
        if level == "transcript":
            return {(t.strand, t.cds) for t in of}
        return {(t.strand, base) for t in of for exon in t.cds for base in range(*exon)}

    for level in ("nucleotide", "exon", "intron", "transcript"):
        left, right = features(true, level), features(predicted, level)
        shared = len(left & right)
        assert total(counts, level) == [len(left), shared, len(right), shared]
    fates = counts.fates["gene"]
    assert fates["found"] == total(counts, "gene")[1]
    assert sum(fates.values()) - fates["wrong"] == total(counts, "gene")[0]
    bases = features(true, "nucleotide")
    chains = {(t.strand, t.cds): features([t], "nucleotide") for t in predicted}
    assert fates["wrong"] == sum(bases.isdisjoint(chain) for chain in chains.values())
    swapped = compare_structures(predicted, true, BLOCKS)
    assert total(swapped, "exon")[:3:2] == total(counts, "exon")[:3:2][::-1]
    for fates, other in ((counts.fates, swapped.fates), (swapped.fates, counts.fates)):
        assert fates["exon"]["missed"] == other["exon"]["wrong"]


@pytest.fixture
def golden(data_root):
    folder = data_root.parent / "golden" / "gffcompare"
    if not folder.is_dir():
        pytest.skip(f"no gffcompare output at {folder}")
    return folder


def read_chains(path):
    """Transcripts of a file whose exon lines are CDS chains."""
    return [replace(each, cds=each.exons) for each in read_annotation(path)]


def assert_agrees_with_gffcompare(true, predicted, stats):
    end = max(each.end for each in (*true, *predicted))
    blocks = Blocks({each.chromosome: end for each in (*true, *predicted)}, size=100_000)
    counts = compare_structures(true, predicted, blocks)
    names = {
        "exon": "Exon",
        "intron": "Intron",
        "intron_chain": "Intron chain",
        "transcript": "Transcript",
    }
    for level, name in names.items():
        stated = re.search(rf"^ *{name} level: +([\d.]+) +\| +([\d.]+)", stats, re.MULTILINE)
        of_level = counts.levels[level].sum(axis=0).astype(float)
        found = [f"{100 * float(ratio(of_level)):.1f}" for ratio in (sensitivity, precision)]
        assert found == list(stated.groups()), level
    for pattern, level in (
        ("Matching intron chains", "intron_chain"),
        ("Matching transcripts", "transcript"),
    ):
        assert total(counts, level)[1] == int(re.search(rf"{pattern}: +(\d+)", stats)[1])
    for feature in ("exon", "intron"):
        for fate, word, column in (("missed", "Missed", 0), ("wrong", "Novel", 2)):
            stated = re.search(rf"{word} {feature}s: +(\d+)/(\d+)", stats)
            found = (counts.fates[feature][fate], total(counts, feature)[column])
            assert found == tuple(map(int, stated.groups())), (feature, fate)


@pytest.mark.real_data
def test_counts_are_those_of_gffcompare(golden):
    assert_agrees_with_gffcompare(
        read_chains(golden / "truth.gtf"),
        read_chains(golden / "predicted.gtf"),
        (golden / "gffcompare.stats").read_text(),
    )


@pytest.mark.real_data
@pytest.mark.skipif(shutil.which("gffcompare") is None, reason="gffcompare is not installed")
def test_the_installed_gffcompare_says_the_same(golden, tmp_path):
    options = ["-e", "0", "-d", "0", "--strict-match", "-T", "-o", "live.stats"]
    files = [str(golden / "predicted.gtf"), "-r", str(golden / "truth.gtf")]
    subprocess.run(["gffcompare", *options, *files], cwd=tmp_path, check=True, capture_output=True)
    assert_agrees_with_gffcompare(
        read_chains(golden / "truth.gtf"),
        read_chains(golden / "predicted.gtf"),
        (tmp_path / "live.stats").read_text(),
    )
