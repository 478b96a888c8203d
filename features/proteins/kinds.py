"""The suite's gene-symbol models by name. Addresses only, as of ``features.scorers.kinds``."""

from __future__ import annotations

__all__ = ["SYMBOL_MODELS"]

SYMBOL_MODELS = {
    "word-containment": "baselines.protein_symbols:WordContainment",
    "word-centroid": "baselines.protein_symbols:WordCentroid",
    "word-linear": "baselines.protein_symbols:WordLinear",
    "symbol-transformer": "neural.symbol_transformer:SymbolTransformer",
    "gst": "neural.symbol_transformer:PublishedTransformer",
}
"""Kind of a model, as its ``model.json`` names it and the leaderboards show it, and ``module:Class``."""
