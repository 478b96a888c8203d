from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from features.errors import InputFileError
from features.proteins.alphabet import LETTERS, PADDING, STOP, encode_protein
from features.proteins.records import read_proteins


def test_the_alphabet_is_the_published_one() -> None:
    assert LETTERS[:20] == "ACDEFGHIKLMNPQRSTVWY"
    assert (len(LETTERS), PADDING) == (27, 27)
    assert encode_protein("acX*").tolist() == [0, 1, 21, STOP]
    assert encode_protein("A-").tolist() == [0, 255]


def test_a_header_says_what_is_known(tmp_path: Path) -> None:
    path = tmp_path / "x.fa.gz"
    text = ">E1|m gene_symbol:SYM species:Mus_musculus clade:rodentia\nMAC\nDX*\n>E2\nmk\n"
    path.write_bytes(gzip.compress(text.encode()))
    first, second = read_proteins(path)
    assert first.fields == {
        "id": "E1|m",
        "symbol": "SYM",
        "species": "Mus musculus",
        "clade": "rodentia",
    }
    np.testing.assert_array_equal(first.residues, encode_protein("MACDX"))
    assert (second.fields, second.line) == ({"id": "E2"}, 4)


def test_a_table_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("stable_id\tgene_symbol\tsequence\tset\nE1\tSYM\tMAC\ttest\n\t\tMK\t\n")
    first, second = read_proteins(path)
    assert first.fields == {"id": "E1", "symbol": "SYM", "set": "test"}
    assert second.fields == {"id": "x.tsv:3"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file"),
        ("MACD\n", "line 1: not FASTA"),
        (">\nMACD\n", "line 1: a header without a name"),
        (">a\n>b\nMACD\n", "line 1: the protein 'a' has no amino acids"),
        (">a\nMA\nC-D\n", "line 3: '-' is the letter of no amino acid. Write proteins in"),
        (">a\nMAC1\n", "line 2: '1' is the letter"),
        (">a\nMACÜ\n", "line 2: 'Ü' is the letter"),
        (">a\nMAC\n>a b\nMAD\n", "line 3: the id 'a' stands in line 1 already"),
        (">a\nMAC*D\n", "line 1: the protein 'a' has a stop codon inside, at 4 of 5"),
        (
            ">a\nACGTTGCAACGTN\nACGTTGCA\n",
            "line 1: 100% of the first letters are those of bases",
        ),
        (">a\nAUGGCCAUGGCCAUGGCCAUGG\n", "looks like DNA. Give its translation"),
        (">a\n" + "ACGTTGCA" * 14 + "R\n", "line 1: 99% of the first letters are those of bases"),
        (">a\nacgtTGCAnnACGTTGCAACGT\n>b\nACGTTGCAAY\n", "looks like DNA"),
    ],
)
def test_bad_input_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.fa"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputFileError, match=message):
        list(read_proteins(path))


def test_stops_may_be_allowed_and_short_proteins_of_few_letters_are_no_dna(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"
    path.write_text(">a\nMAC*D*\n>b\nACGT\n")
    first, second = read_proteins(path, stops=True)
    assert first.residues.tolist() == [10, 0, 1, STOP, 2]
    assert len(second.residues) == 4


def test_a_protein_of_few_letters_among_others_is_no_dna(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"
    path.write_text(">a\n" + "AAT" * 10 + "\n>b\nMKVLEERWHDFSYLIPQRS\n")
    assert [len(each.residues) for each in read_proteins(path)] == [30, 19]


def test_a_table_without_sequences_or_rows_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("id\tsymbol\n")
    with pytest.raises(InputFileError, match="no column 'sequence'"):
        list(read_proteins(path))
    path.write_text("id\tsequence\n")
    with pytest.raises(InputFileError, match="no proteins"):
        list(read_proteins(path))
