from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from features.errors import DatasetError, InputFileError
from features.expression.layout import Bins, find_chromosome, parse_bins
from features.expression.peaks import read_peaks

BINS = Bins("chr1", 1000, 100, 5)


def bed(folder: Path, text: str) -> Path:
    path = folder / "x.bed"
    path.write_text(text)
    return path


def test_peaks_by_overlap_and_by_midpoint(tmp_path: Path) -> None:
    text = "track name=x\n#c\nchr1\t1050\t1250\tpeak\nchr1\t1400\t1401\nchr2\t0\t9\nchr1\t0\t1000\nchr1\t1500\t1600\n"
    path = bed(tmp_path, text)
    assert read_peaks(path, BINS).open.tolist() == [1, 1, 1, 0, 1]
    assert read_peaks(path, BINS, "midpoint").open.tolist() == [0, 1, 0, 0, 1]
    packed = tmp_path / "y.bed.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert read_peaks(packed, BINS).open.tolist() == [1, 1, 1, 0, 1]


def test_a_peak_over_everything_opens_every_bin(tmp_path: Path) -> None:
    assert read_peaks(bed(tmp_path, "chr1 0 5000\n"), BINS).open.tolist() == [1] * 5


def test_a_chromosome_may_be_written_without_chr(tmp_path: Path) -> None:
    found = read_peaks(bed(tmp_path, "1\t1000\t1001\n2\t1100\t1101\n"), BINS)
    assert found.open.tolist() == [1, 0, 0, 0, 0]
    assert found.chromosome == "1"
    found = read_peaks(bed(tmp_path, "1\t1000\t1001\nchr1\t1100\t1101\n"), BINS)
    assert found.open.tolist() == [0, 1, 0, 0, 0]
    assert find_chromosome("chrM", ["MT", "1"]) == "MT"
    assert find_chromosome("2", ["chr1", "chr22"]) is None
    assert find_chromosome("MT", ["chrM", "chrMT"]) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#c\n2\t5\t9\n", r"x.bed, line 2: no peak on chromosome 'chr1'; the first one is on '2'"),
        ("chr1\t5\t9\nchr1\t9\t9\n", "line 2: 9-9 is no peak"),
        ("chr1\t9\t5\n", "line 1: 9-5 is no peak"),
        ("chr1\t-1\t5\n", "line 1: -1-5 is no peak"),
        ("chr1\t5\n", "line 1: not a name, a start and an end"),
        ("chr1\ta\t5\n", "line 1: not a name, a start and an end"),
        ("", "no peaks"),
    ],
)
def test_bad_peaks_name_their_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputFileError, match=said):
        read_peaks(bed(tmp_path, text), BINS)


def test_another_way_to_count_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="overlap or midpoint, not 'start'"):
        read_peaks(bed(tmp_path, "chr1\t0\t9\n"), BINS, "start")


def test_regions() -> None:
    assert parse_bins("chr1:1,001-1,500", 100) == BINS
    assert parse_bins("a:b:1-150", 100) == Bins("a:b", 0, 100, 2)
    for region in ("chr1", "chr1:0-5", "chr1:9-5"):
        with pytest.raises(DatasetError, match="is not NAME:START-END"):
            parse_bins(region, 100)
    with pytest.raises(DatasetError, match="at least 1 base"):
        parse_bins("chr1:1-5", 0)
    assert parse_bins("chr1:1-5", 5) == Bins("chr1", 0, 5, 1)
    with pytest.raises(DatasetError, match=r"5 bases, less than a bin of 6\. Give a longer one"):
        parse_bins("chr1:1-5", 6)
