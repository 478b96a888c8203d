"""Pieces of Markdown pages: tables and numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.metrics.bootstrap import Estimate

__all__ = ["bold", "grid", "percent", "signed"]


def grid(names: Sequence[str], columns: Mapping[str, Sequence[str]], title: str = "model") -> str:
    """A table with one row per name, numbers to the right."""
    lines = [f"| {title} | " + " | ".join(columns) + " |", "|---" + "|---:" * len(columns) + "|"]
    for index, name in enumerate(names):
        cells = " | ".join(cells[index] for cells in columns.values())
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines)


def bold(text: str, best: bool) -> str:
    """``text``, bold if it is the best."""
    return f"**{text}**" if best else text


def percent(value: float, decimals: int = 1) -> str:
    """A share as per cent."""
    return f"{100 * value:.{decimals}f}"


def signed(difference: Estimate) -> str:
    """A difference of shares and its interval, in points."""
    value, low, high = (f"{100 * each:+.1f}" for each in difference)
    return f"{value} ({low} to {high})"
