"""Why a site scores as it does: in-silico mutagenesis and integrated gradients, as numbers and as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from matplotlib import colormaps
from matplotlib.colors import TwoSlopeNorm
from matplotlib.patches import PathPatch
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from features.errors import ModelError
from features.figures import new_figure
from features.genome import UNKNOWN, Codes
from features.sites import KINDS, candidate_sites
from neural.cnn.scorer import CnnScorer

__all__ = ["Explanation", "check_candidate", "draw_explanation", "explain_site"]

BASES = "ACGT"
COLOURS = ("#009e73", "#0072b2", "#e69f00", "#d55e00")
GREY = "#bbbbbb"
SIGNALS = {
    "donor": (0, 2, "GT or GC"),
    "acceptor": (-2, 0, "AG"),
    "start": (0, 3, "ATG"),
    "stop": (0, 3, "TAA, TAG or TGA"),
}
"""Where the bases of a candidate lie from its position on (half-open), and which they are."""
STEPS = 64
"""Points on the way from the baseline to the sequence."""
BATCH = 64
WIDTH_OF_BASE = 0.16
"""Inches."""


class Explanation(NamedTuple):
    """What the log odds of one site depend on.

    Attributes
    ----------
    kind, position : of the site, on the strand.
    first : strand position of the first base looked at.
    bases : uint8 codes of the bases looked at, shape (n,).
    log_odds : natural-log odds of the site as it stands.
    mutated : float32 of shape (4, n), change of the log odds if base i were A, C, G, T; 0 for the base that is there,
        NaN where no site of this kind could be at the position any more: the network has learnt nothing of these.
    gradients : float32 of shape (n,), integrated gradients (Sundararajan et al. 2017) of each base, against a sequence
        of unknown bases; over the network's whole context they sum to the difference to that.
    elsewhere : sum of the integrated gradients of the bases of the context that are not looked at.
    baseline : log odds where all bases are unknown.
    """

    kind: str
    position: int
    first: int
    bases: Codes
    log_odds: float
    mutated: npt.NDArray[np.float32]
    gradients: npt.NDArray[np.float32]
    elsewhere: float
    baseline: float


def check_candidate(strand_sequence: Codes, kind: str, position: int) -> None:
    """``ModelError`` where the bases at strand ``position`` are not those of a candidate site of ``kind``."""
    if _is_candidate(strand_sequence, kind, position):
        return
    first, end, needed = SIGNALS[kind]
    found = strand_sequence[max(0, position + first) : position + end]
    letters = "".join((BASES + "N")[code] for code in found)
    where = "before it" if first < 0 else "from it on"
    raise ModelError(
        f"no {kind} can be here: the bases {where}, as the strand reads them, are "
        f"{letters or 'none'}, not {needed}. Give a site of the table of score."
    )


def _is_candidate(strand_sequence: Codes, kind: str, position: int) -> bool:
    first = max(0, position - 2)
    return position - first in candidate_sites(strand_sequence[first : position + 3])[kind]


def explain_site(
    scorer: CnnScorer, strand_sequence: Codes, kind: str, position: int, radius: int = 40
) -> Explanation:
    """Explain the site of ``kind`` at strand ``position`` by the bases up to ``radius`` away.

    Raises ``ModelError`` where there is no candidate site of that kind, or the network does not see that far.
    """
    check_candidate(strand_sequence, kind, position)
    network = scorer.fitted()
    context = network.context
    if radius > context:
        raise ModelError(
            f"--radius {radius}: this network sees {context} bases to either side. Give {context} or less."
        )
    place = np.arange(position - context, position + context + 1)
    inside = (place >= 0) & (place < len(strand_sequence))
    window = np.full(len(place), UNKNOWN, np.uint8)
    window[inside] = strand_sequence[place[inside]]
    first = max(position - radius, 0)
    seen = slice(
        first - position + context, min(radius, len(strand_sequence) - 1 - position) + context + 1
    )
    number, calibration = KINDS.index(kind), scorer.calibration[kind]

    def log_odds(one_hot: torch.Tensor) -> torch.Tensor:
        logits = network.from_one_hot(one_hot.to(scorer.device))[:, number, 0]
        return calibration.slope * logits.float() + calibration.intercept

    one_hot = torch.zeros(len(window), len(BASES))
    known = window < len(BASES)
    one_hot[
        torch.from_numpy(np.flatnonzero(known)), torch.from_numpy(window[known].astype(int))
    ] = 1
    mutated = np.empty((len(BASES), seen.stop - seen.start), np.float32)
    with torch.inference_mode():
        own = float(log_odds(one_hot[None])[0])
        blank = float(log_odds(torch.zeros_like(one_hot)[None])[0])
        for column, at in enumerate(range(seen.start, seen.stop)):
            variants = one_hot.repeat(len(BASES), 1, 1)
            variants[:, at] = torch.eye(len(BASES))
            mutated[:, column] = log_odds(variants).cpu().numpy() - own
            for base in range(len(BASES)):
                mutant = window.copy()
                mutant[at] = base
                if not _is_candidate(mutant, kind, context):
                    mutated[base, column] = np.nan
    gradients = _integrated(log_odds, one_hot)
    within = gradients[seen]
    return Explanation(
        kind,
        position,
        first,
        window[seen],
        own,
        mutated,
        within,
        float(gradients.sum() - within.sum()),
        blank,
    )


def _integrated(log_odds, one_hot: torch.Tensor) -> npt.NDArray[np.float32]:  # type: ignore[no-untyped-def]
    """Integrated gradient of every base of the window, by the midpoint rule, shape (bases,)."""
    total = torch.zeros_like(one_hot)
    for share in (torch.arange(STEPS) + 0.5).div(STEPS).split(BATCH):
        points = (share[:, None, None] * one_hot).requires_grad_()
        (gradient,) = torch.autograd.grad(log_odds(points).sum(), points)
        total += gradient.sum(0)
    found: npt.NDArray[np.float32] = (total / STEPS * one_hot).sum(1).numpy()
    return found


def draw_explanation(found: Explanation, path: Path, title: str) -> None:
    """Write an SVG: letters as high as their integrated gradients, below them the mutagenesis as a heat map.

    Grey are the mutants in which no site of this kind could be there.
    """
    n = len(found.bases)
    with new_figure(path, 1, max(5.0, WIDTH_OF_BASE * n), 3.6) as (axes,):
        axes.grid(False)
        axes.set_visible(False)
        letters, heat = axes.figure.subplots(2, 1, sharex=True, height_ratios=[2, 1.4])
        _draw_letters(letters, found)
        letters.set_title(f"{title}, log odds {found.log_odds:.2f}")
        letters.set_ylabel("integrated\ngradient")
        limit = max(1e-6, float(np.nanmax(np.abs(found.mutated))))
        image = heat.imshow(
            found.mutated,
            aspect="auto",
            cmap=colormaps["RdBu"].with_extremes(bad=GREY),
            norm=TwoSlopeNorm(0, -limit, limit),
            extent=(-0.5, n - 0.5, len(BASES) - 0.5, -0.5),
            interpolation="nearest",
        )
        heat.grid(False)
        heat.set_yticks(range(len(BASES)), list(BASES))
        offset = found.position - found.first
        ticks = [place for place in range(n) if (place - offset) % 10 == 0]
        heat.set_xticks(
            ticks, [f"{place - offset:+d}" if place != offset else "0" for place in ticks]
        )
        heat.set_xlabel(
            f"bases from the {found.kind}; grey: no {found.kind} could be there any more"
        )
        axes.figure.colorbar(image, ax=heat, label="change if mutated", aspect=8)


def _draw_letters(axes, found: Explanation) -> None:  # type: ignore[no-untyped-def]
    axes.axhline(0, color="black", linewidth=0.6)
    for place, (code, height) in enumerate(zip(found.bases, found.gradients, strict=True)):
        if code >= len(BASES) or not height:
            continue
        shape = TextPath((0, 0), BASES[code], size=1)
        box = shape.get_extents()
        fitted = (
            Affine2D()
            .translate(-box.x0, -box.y0)
            .scale(0.9 / box.width, float(height) / box.height)
            .translate(place - 0.45, 0)
        )
        axes.add_patch(
            PathPatch(shape.transformed(fitted), facecolor=COLOURS[code], edgecolor="none")
        )
    axes.set_xlim(-0.5, len(found.bases) - 0.5)
    low, high = min(0.0, float(found.gradients.min())), max(1e-6, float(found.gradients.max()))
    axes.set_ylim(1.05 * low, 1.05 * high)
