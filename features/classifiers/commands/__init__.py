"""Commands of trained classifiers, the same for every kind: ``predict``, ``explain`` and ``scan``."""

from __future__ import annotations

from typing import Any

from features.classifiers.commands.explain import add_explain
from features.classifiers.commands.predict import add_predict
from features.classifiers.commands.scan import add_scan

__all__ = ["add_apply_commands"]


def add_apply_commands(commands: Any, example: str) -> None:
    """Add the three commands to the subparsers ``commands``; ``example`` is a model folder for the help texts."""
    add_predict(commands, example)
    add_explain(commands, example)
    add_scan(commands, example)
