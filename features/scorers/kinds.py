"""The suite's site scorers by name. Addresses only: no floor knows another one's models before they are used."""

from __future__ import annotations

__all__ = ["SCORERS"]

SCORERS = {
    "gtag": "baselines.gtag:GtagScorer",
    "pwm": "baselines.pwm:PwmScorer",
    "logistic": "baselines.logistic:LogisticScorer",
    "xgb-single": "baselines.xgb:SinglePassXgbScorer",
    "xgb": "baselines.xgb:XgbScorer",
    "cnn": "neural.cnn:CnnScorer",
    "stack": "baselines.xgb:StackScorer",
}
"""Kind of a scorer, as its ``model.json`` names it and the leaderboards show it, and ``module:Class``."""
