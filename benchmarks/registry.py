"""Model names and what they stand for: built-in classes, classes of installed packages, any ``module:Class``."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from benchmarks.contracts import GeneFinder, SiteScorer
from features.errors import ModelError

__all__ = ["ModelSpec", "build", "constructor_options", "model_names", "resolve_model"]

ENTRY_POINT_GROUP = "genestruct.models"

SCORERS = {
    "gtag": "baselines.gtag:GtagScorer",
    "pwm": "baselines.pwm:PwmScorer",
    "logistic": "baselines.logistic:LogisticScorer",
    "xgb": "baselines.xgb:XgbScorer",
}
DECODERS = {"greedy": "baselines.greedy:GreedyDecoder", "hmm": "baselines.hmm:HmmDecoder"}
GENE_FINDERS = {"hmmlearn": "baselines.hmm.composition:CompositionHmm"}

DEFAULT_DECODER = "greedy"
"""Decodes a scorer that is named without a decoder, so that its row has structure metrics too."""

PASSED_ON = ("seed", "threads")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One row of a leaderboard before it is run.

    Attributes
    ----------
    name : as the leaderboard shows it.
    model : address ``module:Class`` of a site scorer or a gene finder.
    decoder : address of the decoder; ``None`` for a gene finder.
    decoded : whether the decoder was asked for by name, so that the row is about its transcripts alone.
    """

    name: str
    model: str
    decoder: str | None
    decoded: bool


def model_names() -> list[str]:
    """Every known name: built-in scorers plain and with ``+hmm``, gene finders, then those of installed packages."""
    built_in = [name for scorer in SCORERS for name in (scorer, f"{scorer}+hmm")]
    return [*built_in, *GENE_FINDERS, *sorted(_installed().keys() - {*SCORERS, *GENE_FINDERS})]


def resolve_model(name: str) -> ModelSpec:
    """Find what ``name``, ``name+decoder``, ``module:Class`` or ``module:Class+decoder`` stands for.

    Raises
    ------
    ModelError : an unknown name, a class that cannot be imported or keeps to no contract, a gene finder with a decoder.
    """
    base, plus, decoder = name.partition("+")
    if plus and decoder not in DECODERS:
        raise ModelError(
            f"--model {name}: no decoder {decoder!r}. Known decoders: {', '.join(DECODERS)}."
        )
    address = {**_installed(), **SCORERS, **GENE_FINDERS}.get(base, base)
    if ":" not in address:
        raise ModelError(
            f"--model {name}: no model {base!r}. Known models: {', '.join(model_names())}; "
            "or give a class of your own as package.module:Class."
        )
    offered = _import(address)
    if hasattr(offered, "predict") and not hasattr(offered, "score"):
        _require(offered, GeneFinder, address)
        if plus:
            raise ModelError(f"--model {name}: {base} finds genes itself. Leave out +{decoder}.")
        return ModelSpec(name, address, None, False)
    _require(offered, SiteScorer, address)
    return ModelSpec(name, address, DECODERS[decoder or DEFAULT_DECODER], bool(plus))


def build(address: str, contract: type, seed: int, threads: int) -> Any:
    """Construct the class at ``address``; ``seed`` and ``threads`` are passed where its constructor takes them.

    Raises ``ModelError`` where the class cannot be imported, lacks a method of ``contract`` or needs further arguments.
    """
    offered = _import(address)
    _require(offered, contract, address)
    taken = inspect.signature(offered).parameters
    given = {"seed": seed, "threads": threads}
    try:
        return offered(**{name: given[name] for name in PASSED_ON if name in taken})
    except TypeError as error:
        raise ModelError(
            f"{address}: cannot be constructed ({error}). Give every argument but seed and threads a default."
        ) from error


def constructor_options(address: str) -> dict[str, Any]:
    """The default options of the class at ``address``, but for seed and threads."""
    return {
        name: parameter.default
        if isinstance(parameter.default, (bool, int, float, str, type(None)))
        else repr(parameter.default)
        for name, parameter in inspect.signature(_import(address)).parameters.items()
        if name not in PASSED_ON and parameter.default is not parameter.empty
    }


def _installed() -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group=ENTRY_POINT_GROUP)}


def _import(address: str) -> Callable[..., Any]:
    module, _, name = address.partition(":")
    try:
        offered = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ModelError(
            f"{address}: cannot be imported ({error}). "
            "Give an importable package.module:Class and install what it needs."
        ) from error
    if not inspect.isclass(offered):
        raise ModelError(f"{address}: not a class. Name the model's class after the colon.")
    return offered


def _require(offered: Callable[..., Any], contract: type, address: str) -> None:
    wanted = [
        name
        for name, member in vars(contract).items()
        if not name.startswith("_") and (callable(member) or isinstance(member, classmethod))
    ]
    missing = [name for name in wanted if not callable(getattr(offered, name, None))]
    if missing:
        raise ModelError(
            f"{address}: lacks {', '.join(missing)}, so it is no {contract.__name__}. See benchmarks/contracts.py."
        )
