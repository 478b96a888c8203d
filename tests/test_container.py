"""The container file, as far as it can be checked without building it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_what_the_container_copies_exists_and_is_not_ignored() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    copied = [
        name for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE) for name in line.split()
    ]
    assert {"features", "baselines", "neural", "benchmarks", "constraints.txt"} <= set(copied)
    for name in copied:
        assert (ROOT / name).exists()
        assert name not in ignored


def test_the_container_runs_as_nobody_special() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER (?!root)\w+$", text, re.MULTILINE)
    assert "-c constraints.txt" in text
