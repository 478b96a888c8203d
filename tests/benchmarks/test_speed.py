"""The speed table: what is timed is what the suite computes, and the page shows it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks import network_speed, speed
from benchmarks.network_speed import time_networks
from benchmarks.speed import render_speed
from benchmarks.timing import Timing
from features.pwm import PositionWeightMatrix


def test_page_shows_the_ratio_to_the_peer() -> None:
    page = render_speed(
        [
            Timing("k-mer index", 600.0, "Mb/s", 1, "numpy", 150.0),
            Timing("whole path", 2.0, "Mb/s", 2, "", math.nan),
        ],
        "demo",
    )
    lines = page.splitlines()
    assert lines[0] == "# Speed on demo"
    assert "| k-mer index | 600 Mb/s | 1 | numpy | 150 Mb/s | 4.0 |" in lines
    assert "| whole path | 2 Mb/s | 2 |  |  |  |" in lines


@pytest.mark.parametrize("stage", ["kmers", "pwm"])
def test_kernels_and_their_peers_are_timed(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "REPEATS", 1)
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, 20_000).astype(np.uint8)
    if stage == "kmers":
        timing = speed._time_kmers(codes)
    else:
        weights = rng.normal(size=(12, 16)).astype(np.float32)
        timing = speed._time_pwm(codes, PositionWeightMatrix(1, -5, weights))
    assert timing.rate > 0
    assert timing.peer_rate > 0
    assert timing.cores == 1


def test_networks_are_timed_beside_a_matrix_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_speed, "SHORTEST", 0.0)
    monkeypatch.setattr(network_speed, "SIZES", {"tiny": network_speed.SIZES["tiny"]})
    monkeypatch.setattr(network_speed, "SQUARE", {"cpu": 64, "cuda": 64})
    timings = list(time_networks(1))
    assert len(timings) == 4
    assert all(timing.rate > 0 for timing in timings)
    assert [timing.peer for timing in timings] == ["", "matrix product"] * 2
