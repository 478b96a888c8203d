"""Tables of assigned symbols: written as the Gene Symbol Transformer writes them, read, compared with the truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from features.errors import InputFileError
from features.proteins.folder import Description
from features.proteins.protein_set import Assigned
from features.sequence_sets.records import table_rows
from features.storage import atomic_text

__all__ = [
    "UNKNOWN",
    "Assignment",
    "Comparison",
    "compare_assignments",
    "read_assignments",
    "read_symbols",
    "write_assignments",
    "write_comparison",
]

COLUMNS = ("stable_id", "symbol", "probability", "description", "source")
COMPARED = (
    "csv_stable_id",
    "xref_symbol",
    "classifier_symbol",
    "probability",
    "exact_match",
    "fuzzy_match",
    "known_symbol",
)
"""Names of the publication."""
UNKNOWN = "unknown"
"""Stands in the place of a symbol that is not probable enough."""


class Assignment(NamedTuple):
    """A row of the table."""

    symbol: str
    probability: float


class Comparison(NamedTuple):
    """How an assigned symbol stands to the true one.

    Attributes
    ----------
    exact : the same, but for capitals.
    fuzzy : not the same, but one is a part of the other.
    known : whether the true symbol is one that the model could have given; ``None`` where that is not asked.
    """

    name: str
    true: str
    assigned: str
    probability: float
    exact: bool
    fuzzy: bool
    known: bool | None


def write_assignments(
    path: Path,
    ids: Sequence[str],
    assigned: Assigned,
    threshold: float,
    descriptions: Mapping[str, Description],
) -> int:
    """Write the table, atomically; returns how many proteins got a symbol.

    A protein below ``threshold`` keeps its probability and gets ``UNKNOWN`` for a symbol.
    """
    named = 0
    with atomic_text(path) as file:
        print(*COLUMNS, sep="\t", file=file)
        for name, symbol, probability in zip(
            ids, assigned.symbols.tolist(), assigned.probability.tolist(), strict=True
        ):
            accepted = bool(symbol) and probability >= threshold
            named += accepted
            told = symbol if accepted else UNKNOWN
            described = descriptions.get(told, Description())
            print(name, told, f"{probability:.4f}", *described, sep="\t", file=file)
    return named


def read_assignments(path: Path) -> dict[str, Assignment]:
    """By stable id what a table of ``write_assignments`` holds.

    Raises ``InputFileError``, with the line, for a missing column, an id that is empty or there twice, an empty symbol,
    and a probability that is no number from 0 to 1.
    """
    found: dict[str, Assignment] = {}
    for line, fields in _rows_by_id(path, COLUMNS[:3]):
        if not fields["symbol"]:
            raise InputFileError(
                path,
                "an empty symbol",
                f"Write {UNKNOWN!r} where there is none, as assign does.",
                line,
            )
        try:
            probability = float(fields["probability"])
        except ValueError:
            probability = float("nan")
        if not 0 <= probability <= 1:
            raise InputFileError(
                path,
                f"{fields['probability']!r} is no probability from 0 to 1",
                "Give the table that assign wrote.",
                line,
            )
        found[fields["stable_id"]] = Assignment(fields["symbol"], probability)
    return found


def read_symbols(path: Path) -> dict[str, str]:
    """By stable id the symbol of a table with these columns, of those that have one.

    Raises ``InputFileError``, with the line, for a missing column and an id that is empty or there twice.
    """
    return {
        fields["stable_id"]: fields["symbol"]
        for _, fields in _rows_by_id(path, COLUMNS[:2])
        if fields["symbol"]
    }


def _rows_by_id(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    lines: dict[str, int] = {}
    for line, fields in table_rows(path, {name: name for name in columns}):
        name = fields["stable_id"]
        if not name or name in lines:
            problem = f"the id {name!r} stands in line {lines[name]} already" if name else "no id"
            raise InputFileError(path, problem, "Give every protein one line.", line)
        lines[name] = line
        yield line, fields


def compare_assignments(
    assigned: Mapping[str, Assignment], true: Mapping[str, str], known: set[str] | None
) -> list[Comparison]:
    """The proteins that both have, in the order of ``assigned``.

    ``known`` are the symbols of the model, in small letters, where it is given.
    """
    found = []
    for name, (symbol, probability) in assigned.items():
        if name not in true:
            continue
        one, other = symbol.casefold(), true[name].casefold()
        exact = one == other
        fuzzy = not exact and symbol != UNKNOWN and (one in other or other in one)
        could = None if known is None else other in known
        found.append(Comparison(name, true[name], symbol, probability, exact, fuzzy, could))
    return found


def write_comparison(path: Path, compared: Sequence[Comparison]) -> None:
    """Write the table of a comparison, atomically; the last column is empty where it was not asked."""
    with atomic_text(path) as file:
        print(*COMPARED, sep="\t", file=file)
        for row in compared:
            matches = (
                "exact_match" if row.exact else "no_exact_match",
                "fuzzy_match" if row.fuzzy else "no_fuzzy_match",
                "" if row.known is None else "known" if row.known else "unknown",
            )
            print(*row[:3], f"{row.probability:.4f}", *matches, sep="\t", file=file)
