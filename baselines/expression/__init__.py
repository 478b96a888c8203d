"""Classical models of expression from open chromatin: means, ridge regressions, gene-centred windows, trees."""

from baselines.expression.linear import BinRidge, PcaRidge
from baselines.expression.means import GeneMean, SampleMean, ScaledMean
from baselines.expression.trees import ExpressionXgb
from baselines.expression.windows import GeneWindows

__all__ = [
    "BinRidge",
    "ExpressionXgb",
    "GeneMean",
    "GeneWindows",
    "PcaRidge",
    "SampleMean",
    "ScaledMean",
]
