from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from features.errors import InputFileError
from features.genome import encode
from features.sequence_sets.records import read_fasta, read_plain, read_table, table_columns

COLUMNS = {"sequence": "bases", "label": "kind"}


def write(folder: Path, text: str, name: str = "x") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["x.fa", "x.fa.gz"])
def test_fasta(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, "\n>one rest\nacgu\nNN\r\n\n> two\nACGT", name)
    first, second = read_fasta(path)
    assert first.codes.tolist() == [*encode("ACGT"), 4, 4]
    assert (first.known, first.fields, first.line) == (False, {"id": "one"}, 2)
    assert (second.known, second.fields, second.line) == (True, {"id": "two"}, 6)


def test_named_groups_of_a_pattern_are_fields(tmp_path: Path) -> None:
    path = write(tmp_path, ">t1 gene:g7 kind:x\nA\n>t2 gene:g8\nC\n")
    first, second = read_fasta(path, r"gene:(?P<gene>\w+)(?: kind:(?P<kind>\w+))?")
    assert first.fields == {"id": "t1", "gene": "g7", "kind": "x"}
    assert second.fields == {"id": "t2", "gene": "g8"}
    with pytest.raises(InputFileError, match="line 3: 't2 gene:g8' does not have the expected"):
        list(read_fasta(path, "kind:(?P<kind>.)"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "an empty file"),
        ("\n\n", "an empty file"),
        ("ACGT\n>a\nA\n", "line 1: not FASTA: text before the first '>'"),
        (">\nACGT\n", "line 1: a header without a name"),
        (">a\n>b\nA\n", "line 1: sequence 'a' has no bases"),
        (">a\nA\n>b\n", "line 3: sequence 'b' has no bases"),
        (">a\nACGT\nMEFK\n", "line 3: 'E' is an amino acid, no nucleotide: this looks like prot"),
        (">a\nAC-GT\n", "line 2: '-' is no nucleotide. Write bases in IUPAC"),
        (">a\nACGÄ\n", "line 2: 'Ä' is no nucleotide"),
    ],
)
def test_bad_fasta_names_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputFileError, match=said):
        list(read_fasta(write(tmp_path, text)))


def test_tables_of_tabs_and_commas(tmp_path: Path) -> None:
    tabs = write(tmp_path, "kind\tbases\tmore\nx\tACGU\t1\n\ny\tNNA\t2\n", "a.tsv")
    commas = write(tmp_path, 'kind,bases,more\r\n"x",ACGT,1\r\ny,NNA,"a,b"\r\n', "a.csv.gz")
    for path in (tabs, commas):
        first, second = read_table(path, COLUMNS)
        assert first.codes.tolist() == encode("ACGT").tolist()
        assert (first.known, first.fields, first.line) == (True, {"label": "x"}, 2)
        assert (second.known, second.fields) == (False, {"label": "y"})
        assert table_columns(path) == ["kind", "bases", "more"]


def test_a_pattern_reads_the_ids_of_a_table(tmp_path: Path) -> None:
    path = write(tmp_path, "name,seq\nE1-5,ACG\n")
    (record,) = read_table(path, {"sequence": "seq", "id": "name"}, "^(?P<entry>[^-]+)-")
    assert record.fields == {"id": "E1-5", "entry": "E1"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "an empty file"),
        ("kind,sequence\n", "line 1: no column 'bases' in the header. .* kind, sequence"),
        ("kind,bases\nx\n", "line 2: 1 cells where the header has 2"),
        ("kind,bases\nx,\n", "line 2: a sequence without bases"),
        ("kind,bases\nx,ACQ\n", "line 2: 'Q' is an amino acid"),
    ],
)
def test_bad_tables_name_their_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputFileError, match=said):
        list(read_table(write(tmp_path, text), COLUMNS))


def test_plain_lines(tmp_path: Path) -> None:
    records = list(read_plain(write(tmp_path, "ACGT\n\nTTN\n")))
    assert [(r.fields["id"], len(r.codes), r.known) for r in records] == [
        ("1", 4, True),
        ("3", 3, False),
    ]
    with pytest.raises(InputFileError, match="line 2: '>' is no nucleotide"):
        list(read_plain(write(tmp_path, "A\n>b\n")))


@pytest.mark.parametrize("read", [read_fasta, read_plain, table_columns])
def test_a_missing_file(tmp_path: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(InputFileError, match="no such file"):
        list(read(tmp_path / "missing"))  # type: ignore[call-overload]


def test_an_empty_table_has_no_columns(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="an empty file"):
        table_columns(write(tmp_path, ""))
