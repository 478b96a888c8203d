"""How fast the networks train and score, and what share of the chip's multiplications that is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from benchmarks.timing import Timing
from neural.cnn.data import Batch
from neural.cnn.network import SIZES, SiteNetwork
from neural.cnn.scorer import CHUNK, LENGTH, WINDOWS, site_loss
from neural.device import Device, choose_device, mixed_precision

__all__ = ["time_networks"]

SQUARE = {"cpu": 2048, "cuda": 8192}
"""Rows of the matrices whose product is the peer."""
SHORTEST = 0.5
"""Seconds that something is timed at least."""
PASSES = 3
"""Forward passes that a training step is worth: one forward, two backward."""


def time_networks(threads: int) -> Iterator[Timing]:
    """Rates of every size, on a GPU where there is one.

    Megabases scored count both strands once; megabases trained are those of the windows that count. The peer is a
    dense matrix product in the same precision, and the rate beside it counts multiplications and additions.
    """
    torch.set_num_threads(threads)
    device = choose_device()
    where = "GPU" if device.type == "cuda" else "processor"
    with mixed_precision(device), torch.inference_mode():
        matrix = torch.ones(SQUARE[device.type], SQUARE[device.type], device=device)
        peak = 2 * len(matrix) ** 3 / _seconds(lambda: matrix @ matrix, device) / 1e9
    for name, size in SIZES.items():
        network = SiteNetwork(size).to(device)
        operations = 2 * sum(p.numel() for p in network.parameters() if p.dim() > 1)
        scoring = _time_scoring(network, device)
        training = _time_training(network, device)
        yield Timing(f"cnn {name}, scoring, both strands, {where}", scoring, "Mb/s", threads)
        yield Timing(
            f"cnn {name}, scoring, operations",
            2 * scoring * operations / 1e3,
            "GFLOP/s",
            threads,
            "matrix product",
            peak,
        )
        # The context on either side is computed too, though less and less of it from block to block.
        yield Timing(f"cnn {name}, training, {where}", training, "Mb/s", threads)
        yield Timing(
            f"cnn {name}, training, operations",
            PASSES * training * operations / 1e3,
            "GFLOP/s",
            threads,
            "matrix product",
            peak,
        )


def _time_scoring(network: SiteNetwork, device: Device) -> float:
    codes = torch.zeros(1, CHUNK + 2 * network.context, dtype=torch.uint8, device=device)
    with mixed_precision(device), torch.inference_mode():
        return CHUNK / 2 / 1e6 / _seconds(lambda: network(codes), device)


def _time_training(network: SiteNetwork, device: Device) -> float:
    rng = np.random.default_rng(0)
    shapes = (LENGTH + 2 * network.context, LENGTH, LENGTH)
    batch = Batch(
        *(
            torch.from_numpy(rng.integers(0, 4, (WINDOWS, n)).astype(np.uint8)).to(device)
            for n in shapes
        )
    )
    optimiser = torch.optim.AdamW(network.parameters())

    def step() -> None:
        with mixed_precision(device):
            loss = site_loss(network(batch.codes), batch)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    return WINDOWS * LENGTH / 1e6 / _seconds(step, device)


def _seconds(run: Callable[[], object], device: Device) -> float:
    """Mean seconds of a run, once it is warm."""
    run()
    _wait(device)
    count, begin = 0, time.perf_counter()
    while count == 0 or time.perf_counter() - begin < SHORTEST:
        run()
        count += 1
        _wait(device)
    return (time.perf_counter() - begin) / count


def _wait(device: Device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
