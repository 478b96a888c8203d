from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.annotation import read_annotation
from features.genome import encode, reverse_complement
from features.transcripts import (
    Interval,
    Transcript,
    cds_codes,
    close_gaps,
    gaps,
    group_by_chromosome,
    longest_isoforms,
    translate,
)

CODONS = {"ATG": "M", "TGG": "W", "TAA": "*", "TAG": "*", "TGA": "*", "TTT": "F", "AGA": "R", "GGC": "G",
          "CAT": "H", "AAA": "K", "GAC": "D", "ATA": "I", "TGT": "C", "CTG": "L", "AGC": "S", "NNN": "X"}  # fmt: skip


@st.composite
def coding(draw: st.DrawFn, strand: str | None = None) -> Transcript:
    pairs = draw(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=6))
    cds, position = [], 0
    for gap, length in pairs:
        cds.append((position + gap, position + gap + length))
        position += gap + length
    return Transcript("c", strand or draw(st.sampled_from("+-")), "g", "t", tuple(cds), tuple(cds))


@given(coding())
def test_phase_is_the_distance_to_the_next_codon(transcript: Transcript) -> None:
    order = transcript.cds if transcript.strand == "+" else transcript.cds[::-1]
    phases = transcript.phases if transcript.strand == "+" else transcript.phases[::-1]
    before = 0
    for (start, end), phase in zip(order, phases, strict=True):
        assert (before + phase) % 3 == 0
        assert 0 <= phase < 3
        before += end - start


@given(coding())
def test_open_start_is_framed_from_the_stop(transcript: Transcript) -> None:
    clipped = Transcript(
        "c", transcript.strand, "g", "t", transcript.exons, transcript.cds, start_complete=False
    )
    first = clipped.phases[0 if clipped.strand == "+" else -1]
    assert (clipped.cds_length - first) % 3 == 0


def test_phases_by_hand() -> None:
    cds = ((0, 4), (10, 15), (20, 23))
    assert Transcript("c", "+", "g", "t", cds, cds).phases == (0, 2, 0)
    assert Transcript("c", "-", "g", "t", cds, cds).phases == (1, 0, 0)


@given(coding(strand="+"), st.text("ACGT", min_size=110, max_size=110))
def test_reverse_complement_symmetry(transcript: Transcript, letters: str) -> None:
    sequence = encode(letters)
    mirrored = tuple((110 - end, 110 - start) for start, end in reversed(transcript.cds))
    other = Transcript("c", "-", "g", "t", mirrored, mirrored)
    wanted = cds_codes(transcript, sequence).tolist()
    assert cds_codes(other, reverse_complement(sequence)).tolist() == wanted
    assert other.phases == transcript.phases[::-1]
    assert "".join("ACGT"[code] for code in wanted) == "".join(
        letters[s:e] for s, e in transcript.cds
    )


def test_translation() -> None:
    assert translate(encode("".join(CODONS))) == "".join(CODONS.values())
    assert translate(encode("ATGTA")) == "M"
    assert translate(encode("ATGTAN")) == "MX"
    assert translate(encode("")) == ""


def test_introns_and_ends() -> None:
    transcript = Transcript("c", "+", "g", "t", ((5, 9), (12, 20), (30, 31)), ((7, 9), (12, 14)))
    assert transcript.introns == ((9, 12), (20, 30))
    assert transcript.cds_introns == ((9, 12),)
    assert (transcript.start, transcript.end, transcript.cds_length, transcript.coding) == (
        5,
        31,
        4,
        True,
    )
    silent = Transcript("c", "+", "g", "t", ((5, 9),))
    assert (silent.coding, silent.phases, silent.cds_introns) == (False, (), ())
    assert len(cds_codes(silent, encode("ACGTACGTACGT"))) == 0
    assert gaps(()) == ()


@pytest.mark.parametrize(
    ("intervals", "closed"),
    [
        (((0, 10),), ((0, 10),)),
        (((0, 10), (14, 20)), ((0, 20),)),
        (((0, 10), (15, 20)), ((0, 10), (15, 20))),
        (((0, 10), (10, 20)), ((0, 20),)),
        (((0, 10), (9, 20)), ((0, 20),)),
        (((0, 10), (11, 20), (24, 30), (40, 50), (52, 60)), ((0, 30), (40, 60))),
    ],
)
def test_gaps_below_five_bases_are_closed(
    intervals: tuple[Interval, ...], closed: tuple[Interval, ...]
) -> None:
    assert close_gaps(intervals) == closed


@given(coding())
def test_closing_gaps_keeps_the_introns(transcript: Transcript) -> None:
    closed = close_gaps(transcript.cds)
    assert (closed[0][0], closed[-1][1]) == (transcript.cds[0][0], transcript.cds[-1][1])
    introns = tuple((start, end) for start, end in transcript.cds_introns if end - start >= 5)
    assert gaps(closed) == introns
    assert close_gaps(closed) == closed


def test_one_gene_name_on_both_strands_has_an_isoform_on_each() -> None:
    pair = [Transcript("c", s, "g", f"t{s}", ((0, 9),), ((0, 9),)) for s in "+-"]
    longer = Transcript("c", "-", "g", "z", ((0, 90),), ((0, 90),))
    chosen = longest_isoforms([*pair, longer])
    assert {(t.strand, t.id) for t in chosen} == {("+", "t+"), ("-", "z")}


def test_longest_isoform_by_cds_then_name() -> None:
    def isoform(name: str, length: int, gene: str = "g", chromosome: str = "c") -> Transcript:
        return Transcript(chromosome, "+", gene, name, ((0, 90),), ((0, length),) if length else ())

    chosen = longest_isoforms(
        [
            isoform("b", 30),
            isoform("a", 30),
            isoform("z", 9),
            isoform("n", 0, "silent"),
            isoform("a", 9, chromosome="d"),
        ]
    )
    assert [(t.chromosome, t.id, t.cds_length) for t in chosen] == [("c", "a", 30), ("d", "a", 9)]


def test_groups_keep_order() -> None:
    made = [Transcript(c, "+", "g", i, ((0, 9),)) for c, i in [("b", "1"), ("a", "2"), ("b", "3")]]
    assert {c: [t.id for t in ts] for c, ts in group_by_chromosome(made).items()} == {
        "b": ["1", "3"],
        "a": ["2"],
    }


@pytest.mark.real_data
def test_phases_agree_with_the_file(data_root: Path) -> None:
    """All but those of CDSs that leave their frame, which RefSeq writes as overlapping intervals."""
    path = data_root / "pombe" / "annotation.gff3.gz"
    stated: dict[tuple[str, int, int, str], set[int]] = {}
    with gzip.open(path, "rt") as lines:
        for line in lines:
            columns = line.split("\t")
            if len(columns) == 9 and columns[2] == "CDS":
                key = (columns[0], int(columns[3]) - 1, int(columns[4]), columns[6])
                stated.setdefault(key, set()).add(int(columns[7]))
    checked = 0
    for transcript in read_annotation(path):
        intervals = [(transcript.chromosome, *cds, transcript.strand) for cds in transcript.cds]
        if transcript.cds_length % 3 == 0 and all(interval in stated for interval in intervals):
            for interval, phase in zip(intervals, transcript.phases, strict=True):
                assert phase in stated[interval], transcript.id
                checked += 1
    assert checked > 10_000
