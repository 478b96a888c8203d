"""The suite's models of expression by name. Addresses only, as of ``features.scorers.kinds``."""

from __future__ import annotations

__all__ = ["REGRESSORS"]

REGRESSORS = {
    "gene-mean": "baselines.expression:GeneMean",
    "sample-mean": "baselines.expression:SampleMean",
    "scaled-mean": "baselines.expression:ScaledMean",
    "ridge": "baselines.expression:BinRidge",
    "pca-ridge": "baselines.expression:PcaRidge",
    "gene-windows": "baselines.expression:GeneWindows",
    "xgb": "baselines.expression:ExpressionXgb",
    "mlp": "neural.expression_mlp:ExpressionMlp",
    "mlp-1000": "neural.expression_mlp:PooledExpressionMlp",
}
"""Kind of a model, as its ``model.json`` names it and the leaderboards show it, and ``module:Class``."""
