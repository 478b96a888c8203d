"""Gene-symbol models by name: the suite's own, other programs, any ``module:Class``."""

from __future__ import annotations

from baselines.gene_finders.program import MissingProgramError
from benchmarks.contracts import SymbolModel
from benchmarks.registry import ClassifierSpec, build, constructor_options
from features.errors import ModelError
from features.proteins.kinds import SYMBOL_MODELS
from features.suggestions import close_match

__all__ = [
    "QUICK_SYMBOL_MODELS",
    "SYMBOL_PROGRAMS",
    "missing_symbol_programs",
    "resolve_symbol_model",
]

SYMBOL_PROGRAMS = {
    "diamond": "baselines.protein_symbols.search:Diamond",
    "mmseqs2": "baselines.protein_symbols.search:Mmseqs",
}
"""Programs to be installed apart; they run only when they are named."""
QUICK_SYMBOL_MODELS = [name for name in SYMBOL_MODELS if name.startswith("word-")]
"""Models that a run takes which names none."""


def resolve_symbol_model(name: str) -> ClassifierSpec:
    """The gene-symbol model that ``name``, ``name@PRESET`` or ``module:Class`` stands for.

    Raises ``ModelError`` for an unknown name or preset, a class that is no ``SymbolModel`` or takes no preset.
    """
    known = {**SYMBOL_MODELS, **SYMBOL_PROGRAMS}
    base, at, preset = name.partition("@")
    address = known.get(base, base)
    if ":" not in address:
        raise ModelError(
            f"{name}: no gene-symbol model {base!r}.{close_match(base, known)} Known: {', '.join(known)}; "
            "or give a class of your own as package.module:Class."
        )
    if at and "preset" not in constructor_options(address):
        raise ModelError(f"{name}: {base} has no presets. Leave out @{preset}.")
    arguments = {"preset": preset} if at else {}
    build(address, SymbolModel, 0, 1, arguments)
    return ClassifierSpec(name, address, arguments)


def missing_symbol_programs() -> dict[str, str]:
    """Name of each program -> what is not installed and where it comes from, empty where it is."""
    missing = dict.fromkeys(SYMBOL_PROGRAMS, "")
    for name, address in SYMBOL_PROGRAMS.items():
        try:
            build(address, SymbolModel, 0, 1).program.find()
        except MissingProgramError as error:
            missing[name] = str(error)
    return missing
