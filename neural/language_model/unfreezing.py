"""Gradual unfreezing (Howard & Ruder 2018): a classifier is trained in stages, from its head down to its embedding."""

from __future__ import annotations

from neural.sequences.stages import Stage

__all__ = ["STAGES", "unfreezing"]

STAGES = ("head", "last-2", "last-3", "all")
"""Which groups of layers are trained; ``last-2`` is the head and the last layer of the encoder, and so on."""
RATES = (2.0, 1.0, 0.5, 1.0)
"""Highest learning rate of each stage, relative to that of the second.

Published are 2e-2, 1e-2, 5e-3, and 1e-3 to 5e-3 in several cycles; small networks want more in the last stage.
"""


def unfreezing(epochs: int, learning_rate: float) -> list[Stage]:
    """The published four stages: the last has ``epochs``, the others a third of them, one at least."""
    fewer = max(1, round(epochs / 3))
    return [
        Stage(name, groups, epochs if name == "all" else fewer, rate * learning_rate)
        for name, groups, rate in zip(STAGES, (1, 2, 3, 0), RATES, strict=True)
    ]
