from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from features.errors import InputFileError
from features.scorers import table as module
from features.scorers.table import check_table_path, site_table, write_site_table
from features.sites import KINDS, SiteScores


def scores(length: int, **sites: list[int]) -> SiteScores:
    positions = {kind: np.array(sites.get(kind, []), np.int64) for kind in KINDS}
    log_odds = {kind: (found - 3).astype(np.float32) for kind, found in positions.items()}
    return SiteScores.from_dense_content(positions, log_odds, np.zeros((length, 4)))


TABLE = site_table("c", scores(10, donor=[2, 6], start=[0]), scores(10, donor=[0], stop=[3]))


def test_rows_are_counted_from_one_on_the_forward_strand() -> None:
    assert [list(row.values())[:5] for row in TABLE.to_pylist()] == [
        ["c", "+", "start", 1, -3.0],
        ["c", "+", "donor", 3, -1.0],
        ["c", "+", "donor", 7, 3.0],
        ["c", "-", "stop", 7, 0.0],
        ["c", "-", "donor", 10, -3.0],
    ]
    assert TABLE["probability"].to_pylist()[3] == 0.5


def test_lower_sites_are_left_out() -> None:
    kept = site_table("c", scores(10, donor=[2, 6]), scores(10, stop=[3]), 0.0)
    assert kept["log_odds"].to_pylist() == [3.0, 0.0]
    assert site_table("c", scores(1), scores(1)).num_rows == 0


@pytest.mark.parametrize("batch", [1, 8, 100])
def test_batches_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(module, "BATCH", batch)
    assert write_site_table(tmp_path / "x.parquet", iter([TABLE] * 5)) == 25
    assert pq.read_table(tmp_path / "x.parquet").to_pylist() == TABLE.to_pylist() * 5
    write_site_table(tmp_path / "x.tsv", iter([TABLE] * 2))
    rows = ["c\t+\tstart\t1\t-3\t0.047426", "c\t+\tdonor\t3\t-1\t0.268941"]
    lines = (tmp_path / "x.tsv").read_text().splitlines()
    assert len(lines) == 11
    assert lines[1:3] == rows


def test_a_failure_leaves_no_file(tmp_path: Path) -> None:
    def tables():  # type: ignore[no-untyped-def]
        yield TABLE
        raise RuntimeError("killed")

    for extension in ("tsv", "tsv.gz", "parquet", "bed"):
        with pytest.raises(RuntimeError):
            write_site_table(tmp_path / f"x.{extension}", tables())
    assert list(tmp_path.iterdir()) == []


def test_unknown_extension() -> None:
    check_table_path("a.TSV.gz")
    with pytest.raises(InputFileError, match=r"a\.csv: not a known .*ends with \.tsv, \.tsv\.gz"):
        check_table_path("a.csv")
