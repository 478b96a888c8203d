"""What ``neural.training`` is told of the networks of gene symbols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from neural.device import Device
from neural.sequences.batches import by_length
from neural.symbol_transformer.inputs import ProteinBatches

__all__ = ["SymbolTask"]


class SymbolTask:
    """Cross entropy with smoothed labels; accuracy on ``watched``.

    Parameters
    ----------
    model : takes a batch and its clades, returns logits (proteins, symbols).
    data, watched : to learn from and to choose the weights by.
    device : of the network.
    smoothing : of the labels.
    """

    def __init__(
        self,
        model: nn.Module,
        data: ProteinBatches,
        watched: ProteinBatches,
        device: Device,
        smoothing: float,
    ) -> None:
        self.model = model
        self.data, self.watched = data, watched
        self.device = device
        self.smoothing = smoothing
        self.step = 0

    def groups(self) -> list[dict[str, Any]]:
        return [{"params": list(self.model.parameters())}]

    def loss(self, generator: torch.Generator) -> Tensor:
        """The batches come in the order of their epoch, not by ``generator``."""
        read, clades, numbers = self.data.draw(self.step)
        self.step += 1
        logits = self.model(read.to(self.device), clades.to(self.device))
        return functional.cross_entropy(
            logits, numbers.to(self.device), label_smoothing=self.smoothing
        )

    def evaluate(self) -> dict[str, float]:
        """Accuracy, and mean log probability of the true symbol."""
        watched = self.watched
        right, likelihood = 0, 0.0
        for chosen in by_length(watched.lengths, watched.size):
            read = watched.encoder.batch([watched.proteins.sequences[i] for i in chosen.tolist()])
            logits = self.model(read.to(self.device), watched.clades[chosen].to(self.device))
            told = logits.float().log_softmax(1).cpu()
            numbers = torch.from_numpy(watched.numbers[chosen])
            right += int((told.argmax(1) == numbers).sum())
            likelihood += float(told.gather(1, numbers[:, None]).sum())
        count = len(watched.numbers)
        return {"accuracy": right / count, "log_likelihood": likelihood / count}

    def carried(self) -> dict[str, Tensor]:
        return {"step": torch.tensor(self.step)}

    def carry(self, tensors: Mapping[str, Tensor]) -> None:
        self.step = int(tensors["step"])
