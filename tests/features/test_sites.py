from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.annotation import read_annotation
from features.genome import Genome, encode, reverse_complement
from features.sites import (
    KINDS,
    SiteScores,
    _count_candidates,
    _fill_candidates,
    boundaries,
    candidate_sites,
    label_sites,
)
from features.transcripts import Transcript, cds_codes, group_by_chromosome, translate

sequences = st.text("ACGTN", max_size=80)


def brute_force(letters: str) -> dict[str, list[int]]:
    n = len(letters)
    return {
        "donor": [p for p in range(n) if letters[p : p + 2] in ("GT", "GC")],
        "acceptor": [p for p in range(2, n) if letters[p - 2 : p] == "AG"],
        "start": [p for p in range(n) if letters[p : p + 3] == "ATG"],
        "stop": [p for p in range(n) if letters[p : p + 3] in ("TAA", "TAG", "TGA")],
    }


@given(sequences)
@settings(deadline=None)
def test_candidates_equal_a_search_by_letters(letters: str) -> None:
    found = candidate_sites(encode(letters))
    assert {kind: found[kind].tolist() for kind in KINDS} == brute_force(letters)
    assert all(found[kind].dtype == np.int64 for kind in KINDS)


@given(sequences)
def test_plain_python_kernels_agree(letters: str) -> None:
    codes = encode(letters)
    filled = [np.empty(count, np.int64) for count in _count_candidates.py_func(codes)]
    _fill_candidates.py_func(codes, *filled)
    assert dict(zip(KINDS, (x.tolist() for x in filled), strict=True)) == brute_force(letters)


@st.composite
def annotations(draw: st.DrawFn) -> list[Transcript]:
    made = []
    for index in range(draw(st.integers(0, 4))):
        exons, position = [], draw(st.integers(0, 20))
        for gap, length in draw(
            st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=4)
        ):
            exons.append((position + gap, position + gap + length))
            position += gap + length
        size = sum(end - start for start, end in exons)
        cds = tuple(exons) if size >= 6 and draw(st.booleans()) else ()
        made.append(
            Transcript("c", draw(st.sampled_from("+-")), f"g{draw(st.integers(0, 2))}", f"t{index}", tuple(exons), cds,
                       start_complete=draw(st.booleans()), end_complete=draw(st.booleans()))
        )  # fmt: skip
    return made


@given(annotations())
def test_labels_of_the_mirrored_annotation_are_those_of_the_other_strand(
    made: list[Transcript],
) -> None:
    length = 100
    mirrored = [
        Transcript(
            "c",
            "-" if t.strand == "+" else "+",
            t.gene,
            t.id,
            tuple((length - e, length - s) for s, e in reversed(t.exons)),
            tuple((length - e, length - s) for s, e in reversed(t.cds)),
            start_complete=t.start_complete,
            end_complete=t.end_complete,
        )
        for t in made
    ]
    here, there = label_sites(made, "+", length), label_sites(mirrored, "-", length)
    for kind in KINDS:
        assert here[kind].true.tolist() == there[kind].true.tolist()
        assert here[kind].ignored.tolist() == there[kind].ignored.tolist()


def test_labels_by_hand_on_both_strands() -> None:
    gene = Transcript("c", "-", "g", "t", ((10, 20), (30, 40), (50, 60)), ((12, 20), (30, 37)))
    forward, reverse = label_sites([gene], "+", 100), label_sites([gene], "-", 100)
    assert all(len(forward[kind].true) == 0 for kind in KINDS)
    assert reverse["donor"].true.tolist() == [50, 70]
    assert reverse["acceptor"].true.tolist() == [60, 80]
    assert reverse["start"].true.tolist() == [63]
    assert reverse["stop"].true.tolist() == [85]


@pytest.mark.parametrize("split", [1, 2, 3])
@pytest.mark.parametrize("strand", ["+", "-"])
def test_stop_codon_parted_by_introns(split: int, strand: str) -> None:
    cds = [(0, 10), (20, 20 + 3 - split)] if split < 3 else [(0, 10), (20, 21), (30, 31), (40, 41)]
    wanted = 10 - split if split < 3 else 20
    if strand == "-":
        cds = [(100 - end, 100 - start) for start, end in reversed(cds)]
    gene = Transcript("c", strand, "g", "t", tuple(cds), tuple(cds))
    assert label_sites([gene], strand, 100)["stop"].true.tolist() == [wanted]


