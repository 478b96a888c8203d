"""The XGBoost boundary scorer; ``python -m baselines.xgb`` trains and applies it."""

from baselines.xgb.scorer import XgbScorer

__all__ = ["XgbScorer"]
