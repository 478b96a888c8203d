"""The networks: AWD-LSTM as a language model (Merity et al. 2018), and ULMFiT's classifier (Howard & Ruder 2018)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from neural.sequences.stages import Layered
from neural.sequences.tokens import PAD

__all__ = [
    "MOST_DROPOUT",
    "PRESETS",
    "REACH",
    "Classifier",
    "Dropout",
    "Encoder",
    "LanguageModel",
    "Preset",
    "State",
]

State = list[tuple[Tensor, Tensor]]
"""Hidden and cell state of every layer, each of shape (1, sequences, units)."""


class Preset(NamedTuple):
    """Size of an encoder: units of the embedding (and of the last layer), of the other layers, number of layers."""

    embedding: int
    hidden: int
    layers: int


PRESETS = {
    "tiny": Preset(64, 128, 2),
    "small": Preset(128, 384, 2),
    "base": Preset(400, 1150, 3),
}
"""``base`` is the published size; the others serve two processor cores."""


class Dropout(NamedTuple):
    """Rates of dropout, each times one common factor.

    Attributes
    ----------
    output, hidden, inputs : of whole features of a sequence, the same ones at every token (variational).
    embedding : of whole words.
    weight : of the recurrent weights (DropConnect).
    """

    output: float
    hidden: float
    inputs: float
    embedding: float
    weight: float

    def times(self, factor: float) -> Dropout:
        """All rates times ``factor``."""
        return Dropout(*(factor * rate for rate in self))


OF_LANGUAGE_MODEL = Dropout(0.25, 0.1, 0.2, 0.02, 0.15)
OF_CLASSIFIER = Dropout(0.4, 0.2, 0.6, 0.1, 0.5)
MOST_DROPOUT = 1.5
"""Factor with which the highest of these rates is 0.9."""
POOLED = 50
"""Units between pooling and classes."""
OF_POOLED = 0.1
"""Rate of dropout of these."""
REACH = 1400
"""Last tokens of a batch that a classifier's gradient flows back through (fastai's ``max_len``)."""


class Encoded(NamedTuple):
    """What an encoder makes of tokens: the last layer's output, and it after dropout, (tokens, sequences, units)."""

    raw: Tensor
    dropped: Tensor
    state: State


class Encoder(nn.Module):
    """Embedding and LSTM layers with the dropouts of AWD-LSTM; the embedding of ``PAD`` is and stays zero."""

    def __init__(self, words: int, preset: Preset, rates: Dropout) -> None:
        super().__init__()
        self.rates = rates
        self.embedding = nn.Embedding(words, preset.embedding, padding_idx=PAD)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        with torch.no_grad():
            self.embedding.weight[PAD].zero_()
        widths = [preset.embedding, *[preset.hidden] * (preset.layers - 1), preset.embedding]
        self.layers = nn.ModuleList(
            nn.LSTM(inwards, outwards) for inwards, outwards in pairwise(widths)
        )

    def forward(self, tokens: Tensor, state: State | None = None) -> Encoded:
        """Tokens (tokens, sequences), and the state to begin with, zero without one."""
        weight = self.embedding.weight
        if self.training and self.rates.embedding:
            weight = weight * _kept((len(weight), 1), self.rates.embedding, weight)
        x = functional.embedding(tokens, weight, padding_idx=PAD)
        x = self._variational(x, self.rates.inputs)
        raw, after = x, []
        for number, layer in enumerate(self.layers):
            recurrent = layer.get_parameter("weight_hh_l0")
            dropped = functional.dropout(recurrent, self.rates.weight, self.training)
            before = None if state is None else state[number]
            raw, following = torch.func.functional_call(
                layer, {"weight_hh_l0": dropped}, (x, before)
            )
            after.append(following)
            last = number == len(self.layers) - 1
            x = self._variational(raw, self.rates.output if last else self.rates.hidden)
        return Encoded(raw, x, after)

    def _variational(self, x: Tensor, rate: float) -> Tensor:
        """Drop the same features of a sequence at every token."""
        if not (self.training and rate):
            return x
        return x * _kept((1, x.shape[1], x.shape[2]), rate, x)

    def groups(self) -> Iterator[list[nn.Parameter]]:
        """Parameters from the embedding to the last layer, which are unfrozen from behind."""
        yield list(self.embedding.parameters())
        for layer in self.layers:
            yield list(layer.parameters())


def _kept(shape: tuple[int, ...], rate: float, like: Tensor) -> Tensor:
    """Zero at ``rate``, else what makes up for it."""
    return torch.empty(shape, device=like.device, dtype=like.dtype).bernoulli_(1 - rate) / (
        1 - rate
    )


class LanguageModel(nn.Module):
    """Tells the next word: an encoder, and a decoder that shares the embedding's weights; ``PAD`` is never next."""

    def __init__(self, words: int, preset: Preset, factor: float = 1.0) -> None:
        super().__init__()
        self.encoder = Encoder(words, preset, OF_LANGUAGE_MODEL.times(factor))
        self.bias = nn.Parameter(torch.zeros(words - 1))

    def forward(self, tokens: Tensor, state: State | None = None) -> tuple[Tensor, Encoded]:
        """Logits of the word behind each token, (tokens, sequences, words less PAD), and what the encoder said."""
        encoded = self.encoder(tokens, state)
        weight = self.encoder.embedding.weight[PAD + 1 :]
        return functional.linear(encoded.dropped, weight, self.bias), encoded

    def groups(self) -> list[list[nn.Parameter]]:
        """Parameters from the first layer to the last, then what decodes, the embedding with it."""
        embedding, *layers = self.encoder.groups()
        return [*layers, [*embedding, self.bias]]


