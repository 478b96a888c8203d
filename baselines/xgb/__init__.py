"""The XGBoost boundary scorer; ``python -m baselines.xgb`` trains and applies it."""

from baselines.xgb.scorer import SinglePassXgbScorer, StackScorer, XgbScorer

__all__ = ["SinglePassXgbScorer", "StackScorer", "XgbScorer"]
