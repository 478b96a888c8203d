"""The published network: bins, one hidden layer with ReLU, one output for each gene; and the batches it learns from."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from neural.device import Device

__all__ = ["ExpressionNetwork", "ExpressionTask", "Samples", "pool"]


class Samples(NamedTuple):
    """Float32 inputs (samples, bins) and targets (samples, genes), NaN where a gene was not quantified."""

    inputs: Tensor
    targets: Tensor


class ExpressionNetwork(nn.Sequential):
    """log2(TPM + 1) of ``genes`` genes from ``bins`` bins through ``hidden`` units."""

    def __init__(self, bins: int, hidden: int, genes: int) -> None:
        super().__init__(nn.Linear(bins, hidden), nn.ReLU(), nn.Linear(hidden, genes))


class ExpressionTask:
    """Full batches, mean squared error over what was quantified (``neural.training.Task``)."""

    def __init__(
        self, model: ExpressionNetwork, training: Samples, unseen: Samples, device: Device
    ) -> None:
        self.model: nn.Module = model
        self.device = device
        self.training = Samples(*(each.to(device) for each in training))
        self.unseen = Samples(*(each.to(device) for each in unseen))

    def groups(self) -> list[dict[str, Any]]:
        """All parameters alike."""
        return [{"params": list(self.model.parameters())}]

    def loss(self, generator: torch.Generator) -> Tensor:
        """Loss of all training samples; nothing is drawn."""
        return self._error(self.training)

    def evaluate(self) -> dict[str, float]:
        """The negative error of the samples held out."""
        return {"negative_mse": -float(self._error(self.unseen))}

    def _error(self, samples: Samples) -> Tensor:
        # TPM of three digits want more than bfloat16 holds.
        with torch.autocast(self.device.type, enabled=False):
            told = self.model(samples.inputs)
        known = ~samples.targets.isnan()
        return nn.functional.mse_loss(told[known], samples.targets[known])


def pool(accessibility: Tensor, bins: int) -> Tensor:
    """At most ``bins`` columns: neighbours are joined, open where one of them is; (samples, bins before) float32."""
    wide = -(-accessibility.shape[1] // bins)
    if wide == 1:
        return accessibility
    missing = -accessibility.shape[1] % wide
    padded = nn.functional.pad(accessibility, (0, missing))
    return padded.view(len(padded), -1, wide).amax(2)
