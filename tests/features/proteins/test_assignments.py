from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.errors import InputFileError
from features.proteins import Assigned
from features.proteins.assignments import (
    compare_assignments,
    read_assignments,
    read_symbols,
    write_assignments,
    write_comparison,
)
from features.proteins.curve import acceptance_curve, draw_curve, write_curve
from features.proteins.folder import Description, read_descriptions

TOLD = Assigned(np.array(["ABC", "DEF1", "", "GHI"]), np.array([0.99, 0.9, 0.95, 0.123456]))


def test_the_table_is_the_published_one(tmp_path: Path) -> None:
    path = tmp_path / "s.tsv"
    known = {"ABC": Description("a gene", "HGNC")}
    assert write_assignments(path, ["a", "b", "c", "d"], TOLD, 0.9, known) == 2
    assert path.read_text().splitlines() == [
        "stable_id\tsymbol\tprobability\tdescription\tsource",
        "a\tABC\t0.9900\ta gene\tHGNC",
        "b\tDEF1\t0.9000\t\t",
        "c\tunknown\t0.9500\t\t",
        "d\tunknown\t0.1235\t\t",
    ]
    assert write_assignments(path, ["a", "b", "c", "d"], TOLD, 0, {}) == 3
    assert read_assignments(path)["d"] == ("GHI", 0.1235)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a\tB\thigh\n", "line 2: 'high' is no probability from 0 to 1"),
        ("a\tB\t1\nb\tB\t7\n", "line 3: '7' is no probability"),
        ("a\tB\tnan\n", "line 2: 'nan' is no probability"),
        ("a\tB\t1\na\tC\t1\n", "line 3: the id 'a' stands in line 2 already"),
        ("a\t\t1\n", "line 2: an empty symbol. Write 'unknown'"),
        ("\tB\t1\n", "line 2: no id. Give every protein one line"),
    ],
)
def test_bad_tables_name_their_line(tmp_path: Path, rows: str, message: str) -> None:
    path = tmp_path / "s.tsv"
    path.write_text("stable_id\tsymbol\tprobability\n" + rows)
    with pytest.raises(InputFileError, match=message):
        read_assignments(path)


def test_true_symbols_are_of_one_line_each(tmp_path: Path) -> None:
    path = tmp_path / "s.tsv"
    path.write_text("stable_id\tsymbol\na\tB\nb\t\n")
    assert read_symbols(path) == {"a": "B"}
    path.write_text("stable_id\tsymbol\na\tB\na\tB\n")
    with pytest.raises(InputFileError, match="line 3: the id 'a' stands in line 2 already"):
        read_symbols(path)


def test_exact_and_fuzzy_matches(tmp_path: Path) -> None:
    path = tmp_path / "s.tsv"
    write_assignments(path, ["a", "b", "c", "d"], TOLD, 0, {})
    true = {"a": "Abc", "b": "DEF", "d": "XYZ", "e": "E"}
    rows = compare_assignments(read_assignments(path), true, {"abc", "def"})
    assert [(row.exact, row.fuzzy, row.known) for row in rows] == [
        (True, False, True),
        (False, True, True),
        (False, False, False),
    ]
    write_comparison(path, rows)
    lines = path.read_text().splitlines()
    assert lines[0].startswith("csv_stable_id\txref_symbol\tclassifier_symbol\tprobability")
    assert lines[2] == "b\tDEF\tDEF1\t0.9000\tno_exact_match\tfuzzy_match\tknown"


def test_an_unknown_symbol_is_no_fuzzy_match(tmp_path: Path) -> None:
    path = tmp_path / "s.tsv"
    write_assignments(path, ["a"], TOLD.take(np.array([False, False, False, True])), 0.9, {})
    (row,) = compare_assignments(read_assignments(path), {"a": "N"}, None)
    assert (row.exact, row.fuzzy, row.known) == (False, False, None)


def test_coverage_and_accuracy(tmp_path: Path) -> None:
    right = np.array([True, True, False, False])
    points = acceptance_curve(TOLD.probability, right, (0, 0.95, 1))
    assert points[0] == (0, 1, 0.5)
    assert points[1] == (0.95, 0.5, 0.5)
    assert points[2].coverage == 0
    assert np.isnan(points[2].accuracy)
    draw_curve(tmp_path / "c.svg", {"model": points}, 0.95)
    assert "<svg" in (tmp_path / "c.svg").read_text()
    write_curve(tmp_path / "c.tsv", points)
    assert (tmp_path / "c.tsv").read_text().splitlines()[2] == "0.95\t0.5000\t0.50000"


def test_descriptions_of_symbols(tmp_path: Path) -> None:
    path = tmp_path / "d.tsv"
    path.write_text("symbol\tdescription\nABC\ta gene\n")
    assert read_descriptions(path) == {"ABC": Description("a gene")}
    path.write_text("symbol\tdescription\tsource\nABC\ta gene\tHGNC\n")
    assert read_descriptions(path)["ABC"].source == "HGNC"
    assert read_descriptions(tmp_path) == {}
    path.write_text("name\n")
    with pytest.raises(InputFileError, match="no column 'symbol'"):
        read_descriptions(path)
