from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.errors import InputFileError
from features.genome import encode
from features.sequence_sets.subsets import alone, challenge, coding_lengths, match_lengths


def test_alone() -> None:
    assert alone([encode(text) for text in ("ACG", "AC", "ACG", "CGT")]).tolist() == [1, 3]
    assert alone([encode("A"), encode("A")]).tolist() == []


def test_matched_lengths_are_as_many_of_each_class_in_every_bin() -> None:
    lengths = [100, 101, 102, 400, 100, 100, 800, 100]
    labels = np.array(["a", "a", "a", "a", "b", "b", "b", "b"])
    sequences = [np.zeros(length, np.uint8) for length in lengths]
    assert match_lengths(sequences, labels, np.arange(8)).tolist() == [0, 1, 2, 4, 5, 7]
    assert match_lengths(sequences, labels, np.arange(5)).tolist() == [0, 4]
    assert match_lengths(sequences, labels, np.array([3, 6])).tolist() == []


BED = (
    "chr1\t100\t200\tt1\t0\t+\t110\t190\t0\t3\t20,30,10,\t0,40,90,\n"
    "chr1\t100\t200\tt2\t0\t-\t100\t100\t0\t1\t100\t0\n"
)


def test_coding_lengths_are_of_the_blocks_within_the_thick_part(tmp_path: Path) -> None:
    path = tmp_path / "x.bed"
    path.write_text(f"track x\n{BED}")
    # 110-120 and 140-170; 190-200 lies outside.
    assert coding_lengths(path) == {"t1": 40, "t2": 0}
    path.write_text(f"{BED}chr1\t1\t2\tt3\n")
    with pytest.raises(InputFileError, match="line 3: not BED12"):
        coding_lengths(path)


def test_challenge_is_short_coding_and_long_open_frames() -> None:
    long = "CC" + "ATG" + "GCA" * 10 + "TAA"
    texts = ["ACGT" * 20, "ACGT" * 20, "ACGT" * 20, long, "ATGTAA", long]
    labels = np.array(["coding"] * 3 + ["other"] * 3)
    ids = ["short", "long", "unknown", "x", "y", "z"]
    sequences = [encode(text) for text in texts]
    found = challenge(sequences, labels, ids, np.arange(5), "coding", {"short": 36, "long": 37}, 36)
    assert found.tolist() == [0, 3]
