from __future__ import annotations

from pathlib import Path

import pytest

from features.datasets.mask import read_mask
from features.errors import InputFileError


def test_regions_are_sorted_and_merged_under_the_genomes_names(tmp_path: Path) -> None:
    path = tmp_path / "mask.bed"
    path.write_text(
        "# left out\ntrack name=x\n1\t50\t60\tgene\t0\t+\n1\t10\t20\n1\t20\t30\nII\t0\t5\n"
    )
    mask = read_mask(path, {"chr1": 100, "II": 5, "III": 9}, {"1": "chr1"})
    assert {name: regions.tolist() for name, regions in mask.items()} == {
        "chr1": [[10, 30], [50, 60]],
        "II": [[0, 5]],
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("I\t5", "not a name, a start and an end"),
        ("I\tfive\t9", "not a name, a start and an end"),
        ("X\t5\t9", "no record 'X'"),
        ("I\t9\t5", "region .* does not lie within I of 50 bases"),
        ("I\t45\t51", "region .* does not lie within I of 50 bases"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "mask.bed"
    path.write_text(f"I\t0\t1\n{line}\n")
    with pytest.raises(InputFileError, match=f"mask.bed, line 2: {said}"):
        read_mask(path, {"I": 50}, {})
