"""Records of proteins in FASTA files and tables, checked to be proteins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from features.errors import InputFileError
from features.proteins.alphabet import LETTERS, STOP, Residues, encode_protein
from features.sequence_sets.records import fasta_texts, table_columns, table_rows

__all__ = ["Protein", "read_proteins"]

NUCLEOTIDES = b"ACGTUNacgtun"
DNA = 0.9
"""Share of nucleotides from which letters are taken for DNA; in proteins it is about a quarter."""
JUDGED = 100
"""The first so many records are judged together, since a single protein may be poor in kinds of amino acids."""
FEWEST_LETTERS = 20
"""Fewer are taken for a protein whatever they are."""
FIELD = re.compile(r"(\w+):(\S+)")
"""Of a FASTA header, behind its first word."""
NAMES = {"gene_symbol": "symbol", "stable_id": "id"}
"""Other names of fields."""
KNOWN_FIELDS = ("id", "symbol", "species", "clade", "set")
_PROTEIN = (LETTERS + LETTERS.lower()).encode()


@dataclass(frozen=True, slots=True)
class Protein:
    """One protein as a file holds it.

    Attributes
    ----------
    residues : uint8 codes, without a stop codon at the end.
    fields : what else is said of it: id, and where there are any symbol, species, clade and set.
    path, line : where, for errors.
    """

    residues: Residues
    fields: Mapping[str, str]
    path: Path
    line: int


def read_proteins(path: str | Path, stops: bool = False) -> Iterator[Protein]:
    """Yield the proteins of a FASTA file or of a table, plain or gzipped, with ids that no two share.

    A FASTA header is ``>id name:value ...``, of gene_symbol, species (words joined by underscores) and clade; id is its
    first word. A table (.tsv, .csv) has the column sequence and any of id (or stable_id), symbol (or gene_symbol),
    species, clade and set.

    Parameters
    ----------
    path : the file.
    stops : whether stop codons may stand inside a sequence, as in proteins that were lifted from another genome.

    Raises
    ------
    InputFileError : an empty file or record, no FASTA, a table without sequences, an id given twice, a letter of no
        amino acid, first records that are DNA, a stop codon inside.
    """
    path = Path(path)
    table = path.name.lower().removesuffix(".gz").endswith((".tsv", ".csv"))
    found = _table(path) if table else _fasta(path)
    first = list(islice(found, JUDGED))
    _check_protein(path, first)
    lines: dict[str, int] = {}
    for letters, fields, line in chain(first, found):
        name = fields["id"]
        if name in lines:
            raise InputFileError(
                path,
                f"the id {name!r} stands in line {lines[name]} already",
                "Give every protein an id of its own.",
                line,
            )
        lines[name] = line
        yield Protein(_residues(path, letters, name, line, stops), fields, path, line)
    if not lines:
        raise InputFileError(path, "no proteins", "Give at least one.")


def _fasta(path: Path) -> Iterator[tuple[bytes, dict[str, str], int]]:
    for header, line, letters in fasta_texts(path, _check):
        name, *rest = header.split(maxsplit=1)
        fields = {NAMES.get(key, key): value for key, value in FIELD.findall("".join(rest))}
        yield letters, _tidy({**fields, "id": name}), line


def _table(path: Path) -> Iterator[tuple[bytes, dict[str, str], int]]:
    columns = {NAMES.get(name, name): name for name in table_columns(path)}
    wanted = {name: columns[name] for name in KNOWN_FIELDS if name in columns}
    for line, fields in table_rows(
        path, {**wanted, "sequence": columns.get("sequence", "sequence")}
    ):
        letters = _check(path, fields.pop("sequence"), line)
        yield letters, _tidy({**fields, "id": fields.get("id") or f"{path.name}:{line}"}), line


def _tidy(fields: Mapping[str, str]) -> dict[str, str]:
    """The known fields that say something; a species in words."""
    found = {name: fields[name] for name in KNOWN_FIELDS if fields.get(name)}
    if "species" in found:
        found["species"] = found["species"].replace("_", " ")
    return found


def _check(path: Path, line: str, number: int) -> bytes:
    """The letters of a line; ``InputFileError`` where one is that of no amino acid."""
    raw = line.encode("utf-8")
    foreign = raw.translate(None, _PROTEIN)
    if not foreign:
        return raw
    letter = foreign.decode("utf-8", errors="replace")[0]
    raise InputFileError(
        path,
        f"{letter!r} is the letter of no amino acid",
        f"Write proteins in the letters {LETTERS}, without gaps.",
        number,
    )


def _check_protein(path: Path, records: Sequence[tuple[bytes, Mapping[str, str], int]]) -> None:
    """``InputFileError`` where the letters of ``records`` are those of DNA or RNA."""
    letters = b"".join(each for each, _, _ in records)
    bases = len(letters) - len(letters.translate(None, NUCLEOTIDES))
    if len(letters) >= FEWEST_LETTERS and bases >= DNA * len(letters):
        raise InputFileError(
            path,
            f"{bases / len(letters):.0%} of the first letters are those of bases: this looks like DNA",
            "Give its translation.",
            records[0][2],
        )


def _residues(path: Path, letters: bytes, name: str, line: int, stops: bool) -> Residues:
    found = encode_protein(letters.removesuffix(b"*"))
    if not len(found):
        raise InputFileError(
            path, f"the protein {name!r} has no amino acids", "Remove it or complete it.", line
        )
    if not stops and (found == STOP).any():
        place = int((found == STOP).argmax()) + 1
        raise InputFileError(
            path,
            f"the protein {name!r} has a stop codon inside, at {place} of {len(found)}",
            "Give proteins without, or allow them with --stops-inside.",
            line,
        )
    return found