class Classifier(Layered):
    """An encoder that reads whole sequences, pooled: last, highest and mean output of every unit.

    Parameters
    ----------
    words, preset, classes : of the encoder, and how many classes are told.
    factor : of the published rates of dropout.
    parts : of a sequence of which the mean is told apart too; 0 as published.
    """

    def __init__(
        self, words: int, preset: Preset, classes: int, factor: float = 1.0, parts: int = 0
    ) -> None:
        super().__init__()
        self.parts = parts
        rates = OF_CLASSIFIER.times(factor)
        self.encoder = Encoder(words, preset, rates)
        pooled = (3 + parts) * preset.embedding
        self.head = nn.Sequential(
            nn.BatchNorm1d(pooled),
            nn.Dropout(rates.output),
            nn.Linear(pooled, POOLED),
            nn.ReLU(),
            nn.BatchNorm1d(POOLED),
            nn.Dropout(OF_POOLED),
            nn.Linear(POOLED, classes),
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (tokens, sequences), padded behind -> logits (sequences, classes)."""
        pooled = self.pool(tokens)
        with torch.autocast(pooled.device.type, enabled=False):
            found: Tensor = self.head(pooled)
        return found

    def pool(self, tokens: Tensor) -> Tensor:
        """Of every unit over the tokens that are words: last, highest, mean, mean of each part.

        Shape (sequences, (3 + parts) * units). All tokens are pooled, piece by piece, so that memory is bounded;
        gradients flow through the last ``REACH`` of the batch, and across the borders of no piece (fastai cuts them
        every 70 tokens). A sequence without a word has zeros. Unknown tokens keep their places, but those at the end
        are taken for padding.
        """
        word = tokens != PAD
        place = torch.arange(len(word), device=word.device)[:, None]
        length = torch.where(word, place, 0).amax(0) + 1  # up to the last word
        parts = max(1, self.parts)
        part = (place * parts // length).clamp_max(parts - 1)
        first = max(0, tokens.shape[0] - REACH)
        pieces = [slice(start, min(first, start + REACH)) for start in range(0, first, REACH)]
        pooled = _Pooled.nothing(tokens.shape[1], parts, self.encoder.embedding.weight)
        state: State | None = None
        with torch.no_grad():
            for piece in pieces:
                encoded = self.encoder(tokens[piece], state)
                state, pooled = encoded.state, pooled.add(encoded.dropped, word[piece], part[piece])
        output = self.encoder(tokens[first:], state).dropped
        pooled = pooled.add(output, word[first:], part[first:])
        return torch.cat([pooled.whole(), *([pooled.apart()] if self.parts else [])], dim=1)

    def groups(self) -> list[list[nn.Parameter]]:
        """Parameters from the embedding to the head."""
        return [*self.encoder.groups(), list(self.head.parameters())]


class _Pooled(NamedTuple):
    """What has been pooled of the sequences so far.

    Attributes
    ----------
    last, highest : output of every unit, shape (sequences, units).
    totals, words : sum of the outputs in each part, (sequences, parts, units), and its words, (sequences, parts, 1).
    """

    last: Tensor
    highest: Tensor
    totals: Tensor
    words: Tensor

    @classmethod
    def nothing(cls, sequences: int, parts: int, weight: Tensor) -> _Pooled:
        zero = weight.new_zeros(sequences, parts, weight.shape[1])
        return cls(zero[:, 0], torch.full_like(zero[:, 0], -torch.inf), zero, zero[..., :1])

    def add(self, output: Tensor, word: Tensor, part: Tensor) -> _Pooled:
        """With further ``output`` of an encoder, (tokens, sequences, units).

        ``word`` says which tokens are words, ``part`` of which part, both (tokens, sequences).
        """
        output = output.float()
        place = torch.arange(len(word), device=word.device)[:, None]
        at = torch.where(word, place, -1).amax(0)  # last word of each sequence, -1 without one
        last = output[at.clamp_min(0), torch.arange(len(at), device=at.device)]
        member = functional.one_hot(part, self.words.shape[1]).float() * word[..., None]
        inside = torch.where(word[..., None], output, 0.0)
        with torch.autocast(output.device.type, enabled=False):
            totals = torch.einsum("tsp,tsu->spu", member, inside)
        return _Pooled(
            torch.where((at >= 0)[:, None], last, self.last),
            torch.maximum(self.highest, output.masked_fill(~word[..., None], -torch.inf).amax(0)),
            self.totals + totals,
            self.words + member.sum(0)[..., None],
        )

    def whole(self) -> Tensor:
        """Last, highest and mean."""
        words = self.words.sum(1)
        highest = torch.where(words > 0, self.highest, 0.0)
        return torch.cat([self.last, highest, self.totals.sum(1) / words.clamp_min(1)], dim=1)

    def apart(self) -> Tensor:
        """Mean of each part; 0 of one without a word."""
        return (self.totals / self.words.clamp_min(1)).flatten(1)
