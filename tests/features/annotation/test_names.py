from __future__ import annotations

from pathlib import Path

import pytest

from features.annotation import (
    describe_left_out,
    read_chromosome_names,
    suggest_chromosome_names,
)
from features.errors import InputFileError


def test_table_of_names(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text("# annotation\tgenome\nchr1\tNC_1.1\n\nchrM\tNC_2.1\r\n")
    assert read_chromosome_names(path) == {"chr1": "NC_1.1", "chrM": "NC_2.1"}


@pytest.mark.parametrize(
    ("text", "line"),
    [("chr1 1\n", 1), ("chr1\t1\n\t2\n", 2), ("a\tb\na\tc\n", 2), ("a\tb\tc\n", 1)],
)
def test_bad_table_names_the_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "names.tsv"
    path.write_text(text)
    with pytest.raises(InputFileError) as caught:
        read_chromosome_names(path)
    assert caught.value.line == line


def test_suggestions() -> None:
    genome = ["1", "2", "X", "MT", "NC_003424.3", "scaffold_1", "dup.1", "dup.2"]
    wanted = {"chr1": "1", "Chr2": "2", "chrX": "X", "chrM": "MT", "NC_003424": "NC_003424.3"}
    assert suggest_chromosome_names([*wanted, "chr9", "dup"], genome) == wanted
    assert suggest_chromosome_names(["1", "MtDNA"], ["chr1", "chrM"]) == {
        "1": "chr1",
        "MtDNA": "chrM",
    }


def test_what_was_left_out_is_said_in_one_line() -> None:
    one = describe_left_out("x.gtf", {"chrM": 37}, 1200)
    assert one == (
        "x.gtf: 37 of 1,237 transcripts left out, on 1 sequence that the genome lacks: chrM"
    )
    many = describe_left_out("x.gtf", {f"s{i}": 2 for i in range(7)}, 0)
    assert many.endswith(
        "14 of 14 transcripts left out, on 7 sequences that the genome lacks: s0, s1, s2, s3, s4, ..."
    )
