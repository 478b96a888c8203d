"""Loading a ``ProteinSet``, by the name of a manifest or from anybody's file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from features.datasets.resolver import resolve_files
from features.errors import DatasetError, InputFileError
from features.proteins.clades import CLADES, clade_of
from features.proteins.manifest import read_protein_manifest
from features.proteins.protein_set import ProteinSet, hash_proteins, merge_capitals
from features.proteins.records import Protein, read_proteins
from features.proteins.splits import SplitRule, apply_split

__all__ = ["clade_of_record", "load_protein_set", "protein_set_from_file"]

PUBLISHED_SHARE = 0.05
"""Of all proteins, for test and for validation each: the rule of the publication."""


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
    proteins = chain.from_iterable(read_proteins(path, manifest.stops) for path in paths.values())
    return _assemble((name, manifest.title, manifest.source), proteins, manifest.splits)


def protein_set_from_file(
    path: str | Path,
    test_species: Sequence[str] = (),
    *,
    stops: bool = False,
    seed: int = 0,
) -> ProteinSet:
    """Make a set of anybody's proteins.

    Parameters
    ----------
    path : FASTA or table with symbols, as of ``features.proteins.records``.
    test_species : held out, together, in the split "held-out-species"; without them there is none.
    stops : whether stop codons may stand inside.
    seed : of what is drawn.

    The split "stated" is there where a column ``set`` says the roles, "random" always, by the published rule.

    Raises
    ------
    DatasetError : a species that no protein is of, too few proteins.
    InputFileError : a file that cannot be read as what it is, a protein without a symbol.
    """
    path = Path(path)
    proteins = list(read_proteins(path, stops))
    splits = {}
    if any(protein.fields.get("set") for protein in proteins):
        splits["stated"] = SplitRule("stated", seed=seed)
    if test_species:
        names = tuple(name.replace("_", " ") for name in test_species)
        splits["held-out-species"] = SplitRule("species", test=names, seed=seed)
    splits["random"] = SplitRule("random", PUBLISHED_SHARE, PUBLISHED_SHARE, seed=seed)
    stem = path.name.removesuffix(".gz").rsplit(".", 1)[0]
    return _assemble((stem, stem, path.name), proteins, splits)


def clade_of_record(protein: Protein) -> str:
    """Clade that a record states, or that of its species; '' where it states neither."""
    clade = protein.fields.get("clade", "")
    if clade and clade not in CLADES:
        raise InputFileError(
            protein.path, f"no clade {clade!r}", f"Known: {', '.join(CLADES)}.", protein.line
        )
    species = protein.fields.get("species", "")
    if clade or not species:
        return clade
    try:
        return clade_of(species)
    except DatasetError:
        return ""


def _assemble(
    described: tuple[str, str, str], proteins: Iterable[Protein], splits: Mapping[str, SplitRule]
) -> ProteinSet:
    kept: dict[str, Protein] = {}
    for protein in proteins:
        name = protein.fields["id"]
        if not protein.fields.get("symbol"):
            raise InputFileError(
                protein.path,
                f"the protein {name!r} has no gene symbol",
                "Write gene_symbol:SYMBOL into its header, or a column symbol.",
                protein.line,
            )
        if name in kept:
            raise InputFileError(
                protein.path,
                f"the id {name!r} stands in {kept[name].path} already",
                "Give every protein an id of its own.",
                protein.line,
            )
        kept[name] = protein
    found = list(kept.values())
    symbols = merge_capitals(np.array([protein.fields["symbol"] for protein in found]))
    species = np.array([protein.fields.get("species", "") for protein in found])
    clades = np.array([clade_of_record(protein) for protein in found])
    roles = [protein.fields.get("set", "").lower() for protein in found]
    folds = {}
    for split, rule in splits.items():
        try:
            folds[split] = apply_split(rule, symbols, species, roles)
        except DatasetError as error:
            raise DatasetError(f"{described[0]}, split {split}: {error}") from None
    sequences = [protein.residues for protein in found]
    names = {"symbols": symbols, "species": species, "clades": clades}
    data_hash = hash_proteins(sequences, names, folds)
    made = ProteinSet(*described, list(kept), sequences, symbols, species, clades, folds, data_hash)
    made.check()
    return made
