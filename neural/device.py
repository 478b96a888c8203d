"""Where a network runs: the device, its threads, and the precision it multiplies in."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from features.errors import ModelError

__all__ = [
    "Device",
    "add_device_option",
    "choose_device",
    "describe_precision",
    "mixed_precision",
    "threads",
]

Device = torch.device


def add_device_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--device``, which ``choose_device`` reads."""
    parser.add_argument(
        "--device",
        default="auto",
        metavar="NAME",
        help="auto, cpu, cuda or cuda:N (default: auto, a GPU where there is one)",
    )


def choose_device(name: str = "auto") -> Device:
    """``auto``: an NVIDIA GPU where there is one; else ``cpu``, ``cuda`` or ``cuda:N`` as named.

    ``ModelError`` for any other, or one that is absent.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    reason = ""
    if not re.fullmatch(r"cpu|cuda(:\d+)?", name, re.ASCII):
        reason = "devices are auto, cpu, cuda and cuda:N"
    else:
        try:
            torch.zeros(1, device=name)
        except (RuntimeError, AssertionError) as error:
            reason = str(error).splitlines()[0]
    if reason:
        raise ModelError(
            f"device {name!r} cannot be used here ({reason}). Leave it out, or name cpu."
        )
    return torch.device(name)


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Let PyTorch use so many threads of the processor while the block lasts."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def mixed_precision(device: Device) -> torch.autocast:
    """Multiplications in bfloat16 where the chip has them, sums in float32: about twice as fast."""
    return torch.autocast(device.type, torch.bfloat16, enabled=_multiplies_bfloat16(device))


def describe_precision(device: Device) -> dict[str, str]:
    """What ``mixed_precision`` comes to on ``device``, for records."""
    precision = "bfloat16" if _multiplies_bfloat16(device) else "float32"
    return {"device": device.type, "precision": precision}


def _multiplies_bfloat16(device: Device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
