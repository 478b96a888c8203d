from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.errors import InputFileError
from features.genome import encode, reverse_complement
from features.sequence_sets.promoter_windows import read_promoter_windows

LETTERS = "".join(np.array(list("ACGT"))[np.random.default_rng(2).integers(0, 4, 600)])


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    path = tmp_path / "g.fa"
    path.write_text(f">chr1\n{LETTERS}\n>chr2\n{'N' * 600}\n")
    return path


def write(genome: Path, *rows: str) -> Path:
    path = genome.with_name("sites.bed")
    path.write_text("".join(f"{row}\n" for row in rows))
    return path


ROWS = (
    "chr1 51 111 first_1 900 + 100 111",
    "chr1 490 550 last_1 900 - 490 501",
    "chr1 580 600 edge_1 900 + 595 600",
)


def test_windows_around_start_sites_on_their_strand(genome: Path) -> None:
    found = list(read_promoter_windows(write(genome, *ROWS), genome, 20, 10, 0))
    assert [record.fields["id"] for record in found] == ["first_1", "last_1"]
    assert found[0].codes.tolist() == encode(LETTERS[80:110]).tolist()
    # The start site of the other strand is base 500: 20 bases after it, 10 from it down.
    expected = reverse_complement(encode(LETTERS[491:521]))
    assert found[1].codes.tolist() == expected.tolist()
    assert {record.fields["label"] for record in found} == {"promoter"}
    assert found[1].line == 2


def test_background_lies_between_sites_and_away_from_them(genome: Path) -> None:
    path = write(genome, *ROWS[:2], "chr2 10 20 a 0 +", "chr2 500 520 b 0 +")
    found = [
        record
        for record in read_promoter_windows(path, genome, 20, 10, 5)
        if record.fields["label"] == "background"
    ]
    assert len(found) == 5
    for record in found:
        first, last = map(int, record.fields["id"].removeprefix("chr1:").split("-"))
        assert 100 + 20 < first <= last <= 500 - 20
        assert record.codes.tolist() == encode(LETTERS[first - 1 : last]).tolist()
        assert record.fields["chromosome"] == "chr1"
    many = list(read_promoter_windows(path, genome, 20, 10, 5000))
    ids = [r.fields["id"] for r in many if r.fields["label"] == "background"]
    bounds = np.array([each.removeprefix("chr1:").split("-") for each in ids], int)
    # The sites are bases 101 and 501, counted from 1.
    assert (bounds.min(), bounds.max()) == (101 + 20 + 1, 501 - 20 - 1)
    again = list(read_promoter_windows(path, genome, 20, 10, 5))
    assert [r.fields["id"] for r in again][-5:] == [r.fields["id"] for r in found]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("chr1 10 20", "line 2: not BED with a strand"),
        ("chr1 10 20 x 0 .", "line 2: not BED with a strand"),
        ("chr1 20 20 x 0 +", "line 2: not BED with a strand"),
        ("chr9 10 20 x 0 +", "line 2: no chromosome 'chr9' in g.fa. It holds chr1, chr2"),
    ],
)
def test_bad_rows_name_their_line(genome: Path, row: str, said: str) -> None:
    with pytest.raises(InputFileError, match=said):
        list(read_promoter_windows(write(genome, "# made up", row), genome, 5, 5, 0))
