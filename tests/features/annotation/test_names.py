from __future__ import annotations

from pathlib import Path

import pytest

from features.annotation import read_chromosome_names, suggest_chromosome_names
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
