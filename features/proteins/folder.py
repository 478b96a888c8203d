"""Model folders of gene-symbol models, of whichever kind, with what is known of each symbol."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy.typing as npt

from features.commit import read_commit
from features.errors import InputFileError
from features.proteins.kinds import SYMBOL_MODELS
from features.proteins.protein_set import Assigned, Proteins, ProteinSet
from features.sequence_sets.records import table_columns, table_rows
from features.storage import atomic_folder, atomic_text, extend_card, read_card

__all__ = [
    "Description",
    "LoadedModel",
    "load_symbol_model",
    "read_descriptions",
    "save_symbol_model",
]

DESCRIPTIONS = "symbols.tsv"


class Description(NamedTuple):
    """What is known of a symbol, '' where it is not: its name in words, and who gave it."""

    description: str = ""
    source: str = ""


class LoadedModel(Protocol):
    """A model as it comes from its folder; ``kind`` is its name among ``SYMBOL_MODELS``."""

    kind: ClassVar[str]
    symbols_: npt.NDArray[Any]

    def assign(self, proteins: Proteins) -> Assigned:
        """Symbol and probability of each protein."""

    def save(self, folder: Path) -> None:
        """Write the model into the existing ``folder``."""


def load_symbol_model(folder: str | Path, threads: int) -> LoadedModel:
    """Read a saved model of whichever kind its ``model.json`` names.

    Raises ``ModelError`` where the folder holds none, or one that is damaged. Nothing in the folder is executed.
    """
    kind = read_card(folder, *SYMBOL_MODELS)["kind"]
    module, _, name = SYMBOL_MODELS[kind].partition(":")
    offered = getattr(importlib.import_module(module), name)
    loaded: LoadedModel = offered.load(Path(folder), threads)
    return loaded


def save_symbol_model(
    model: LoadedModel,
    folder: str | Path,
    proteins: ProteinSet,
    split: str,
    descriptions: Mapping[str, Description],
) -> None:
    """Write ``model`` into ``folder``, wholly or not at all; its card tells set, split and commit.

    ``descriptions`` are by symbol, whatever its capitals.
    """
    with atomic_folder(folder) as scratch:
        model.save(scratch)
        if descriptions:
            found = {name.casefold(): described for name, described in descriptions.items()}
            known = {
                name: found[name.casefold()]
                for name in model.symbols_.tolist()
                if name.casefold() in found
            }
            _write_descriptions(scratch / DESCRIPTIONS, known)
        trained_on = {"dataset": proteins.name, "data_hash": proteins.data_hash, "split": split}
        extend_card(scratch, {"trained_on": trained_on, "commit": read_commit()})


def read_descriptions(path: str | Path) -> dict[str, Description]:
    """By symbol what a table with columns symbol, description and, if wanted, source says of it.

    ``path`` may be the folder of a model, which may have none. Raises ``InputFileError`` for no such table.
    """
    path = Path(path)
    if path.is_dir():
        path = path / DESCRIPTIONS
        if not path.exists():
            return {}
    columns = {name: name for name in ("symbol", *Description._fields)}
    if "source" not in table_columns(path):
        del columns["source"]
    found: dict[str, Description] = {}
    lines: dict[str, int] = {}
    for line, fields in table_rows(path, columns):
        symbol = fields.pop("symbol")
        before = lines.setdefault(symbol.casefold(), line)
        if before != line:
            problem = f"the symbol {symbol!r} stands in line {before} already"
            raise InputFileError(path, problem, "Give each symbol one line.", line)
        found[symbol] = Description(**fields)
    return found


def _write_descriptions(path: Path, known: Mapping[str, Description]) -> None:
    with atomic_text(path) as file:
        print("symbol", *Description._fields, sep="\t", file=file)
        for name, described in sorted(known.items()):
            print(name, *described, sep="\t", file=file)
