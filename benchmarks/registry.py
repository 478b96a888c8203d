"""Model names and what they stand for: built-in classes, classes of installed packages, any ``module:Class``."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from baselines.gene_finders.program import MissingProgramError
from benchmarks.contracts import GeneFinder, SequenceClassifier, SiteScorer
from benchmarks.results import options_hash
from features.classifiers.kinds import CLASSIFIERS
from features.errors import ModelError
from features.scorers.kinds import SCORERS
from features.storage import read_card
from features.suggestions import close_match

__all__ = [
    "QUICK_CLASSIFIERS",
    "WINDOW_CLASSIFIERS",
    "ClassifierSpec",
    "ModelSpec",
    "build",
    "check_arguments",
    "constructor_options",
    "external_names",
    "missing_programs",
    "model_names",
    "neural_names",
    "resolve_classifier",
    "resolve_model",
]

ENTRY_POINT_GROUP = "genestruct.models"

DECODERS = {"greedy": "baselines.greedy:GreedyDecoder", "hmm": "baselines.hmm:HmmDecoder"}
GENE_FINDERS = {"hmmlearn": "baselines.hmm.composition:CompositionHmm"}
EXTERNAL = {
    "augustus": "baselines.gene_finders.augustus:Augustus",
    "glimmerhmm": "baselines.gene_finders.glimmerhmm:GlimmerHmm",
    "snap": "baselines.gene_finders.snap:Snap",
}
"""Programs to be installed apart; they run only when they are named."""

NEURAL = ("cnn", "stack")
"""Scorers that take an hour rather than minutes; they run only when they are named."""
QUICK_CLASSIFIERS = [name for name in CLASSIFIERS if name.startswith("kmer-")]
"""Classifiers of whole sequences that a run takes which names none."""
FINETUNE, FINETUNE_EPOCHS = "+finetune", 10
OPTION = re.compile(r"(?P<canonical>canonical)|k(?P<k>\d+)", re.ASCII)
"""What may stand behind a classifier's name and a plus."""
WINDOW_CLASSIFIERS = ["kmer-logistic", "kmer-xgb"]
"""The same for windows of a genome, of which there are many."""

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
    arguments, decoder_arguments : what the constructors of model and decoder are given besides seed and threads.
    """

    name: str
    model: str
    decoder: str | None
    decoded: bool
    arguments: dict[str, Any] = field(default_factory=dict)
    decoder_arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassifierSpec:
    """One classifier of whole sequences before it is run.

    Attributes
    ----------
    name : as the leaderboard shows it.
    model : address ``module:Class``.
    arguments : what its constructor is given besides seed and threads.
    identity : what a run is stored under in the place of ``arguments`` that are paths.
    """

    name: str
    model: str
    arguments: dict[str, Any] = field(default_factory=dict)
    identity: dict[str, Any] = field(default_factory=dict)

    @property
    def options(self) -> dict[str, Any]:
        """What a run is stored under: every option of the model."""
        return {
            "class": self.model,
            **constructor_options(self.model),
            **self.arguments,
            **self.identity,
        }


def model_names() -> list[str]:
    """The models of a run that names none.

    Built-in scorers plain and with ``+hmm``, built-in gene finders, then those of installed packages.
    """
    quick = [scorer for scorer in SCORERS if scorer not in NEURAL]
    built_in = [name for scorer in quick for name in (scorer, f"{scorer}+hmm")]
    taken = {*SCORERS, *GENE_FINDERS, *EXTERNAL}
    return [*built_in, *GENE_FINDERS, *sorted(_installed().keys() - taken)]


def neural_names() -> list[str]:
    """Names of the neural scorers, which run only when they are named."""
    return [name for scorer in NEURAL for name in (scorer, f"{scorer}+hmm")]


def external_names() -> list[str]:
    """Names of the gene finders that run only when they are named."""
    return list(EXTERNAL)


def resolve_classifier(name: str) -> ClassifierSpec:
    """The classifier of whole sequences that ``name``, ``name+OPTION``, ``name@FOLDER`` or ``module:Class`` stands for.

    One whose constructor takes ``k`` and ``canonical`` is given them as ``+k7`` and ``+canonical``. One whose
    constructor takes ``language_model`` is given FOLDER, of ``python -m neural.language_model pretrain``, and is shown
    as ``name@`` and the folder's own name. With ``+finetune`` behind it the language model first learns from the
    training sequences of every fold.

    Raises ``ModelError`` for an unknown name, a class that is no ``SequenceClassifier``, an option that is unknown or
    not taken, a folder that is no language model or not taken.
    """
    base, at, behind = name.partition("@")
    base, *options = base.split("+")
    folder = behind.removesuffix(FINETUNE)
    address = CLASSIFIERS.get(base, base)
    if ":" not in address:
        raise ModelError(
            f"{name}: no classifier {base!r}.{_hint(base, CLASSIFIERS)} Known classifiers: {', '.join(CLASSIFIERS)}; "
            "or give a class of your own as package.module:Class."
        )
    offered = _import(address)
    _require(offered, SequenceClassifier, address)
    taken = inspect.signature(offered).parameters
    arguments = _classifier_options(name, options)
    for option in arguments.keys() - taken.keys():
        raise ModelError(f"{name}: {base} takes no option {option}. Leave it out.")
    if not at:
        return ClassifierSpec(name, address, arguments)
    if "language_model" not in taken:
        raise ModelError(f"{name}: {base} takes no language model. Leave out @{folder}.")
    if options:
        raise ModelError(f"{name}: a language model has words of its own. Leave out +{options[0]}.")
    card = read_card(folder, "language-model")
    arguments["language_model"] = folder
    if folder != behind:
        arguments["finetune_epochs"] = FINETUNE_EPOCHS
    return ClassifierSpec(
        f"{base}@{Path(folder).name}{behind.removeprefix(folder)}",
        address,
        arguments,
        {"language_model": {"name": Path(folder).name, "card": options_hash(card)}},
    )


def _classifier_options(name: str, options: Iterable[str]) -> dict[str, Any]:
    """Arguments of a constructor; ``ModelError`` for what is none of ``OPTION``."""
    found: dict[str, Any] = {}
    for option in options:
        match = OPTION.fullmatch(option)
        if match is None:
            raise ModelError(f"{name}: no option +{option}. Give +canonical, or +k1 to +k7.")
        found |= {"canonical": True} if match["canonical"] else {"k": int(match["k"])}
    return found


def missing_programs() -> dict[str, str]:
    """What ``external_names`` gives -> which program is not installed and where it comes from, empty where it is."""
    missing = dict.fromkeys(EXTERNAL, "")
    for name, address in EXTERNAL.items():
        try:
            _import(address)().program.find()
        except MissingProgramError as error:
            missing[name] = str(error)
    return missing


def resolve_model(name: str) -> ModelSpec:
    """Find what ``name``, ``name+decoder``, ``module:Class`` or ``module:Class+decoder`` stands for.

    A gene finder whose constructor takes ``species`` is given it as ``name@species``.

    Raises
    ------
    ModelError : an unknown name, a class that cannot be imported or keeps to no contract, a gene finder with a decoder,
        a species that is missing or not taken.
    """
    named, plus, decoder = name.partition("+")
    base, at, species = named.partition("@")
    if plus and decoder not in DECODERS:
        raise ModelError(f"{name}: no decoder {decoder!r}. Known decoders: {', '.join(DECODERS)}.")
    address = {**_installed(), **SCORERS, **GENE_FINDERS, **EXTERNAL}.get(base, base)
    if ":" not in address:
        known = [*model_names(), *neural_names(), *external_names()]
        raise ModelError(
            f"{name}: no model {base!r}.{_hint(base, known)} Known models: {', '.join(known)}; "
            "or give a class of your own as package.module:Class."
        )
    offered = _import(address)
    if hasattr(offered, "predict") and not hasattr(offered, "score"):
        _require(offered, GeneFinder, address)
        if plus:
            raise ModelError(f"{name}: {base} finds genes itself. Leave out +{decoder}.")
        if at and "species" not in inspect.signature(offered).parameters:
            raise ModelError(f"{name}: {base} takes no species. Leave out @{species}.")
        if at and not species:
            raise ModelError(f"{name}: no species. Name one, as {base}@SPECIES.")
        return ModelSpec(name, address, None, False, {"species": species} if at else {})
    if at:
        raise ModelError(f"{name}: {base} takes no species. Leave out @{species}.")
    _require(offered, SiteScorer, address)
    return ModelSpec(name, address, DECODERS[decoder or DEFAULT_DECODER], bool(plus))


def build(
    address: str,
    contract: type,
    seed: int,
    threads: int,
    arguments: Mapping[str, Any] | None = None,
) -> Any:
    """Construct the class at ``address``.

    It is given ``arguments``, and ``seed`` and ``threads`` where its constructor takes them.

    Raises ``ModelError`` where the class cannot be imported, lacks a method of ``contract`` or needs further arguments.
    """
    offered = _import(address)
    _require(offered, contract, address)
    taken = inspect.signature(offered).parameters
    given = {"seed": seed, "threads": threads}
    try:
        passed = {name: given[name] for name in PASSED_ON if name in taken}
        return offered(**passed, **(arguments or {}))
    except TypeError as error:
        raise ModelError(
            f"{address}: cannot be constructed ({error}). Give every argument but seed and threads a default."
        ) from error


def check_arguments(spec: ModelSpec) -> None:
    """``ModelError`` where the model or its decoder is given an argument that its constructor does not take."""
    given = {spec.model: spec.arguments}
    if spec.decoder is not None:
        given[spec.decoder] = spec.decoder_arguments
    for address, arguments in given.items():
        taken = [name for name in constructor_options(address) if name not in PASSED_ON]
        for name in arguments:
            if name not in taken:
                raise ModelError(
                    f"{address}: takes no option {name!r}. Its options: {', '.join(taken) or 'none'}."
                )


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


def _hint(name: str, known: Iterable[str]) -> str:
    """What may have been meant by ``name``, as a sentence after a blank."""
    if name in SCORERS:
        return " It is a site scorer: run it for --task gene-structure; window-feeder looks at those runs too."
    return close_match(name, known)