def test_open_ends_give_no_start_or_stop() -> None:
    cds = ((0, 10), (20, 31))
    gene = Transcript("c", "+", "g", "t", cds, cds, start_complete=False, end_complete=False)
    labels = label_sites([gene], "+", 50)
    assert labels["start"].true.size == labels["stop"].true.size == 0
    assert labels["donor"].true.tolist() == [10]


def test_sites_of_noncoding_genes_are_ignored_unless_true_elsewhere() -> None:
    coding = Transcript("c", "+", "g", "t", ((0, 10), (20, 30)), ((0, 10), (20, 30)))
    untranslated_isoform = Transcript("c", "+", "g", "u", ((0, 5), (20, 30)))
    other = Transcript("c", "+", "lnc", "v", ((0, 10), (25, 30)))
    donor, acceptor = (
        label_sites([coding, untranslated_isoform, other], "+", 50)[k] for k in KINDS[:2]
    )
    assert donor.true.tolist() == [5, 10]
    assert donor.ignored.tolist() == []
    assert acceptor.true.tolist() == [20]
    assert acceptor.ignored.tolist() == [25]


def test_boundaries() -> None:
    positions = np.array([1, 5])
    assert boundaries("stop", positions).tolist() == [4, 8]
    assert boundaries("donor", positions).tolist() == [1, 5]


@given(
    st.lists(st.text("ACGT", min_size=1, max_size=30), min_size=1, max_size=4), st.integers(0, 99)
)
@settings(deadline=None)
def test_joined_pieces_equal_the_whole(pieces: list[str], seed: int) -> None:
    length = sum(map(len, pieces))
    rng = np.random.default_rng(seed)
    content = rng.integers(-4, 5, (length, 4)).astype(np.float64)
    position = {
        kind: np.sort(rng.choice(length, rng.integers(0, length + 1), replace=False))
        for kind in KINDS
    }
    # A stop codon that two pieces share belongs to neither.
    edges = np.cumsum([0, *map(len, pieces)])
    position["stop"] = position["stop"][
        np.searchsorted(edges, position["stop"], "right")
        == np.searchsorted(edges, position["stop"] + 2, "right")
    ]
    odds = {kind: rng.normal(size=len(position[kind])).astype(np.float32) for kind in KINDS}
    whole = SiteScores.from_dense_content(position, odds, content)
    chunks = []
    for start, end in pairwise(edges.tolist()):
        inside = {kind: (position[kind] >= start) & (position[kind] < end) for kind in KINDS}
        chunks.append(
            SiteScores.from_dense_content(
                {kind: position[kind][inside[kind]] - start for kind in KINDS},
                {kind: odds[kind][inside[kind]] for kind in KINDS},
                content[start:end],
            )
        )
    joined = SiteScores.join(chunks)
    assert joined.length == whole.length
    assert joined.content_total.tolist() == whole.content_total.tolist()
    for kind in KINDS:
        assert joined.positions[kind].tolist() == whole.positions[kind].tolist()
        assert joined.log_odds[kind].tolist() == whole.log_odds[kind].tolist()
        assert joined.content[kind].tolist() == whole.content[kind].tolist()


@pytest.mark.real_data
def test_true_sites_of_a_real_chromosome_have_their_motifs(data_root: Path) -> None:
    genome = Genome(data_root / "pombe" / "genome.fa.gz")
    grouped = group_by_chromosome(
        read_annotation(data_root / "pombe" / "annotation.gff3.gz", genome)
    )
    sequence = genome.fetch("NC_003421.2")
    here = grouped["NC_003421.2"]
    for strand in "+-":
        codes = sequence if strand == "+" else reverse_complement(sequence)
        labels, candidates = label_sites(here, strand, len(codes)), candidate_sites(codes)
        for kind, share in zip(KINDS, (0.99, 0.99, 1.0, 0.998), strict=True):
            true = labels[kind].true
            assert len(true) > 350
            assert np.isin(true, candidates[kind]).mean() >= share
    complete = [t for t in here if t.coding and t.end_complete]
    assert all(translate(cds_codes(t, sequence)[-3:]) == "*" for t in complete)
