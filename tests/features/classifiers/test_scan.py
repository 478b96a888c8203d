from __future__ import annotations

import numpy as np
import pyBigWig
import pytest

from features.classifiers.scan import (
    Call,
    Scan,
    call_peaks,
    draw_scan,
    scan_sequence,
    write_bed,
    write_big_wigs,
)
from features.genome import Codes, encode, reverse_complement

MOTIF = encode("TATAAT")


def tell(sequences: list[Codes]) -> np.ndarray:
    """0.9 where the motif is at base 2 of the window, 0.1 elsewhere."""
    return np.array([0.9 if np.array_equal(codes[2:8], MOTIF) else 0.1 for codes in sequences])


@pytest.fixture
def scan() -> Scan:
    codes = np.full(60, 1, np.uint8)
    codes[12:18] = MOTIF
    codes[40:46] = reverse_complement(MOTIF)
    return scan_sequence(tell, "chr", codes, window=12, step=1, first=100)


def test_each_strand_is_read_in_its_own_sense(scan: Scan) -> None:
    assert scan.probability["+"].shape == scan.probability["-"].shape == (49,)
    assert scan.starts()[scan.probability["+"] > 0.5].tolist() == [110]
    # The reverse window that begins two bases behind the motif.
    assert scan.starts()[scan.probability["-"] > 0.5].tolist() == [100 + 46 + 2 - 12]


def test_calls_are_the_best_windows(scan: Scan) -> None:
    assert call_peaks(scan, 0.5) == [
        Call(110, 122, "+", 0.9),
        Call(136, 148, "-", 0.9),
    ]
    assert len(call_peaks(scan, 0.05)) == 2  # one stretch each
    assert call_peaks(scan, 0.95) == []


def test_neighbouring_windows_are_one_call() -> None:
    high = np.zeros(30)
    high[[2, 3, 4, 20]] = 0.6, 0.8, 0.7, 0.9
    scan = Scan("c", 0, 12, 1, {"+": high, "-": np.zeros(30)})
    assert [(call.start, call.probability) for call in call_peaks(scan, 0.5)] == [
        (3, 0.8),
        (20, 0.9),
    ]


def test_files_hold_what_was_told(scan: Scan, tmp_path) -> None:
    write_bed(tmp_path / "x.bed", {"chr": call_peaks(scan, 0.5)}, "promoter")
    assert (tmp_path / "x.bed").read_text().splitlines() == [
        "chr\t110\t122\tpromoter\t900\t+",
        "chr\t136\t148\tpromoter\t900\t-",
    ]
    paths = write_big_wigs(tmp_path / "x", [scan], {"other": 50, "chr": 300})
    assert [path.name for path in paths] == ["x.forward.bw", "x.reverse.bw"]
    with pyBigWig.open(str(paths[0])) as file:
        assert file.chroms() == {"other": 50, "chr": 300}
        assert file.values("chr", 110 + 5, 110 + 7) == pytest.approx([0.9, 0.1])
        assert np.isnan(file.values("chr", 0, 1))
    draw_scan(scan, tmp_path / "x.svg", "a title", {"+": [112], "-": []})
    assert "a title" in (tmp_path / "x.svg").read_text()


def test_a_region_shorter_than_a_window_has_none() -> None:
    scan = scan_sequence(tell, "c", encode("ACGT"), window=12, step=1)
    assert len(scan.probability["+"]) == 0
    assert call_peaks(scan, 0.5) == []


def test_what_is_unknown_is_not_told(tmp_path) -> None:
    codes = np.full(100, 1, np.uint8)
    codes[40:60] = 4

    def sure(sequences: list[Codes]) -> np.ndarray:
        return np.full(len(sequences), 0.9)

    scan = scan_sequence(sure, "chr", codes, window=20, step=2, first=10)
    # Up to a tenth of a window, two bases, may be unknown.
    unknown = [start for start in range(0, 81, 2) if (codes[start : start + 20] > 3).sum() > 2]
    for strand in "+-":
        assert (scan.starts()[np.isnan(scan.probability[strand])] - 10).tolist() == unknown
    assert {call.strand: call.probability for call in call_peaks(scan, 0.5)} == {"+": 0.9, "-": 0.9}
    paths = write_big_wigs(tmp_path / "x", [scan], {"chr": 200})
    with pyBigWig.open(str(paths[1])) as file:
        told = file.values("chr", 10, 110, numpy=True)
    places = np.flatnonzero(~np.isnan(told)).tolist()
    known = [start for start in range(0, 81, 2) if start not in unknown]
    assert places == [start + 9 + base for start in known for base in (0, 1)]
    draw_scan(scan, tmp_path / "x.svg", "gap")
    nothing = scan_sequence(sure, "chr", np.full(50, 4, np.uint8), window=20, step=5)
    assert call_peaks(nothing, 0.0) == []
    write_big_wigs(tmp_path / "y", [nothing], {"chr": 200})


@pytest.mark.parametrize("windows", [0, 1999, 2000, 2001, 40_000])
def test_a_picture_of_many_windows_stays_small(windows: int, tmp_path) -> None:
    probability = np.zeros(windows)
    probability[windows // 2 : windows // 2 + 1] = 1.0
    scan = Scan("chr", 0, 12, 1, {"+": probability, "-": np.zeros(windows)})
    draw_scan(scan, tmp_path / "x.svg", "many")
    assert (tmp_path / "x.svg").stat().st_size < 400_000
    draw_scan(
        scan._replace(probability=dict.fromkeys("+-", np.zeros(windows))),
        tmp_path / "y.svg",
        "many",
    )
    # The one high window is drawn, wherever it stands.
    same = (tmp_path / "x.svg").read_text() == (tmp_path / "y.svg").read_text()
    assert same == (windows == 0)
