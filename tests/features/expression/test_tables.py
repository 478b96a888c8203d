from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from features.errors import DatasetError, InputFileError
from features.expression.genes import take_genes
from features.expression.tables import read_tpm


def write(folder: Path, text: str) -> Path:
    path = folder / "tpm.tsv"
    path.write_text(text)
    return path


def test_both_ways_round_are_the_same(tmp_path: Path) -> None:
    upright = read_tpm(write(tmp_path, "gene\tname\tb\ta\nx\tX\t1\tNA\ny\tY\t2\t0\n"), ["a", "b"])
    lying = read_tpm(write(tmp_path, "s,x,y\nb,1,2\nother,7,7\na,NaN,0\n"), ["a", "b"])
    for table in (upright, lying):
        assert table.samples == ("a", "b")
        assert table.genes == ("x", "y")
        assert math.isnan(table.tpm[0, 0])
        assert table.tpm[1].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("g\ta\nx\t-1\n", "line 2: a negative TPM, -1. TPM are 0 or more"),
        ("g\ta\nx\t1\ny\t\n", "line 3: an empty cell. Write the TPM, or NA"),
        ("g\ta\nx\thigh\n", "line 2: 'high' is no TPM"),
        ("g\ta\nx\tinf\n", "line 2: 'inf' is no TPM"),
        ("g\ta\nx\t1\nx\t1\n", "line 3: gene 'x' is there twice"),
        ("g\ta\ta\nx\t1\t1\n", "line 1: sample 'a' is there twice"),
        ("g\ta\nx\t1\t2\n", "line 2: 3 cells where the header has 2"),
        ("g\tb\nx\t1\n", "names none of the 1 samples, such as 'a'"),
        ("s\tx\tx\na\t1\t1\n", "line 1: gene 'x' is there twice"),
        ("s\tx\na\t1\na\t1\n", "line 3: sample 'a' is there twice"),
        ("g\ta\n", "a header and no genes"),
        ("", "an empty file"),
    ],
)
def test_bad_tables_name_their_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputFileError, match=said):
        read_tpm(write(tmp_path, text), ["a"])


def test_a_missing_sample_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="no sample 'b'.*has NA"):
        read_tpm(write(tmp_path, "g\ta\nx\t1\n"), ["a", "b"])


def test_genes_are_found_by_name_and_never_by_place() -> None:
    tpm = np.array([[1.0, 2.0, 3.0, 4.0]])
    one, other = "ENSG00000187634", "ENSMUSG00000000001"
    wanted = [f"{one}.9", "a", "none", other]
    found = take_genes(wanted, ["a", "b", f"{one}.1", f"{other}.2"], tpm)
    assert found.tpm[0, [0, 1, 3]].tolist() == [3, 1, 4]
    assert math.isnan(found.tpm[0, 2])
    assert found[1:] == (1, 2, 1)
    twice = take_genes([f"{one}.3", "a"], [f"{one}.1", f"{one}.2", "a"], tpm[:, :3])
    assert math.isnan(twice.tpm[0, 0])
    with pytest.raises(DatasetError, match="none of the 1 genes of the annotation, such as 'z'"):
        take_genes(["z"], ["a"], tpm[:, :1])


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("SPAC212.11", "SPAC212.08"), ("Y74C9A.3", "Y74C9A.2"), ("AL1.1", "AL1.2")],
)
def test_a_number_behind_a_dot_is_a_version_of_ensembl_ids_alone(wanted: str, found: str) -> None:
    matched = take_genes([wanted, "x"], [found, "x"], np.array([[1.0, 2.0]]))
    assert math.isnan(matched.tpm[0, 0])
    assert matched[1:] == (1, 0, 1)
