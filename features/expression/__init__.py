"""Expression sets: open chromatin and expression of the same samples, by name or from anybody's files."""

from features.expression.expression_set import ExpressionFold, ExpressionSet
from features.expression.loader import (
    expression_set_from_files,
    expression_set_names,
    load_expression_set,
)

__all__ = [
    "ExpressionFold",
    "ExpressionSet",
    "expression_set_from_files",
    "expression_set_names",
    "load_expression_set",
]
