"""Picture of what the bins of accessibility count for genes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.expression.layout import Layout
from features.figures import COLOURS, new_figure

__all__ = ["draw_bin_weights"]

SMALLEST = 0.05
"""Weights below this share of a gene's largest are not drawn."""


def draw_bin_weights(
    weights: npt.NDArray[np.float32], genes: dict[int, str], layout: Layout, path: Path
) -> None:
    """Draw ``weights``, (genes, bins), of the ``genes``, number and name, a panel each, to the SVG ``path``."""
    bins = layout.bins
    middles = (bins.start + bins.size * (np.arange(bins.count) + 0.5)) / 1e6
    with new_figure(path, len(genes), 4.6, 3.5) as panels:
        for (gene, name), axes in zip(genes.items(), panels, strict=True):
            size = np.abs(weights[gene])
            drawn = size > SMALLEST * size.max()
            up = drawn & (weights[gene] > 0)
            for chosen, colour in ((up, COLOURS[0]), (drawn & ~up, COLOURS[1])):
                axes.vlines(middles[chosen], 0, weights[gene][chosen], color=colour, linewidth=0.6)
            middle = (layout.starts[gene] + layout.ends[gene]) / 2e6
            axes.axvline(middle, color="black", linestyle="--", linewidth=0.8)
            axes.axhline(0, color="black", linewidth=0.5)
            axes.set_title(name)
            axes.set_xlabel(f"{bins.chromosome}, Mb")
        panels[0].set_ylabel("gain in log2(TPM + 1) by the open bin")
