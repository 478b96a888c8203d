"""What a run cost and where it ran: peak memory, processor, versions."""

from __future__ import annotations

import os
import platform
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["Stopwatch", "describe_machine", "describe_versions"]

PACKAGES = (
    "genestruct",
    "numpy",
    "numba",
    "pyarrow",
    "scikit-learn",
    "xgboost-cpu",
    "hmmlearn",
    "torch",
)
GIB = 2**30


class Stopwatch:
    """Seconds per named stage, and the peak memory of this process since the watch was made.

    Where the system cannot reset its peak counter (anything but Linux), the peak is that of the whole process so far.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the block's wall-clock seconds to stage ``name``."""
        started = time.perf_counter()
        try:
            yield
        finally:
            passed = time.perf_counter() - started
            self.seconds[name] = self.seconds.get(name, 0.0) + passed

    def peak_gib(self) -> float:
        """Largest resident size, GiB."""
        try:
            for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024 / GIB
        except OSError:
            pass
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / GIB


def describe_machine() -> dict[str, Any]:
    """Operating system, processor, cores this process may use, memory in GiB."""
    processor = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                processor = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    torch = sys.modules.get("torch")  # a run that used a GPU has loaded it
    gpu = torch is not None and torch.cuda.is_available()
    return {
        **({"gpu": torch.cuda.get_device_name()} if torch is not None and gpu else {}),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor,
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_gib": round(memory, 1),
    }


def describe_versions() -> dict[str, str]:
    """Python and the packages that shape a result."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
