"""Sentences on splits and subsets."""

from __future__ import annotations

from dataclasses import replace

from features.datasets.manifest import ManifestFile
from features.sequence_sets.explain import explain_parts
from features.sequence_sets.manifest import SequenceManifest, Source, SplitRule, SubsetRule
from features.sequence_sets.reads import ReadModel

GENES = SequenceManifest(
    name="toy",
    title="Toy",
    source="here",
    files={"table": ManifestFile("t.tsv")},
    sources={"table": Source("table", columns={"sequence": "bases", "role": "set_2019"})},
    splits={"clean": SplitRule("grouped", folds=5), "by-read": SplitRule("random", folds=5)},
    positive="coding",
    group="gene",
)


def test_a_split_that_groups_names_what_joins_its_groups() -> None:
    told = explain_parts(GENES, 0)["clean"]
    assert told == "Sequences that are of one gene are on one side of the split."
    told = explain_parts(replace(GENES, group=""), 20)["clean"]
    assert told == (
        "Sequences that share a word of 20 bases, on either strand, are on one side of the split."
    )
    assert "Sequences that are the same" in explain_parts(replace(GENES, group=""), 0)["clean"]
    told = explain_parts(GENES, 20)["clean"]
    assert "that are of one gene or share a word of 20 bases" in told


def test_reads_are_told_from_the_sequences_they_are_of() -> None:
    told = explain_parts(GENES, 0)["by-read"]
    assert told.startswith("Drawn at random; near-copies")
    drawn = replace(GENES, splits={"published": SplitRule("random")})
    assert explain_parts(drawn, 0)["published"] == told
    reads = replace(GENES, reads=ReadModel(10), subsets={"single": SubsetRule("alone")})
    assert explain_parts(reads, 0) == {
        "clean": "Reads of sequences that are of one gene are on one side of the split.",
        "by-read": "Reads are drawn at random, so that a sequence has reads on both sides, as in the publications.",
        "single": "Reads of sequences that equal no other of the set.",
    }


def test_a_stated_split_is_told_by_its_column_in_the_data() -> None:
    splits = {
        "clean": SplitRule("stated", field="role"),
        "strict": SplitRule("stated", field="role", word=15, leaks="test"),
        "published": SplitRule("stated", field="role"),
    }
    told = explain_parts(replace(GENES, splits=splits), 0)
    assert told["clean"] == "As the column `set_2019` of the data says."
    assert "without the test sequences that share a word of 15 bases" in told["strict"]
    assert told["published"].startswith("As the data were published; near-copies")


def test_subsets_are_told() -> None:
    subsets = {
        "alone": SubsetRule("alone"),
        "matched": SubsetRule("length-matched"),
        "hard": SubsetRule("challenge", bases=303),
    }
    told = explain_parts(replace(GENES, subsets=subsets), 0)
    assert told["alone"] == "Sequences that equal no other of the set."
    assert "in every eighth of a doubling of length" in told["matched"]
    assert told["hard"].startswith("Class coding with coding sequences of at most 303 bases")
