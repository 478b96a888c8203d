"""Pictures of the leaderboard of expression: errors against the reference, and which bins matter for a gene."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.evaluation.expression import VALUES, ExpressionEvaluation
from benchmarks.report.figures import height_of
from benchmarks.rows import look_up
from features.expression import ExpressionSet
from features.expression.figures import draw_bin_weights
from features.figures import COLOURS, new_figure

__all__ = ["draw_errors", "draw_importance"]

GENES_SHOWN = 3
WORST = -1.0
"""R2 over the reference of a model that is drawn: others would hide the rest."""


def draw_errors(evaluation: ExpressionEvaluation, path: Path) -> None:
    """MSE less that of the reference, a panel for each split, with both intervals.

    Models whose error is more than twice the reference's are left out.
    """
    lookup = look_up(evaluation.rows)
    splits = [subset for subset in evaluation.tested if "/" not in subset]
    models = list(evaluation.seeds)
    series = {"mse_difference": "genes drawn", "mse_difference_both": "samples and genes drawn"}
    with new_figure(path, len(splits), 4.6, max(3.5, height_of(models))) as panels:
        for split, axes in zip(splits, panels, strict=True):
            gained = {
                model: lookup[split, model, VALUES, "r2_reference"].value
                for model in models
                if (split, model, VALUES, "mse") in lookup
            }
            shown = [model for model in gained if gained[model] > WORST]
            axes.axvline(0, color="black", linewidth=0.8)
            for number, (metric, label) in enumerate(series.items()):
                rows = [lookup[split, model, VALUES, metric] for model in shown]
                value = np.array([row.value for row in rows])
                reach = [
                    value - [row.low for row in rows],
                    np.array([row.high for row in rows]) - value,
                ]
                places = np.arange(len(shown)) + 0.2 * number - 0.1
                axes.errorbar(
                    value,
                    places,
                    xerr=np.maximum(np.nan_to_num(reach), 0),
                    label=label,
                    color=COLOURS[number],
                    marker="os"[number],
                    markersize=4,
                    linestyle="",
                    capsize=2,
                )
            axes.set_yticks(np.arange(len(shown)), shown)
            axes.set_ylim(max(1, len(shown)) - 0.5, -0.5)
            axes.set_xlabel("MSE less that of the reference")
            axes.set_title(split)
        handles, labels = panels[0].get_legend_handles_labels()
        panels[0].figure.legend(
            handles, labels, frameon=False, loc="outside lower center", ncols=len(series)
        )


def draw_importance(
    evaluation: ExpressionEvaluation, expression: ExpressionSet, path: Path
) -> None:
    """Weights of all bins for the three genes whose error the first model with weights lowers most."""
    _, (weights, gain) = next(iter(evaluation.bin_weights.items()))
    genes = np.argsort(-gain, kind="stable")[:GENES_SHOWN].tolist()
    named = {gene: expression.genes[gene] for gene in genes}
    draw_bin_weights(weights, named, expression.layout, path)
