"""Loading a ``ProteinSet``, by the name of a manifest or from anybody's files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.datasets.resolver import resolve_files
from features.errors import DatasetError, InputFileError
from features.proteins.clades import CLADES, clade_of
from features.proteins.manifest import read_protein_manifest
from features.proteins.protein_set import ProteinSet, hash_proteins, merge_capitals
from features.proteins.records import Protein, read_proteins
from features.proteins.splits import SplitRule, apply_split, why_unfit

__all__ = [
    "ProteinFile",
    "clades_of_proteins",
    "keep_named",
    "load_protein_set",
    "protein_set_from_files",
    "read_protein_files",
]

PUBLISHED_SHARE = 0.05
"""Of all proteins, for test and for validation each: the rule of the publication."""


class ProteinFile(NamedTuple):
    """A FASTA file or table of proteins, and the species of those in it that state none ('' where it is not known)."""

    path: Path
    species: str = ""


def load_protein_set(name: str, data_root: str | Path | None = None) -> ProteinSet:
    """Load the set that manifest ``name`` describes.

    Parameters
    ----------
    name : one of ``protein_set_names()``.
    data_root : folder of the data; without it ``GENESTRUCT_DATA``, then the cache.

    Raises
    ------
    DatasetError : an unknown name, missing or altered files, too few proteins for the splits.
    InputFileError : a file that cannot be read as what it is.
    """
    manifest = read_protein_manifest(name)
    paths = resolve_files(manifest, data_root)
    proteins = read_protein_files(map(ProteinFile, paths.values()), manifest.stops)
    return _assemble((name, manifest.title, manifest.source), proteins, manifest.splits)


def protein_set_from_files(
    files: Sequence[ProteinFile],
    test_species: Sequence[str] = (),
    *,
    clade: str = "",
    stops: bool = False,
) -> ProteinSet:
    """Make a set of anybody's proteins. Those without a symbol are left out and counted in its notes.

    Parameters
    ----------
    files : FASTA or tables with symbols, as of ``features.proteins.records``, and of what species they are.
    test_species : held out, together, in the split "held-out-species"; without them there is none.
    clade : of the proteins that state none and whose species the table of clades lacks.
    stops : whether stop codons may stand inside.

    The split "stated" is there where a column ``set`` says the roles, "random" always, by the published rule; what is
    drawn is the same in every run. Splits that cannot be learnt or tested are among ``refused``.

    Raises
    ------
    DatasetError : a species that no protein is of, too few proteins.
    InputFileError : a file that cannot be read as what it is, none with a symbol.
    """
    proteins = list(read_protein_files(files, stops))
    splits = {}
    if any(protein.fields.get("set") for protein in proteins):
        splits["stated"] = SplitRule("stated")
    if test_species:
        names = tuple(name.replace("_", " ") for name in test_species)
        splits["held-out-species"] = SplitRule("species", test=names)
    splits["random"] = SplitRule("random", PUBLISHED_SHARE, PUBLISHED_SHARE)
    stem = files[0].path.name.removesuffix(".gz").rsplit(".", 1)[0]
    source = ", ".join(file.path.name for file in files)
    return _assemble((stem, stem, source), proteins, splits, clade)


def read_protein_files(files: Iterable[ProteinFile], stops: bool) -> Iterator[Protein]:
    """Yield the proteins of all files; those that state no species have that of their file.

    Raises ``InputFileError`` as ``read_proteins`` does, and for an id that two files have.
    """
    places: dict[str, Path] = {}
    for path, species in files:
        for protein in read_proteins(path, stops):
            name = protein.fields["id"]
            if places.setdefault(name, path) is not path:
                raise InputFileError(
                    path,
                    f"the id {name!r} stands in {places[name]} already",
                    "Give every protein an id of its own.",
                    protein.line,
                )
            stated = {"species": species} if species else {}
            yield replace(protein, fields={**stated, **protein.fields})


def keep_named(proteins: Iterable[Protein]) -> tuple[list[Protein], list[str]]:
    """The proteins that have a gene symbol, and a note on how many have none.

    ``InputFileError`` where none has.
    """
    every = list(proteins)
    kept = [protein for protein in every if protein.fields.get("symbol")]
    if not kept:
        raise InputFileError(
            every[0].path,
            "no protein has a gene symbol",
            "Write gene_symbol:SYMBOL into the headers, or a column symbol.",
        )
    lacking = len(every) - len(kept)
    note = f"{lacking:,} of {len(every):,} proteins have no gene symbol and are left out"
    return kept, [note] * (lacking > 0)


def clades_of_proteins(
    proteins: Iterable[Protein], other: str = ""
) -> tuple[npt.NDArray[np.str_], list[str]]:
    """The clade that each protein states, else that of its species, else ``other``; and a note on those without one.

    ``InputFileError``, with the line, for a clade that is none.
    """
    found, lacking = [], []
    for protein in proteins:
        clade = protein.fields.get("clade", "")
        if clade and clade not in CLADES:
            raise InputFileError(
                protein.path, f"no clade {clade!r}", f"Known: {', '.join(CLADES)}.", protein.line
            )
        species = protein.fields.get("species", "")
        if not clade and species:
            with suppress(DatasetError):
                clade = clade_of(species)
        found.append(clade or other)
        if not found[-1]:
            lacking.append(protein)
    notes = []
    if lacking:
        first = lacking[0]
        species = first.fields.get("species", "")
        why = f"the table lacks species {species!r}" if species else "it states no species"
        notes = [
            f"{len(lacking):,} of {len(found):,} proteins are read without a clade, the first in {first.path}, line "
            f"{first.line}: {why}. Give --clade."
        ]
    return np.array(found, np.str_), notes


def _assemble(
    described: tuple[str, str, str],
    proteins: Iterable[Protein],
    splits: Mapping[str, SplitRule],
    clade: str = "",
) -> ProteinSet:
    found, unnamed = keep_named(proteins)
    symbols = merge_capitals(np.array([protein.fields["symbol"] for protein in found]))
    species = np.array([protein.fields.get("species", "") for protein in found])
    clades, unplaced = clades_of_proteins(found, clade)
    roles = [protein.fields.get("set", "").lower() for protein in found]
    folds, refused = {}, {}
    for split, rule in splits.items():
        try:
            fold = apply_split(rule, symbols, species, roles)
        except DatasetError as error:
            raise DatasetError(f"{described[0]}, split {split}: {error}") from None
        if why := why_unfit(fold, symbols):
            refused[split] = why
        else:
            folds[split] = fold
    sequences = [protein.residues for protein in found]
    names = {"symbols": symbols, "species": species, "clades": clades}
    made = ProteinSet(
        *described,
        [protein.fields["id"] for protein in found],
        sequences,
        symbols,
        species,
        clades,
        folds,
        hash_proteins(sequences, names, folds),
        refused,
        (*unnamed, *unplaced),
    )
    made.check()
    return made
