"""Names of models of expression and what they stand for."""

from __future__ import annotations

from importlib.util import find_spec

from benchmarks.contracts import Regressor
from benchmarks.registry import ClassifierSpec, build
from features.errors import ModelError
from features.expression.kinds import REGRESSORS
from features.suggestions import close_match

__all__ = ["QUICK_REGRESSORS", "resolve_regressor"]

QUICK_REGRESSORS = [
    name
    for name, address in REGRESSORS.items()
    if find_spec("torch") is not None or not address.startswith("neural.")
]
"""Those that a run takes which names none: all that can run here."""


def resolve_regressor(name: str) -> ClassifierSpec:
    """The model of expression that ``name`` or ``module:Class`` stands for.

    Raises ``ModelError`` for an unknown name and a class that is no ``Regressor``.
    """
    address = REGRESSORS.get(name, name)
    if ":" not in address:
        raise ModelError(
            f"{name}: no model {name!r} of expression.{close_match(name, REGRESSORS)} Known models: "
            f"{', '.join(REGRESSORS)}; or give a class of your own as package.module:Class."
        )
    build(address, Regressor, 0, 1)
    return ClassifierSpec(name, address)
