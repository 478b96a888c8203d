"""Training of a language model: the next token told from those before it, page by page through a corpus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from neural.device import Device
from neural.language_model.network import LanguageModel, State
from neural.language_model.reader import UNPREDICTED, Reader
from neural.sequences.stages import depth_groups

__all__ = ["ReadingTask", "measure"]

ACTIVATION, TEMPORAL = 2.0, 1.0
"""Weights of the activation and the temporal activation regularisation (Merity et al. 2018)."""


class ReadingTask:
    """Train ``model`` on the pages of ``reader``, hidden states carried from one to the next; watch ``watched``.

    Parameters
    ----------
    pages : of ``watched`` that progress is judged by.
    discriminate : whether lower layers learn slower (fine-tuning).
    """

    def __init__(
        self,
        model: LanguageModel,
        reader: Reader,
        watched: Reader,
        pages: int,
        device: Device,
        discriminate: bool,
    ) -> None:
        self.model: nn.Module = model
        self.network = model
        self.reader, self.watched, self.pages = reader, watched, pages
        self.device = device
        self.discriminate = discriminate
        self.step = 0
        self.state: State | None = None

    def groups(self) -> list[dict[str, Any]]:
        if self.discriminate:
            return depth_groups(self.network.groups())
        return [{"params": list(self.model.parameters())}]

    def loss(self, generator: torch.Generator) -> Tensor:
        """Cross entropy in nats per token, and the regularisation. A corpus gives its pages in order, not at random."""
        epoch, number = divmod(self.step, self.reader.pages)
        self.step += 1
        page = self.reader.read(epoch, number)
        state = self.state if number else None
        logits, encoded = self.network(page.tokens.to(self.device), state)
        self.state = [(hidden.detach(), cell.detach()) for hidden, cell in encoded.state]
        found: Tensor = functional.cross_entropy(
            logits.flatten(0, 1).float(),
            page.targets.flatten().to(self.device),
            ignore_index=UNPREDICTED,
            reduction="sum",
        ) / max(1, page.predicted)
        raw, dropped = encoded.raw.float(), encoded.dropped.float()
        found = found + ACTIVATION * dropped.square().mean()
        if len(raw) > 1:
            found = found + TEMPORAL * (raw[1:] - raw[:-1]).square().mean()
        return found

    def evaluate(self) -> dict[str, float]:
        """What ``measure`` says of the watched pages."""
        return measure(self.model, self.watched, self.device, self.pages)

    def carried(self) -> dict[str, Tensor]:
        """Where in the corpus it is, and the state there."""
        names = {"step": torch.tensor(self.step)}
        for number, (hidden, cell) in enumerate(self.state or []):
            names |= {f"hidden.{number}": hidden, f"cell.{number}": cell}
        return names

    def carry(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from there."""
        self.step = int(tensors["step"])
        self.state = [
            (tensors[f"hidden.{number}"].to(self.device), tensors[f"cell.{number}"].to(self.device))
            for number in range(len(tensors) // 2)
        ]


def measure(model: nn.Module, reader: Reader, device: Device, pages: int) -> dict[str, float]:
    """How well ``model`` tells the next token of up to ``pages`` pages, read from the beginning.

    Returns
    -------
    dict with ``log_likelihood`` (natural, per base), ``perplexity_per_base`` and ``perplexity`` (per token), and
    ``accuracy`` (share of tokens told exactly). A token tells ``stride`` further bases, so that figures per base are
    comparable between tokenisers; 4 is what bases drawn at random give. The first token of a document does not count
    (in the published figures, per token, it does).
    """
    lost = torch.zeros((), dtype=torch.float64, device=device)
    right = torch.zeros((), dtype=torch.int64, device=device)
    count = 0
    state: State | None = None
    for number in range(min(pages, reader.pages)):
        page = reader.read(0, number)
        targets = page.targets.flatten().to(device)
        logits, encoded = model(page.tokens.to(device), state)
        state = encoded.state
        flat = logits.flatten(0, 1).float()
        lost += functional.cross_entropy(flat, targets, ignore_index=UNPREDICTED, reduction="sum")
        right += (flat.argmax(1) == targets).sum()
        count += page.predicted
    nats = float(lost) / max(1, count)
    per_base = nats / reader.tokeniser.stride
    return {
        "log_likelihood": -per_base,
        "perplexity_per_base": float(np.exp(per_base)),
        "perplexity": float(np.exp(nats)),
        "accuracy": int(right) / max(1, count),
    }
