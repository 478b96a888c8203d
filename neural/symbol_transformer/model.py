"""``SymbolTransformer`` and ``PublishedTransformer``: the two networks of gene symbols with their training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from torch import nn

from features.proteins.calibration import fit_calibration
from features.proteins.protein_set import Proteins
from neural.sequences.options import check_size
from neural.symbol_transformer.base import BATCH, NetworkModel, Numbers
from neural.symbol_transformer.inputs import Encoder, LetterEncoder, WordEncoder
from neural.symbol_transformer.network import SIZES, WordNetwork
from neural.symbol_transformer.published import PUBLISHED, PublishedNetwork

__all__ = ["PublishedTransformer", "SymbolTransformer"]


class SymbolTransformer(NetworkModel):
    """``WordNetwork``; its probabilities are calibrated on validation, reckoning with proteins of unknown symbols.

    For these stand the validation proteins without their own symbols, which are like those of related genes, and the
    same with their residues shuffled, which are like nothing the network has learnt.
    """

    kind: ClassVar[str] = "symbol-transformer"
    presets: ClassVar[Mapping[str, Any]] = SIZES
    smoothing: ClassVar[float] = 0.1
    weight_decay: ClassVar[float] = 0.01
    varied: ClassVar[bool] = True

    def __init__(
        self,
        seed: int = 0,
        threads: int = 2,
        preset: str = "small",
        epochs: int = 8,
        batch: int = BATCH,
        learning_rate: float = 1e-2,
        device: str = "auto",
    ) -> None:
        super().__init__(seed, threads, preset, epochs, batch, learning_rate, device)

    def _new_network(self, symbols: int) -> nn.Module:
        return WordNetwork(SIZES[self.preset], symbols)

    def _encoder(self) -> Encoder:
        return WordEncoder(SIZES[self.preset])

    def _calibrate(self, validation: Proteins, truth: Numbers) -> None:
        told = self.tell(validation)
        unseen = [self.tell(validation, truth), self.tell(_shuffle(validation, self.seed))]
        self.calibration = fit_calibration(
            told.features, told.best == truth, np.concatenate([each.features for each in unseen])
        )


class PublishedTransformer(NetworkModel):
    """``PublishedNetwork``; its probabilities are the network's own.

    As published but for the schedule: one cycle up to the published rate and down again, instead of that rate
    throughout and an early stop, and gradients are clipped, which the published code meant to do. Epochs, batch and
    rate are those of the preset unless they are given.
    """

    kind: ClassVar[str] = "gst"
    presets: ClassVar[Mapping[str, Any]] = PUBLISHED
    smoothing: ClassVar[float] = 0.0
    weight_decay: ClassVar[float] = 0.0
    varied: ClassVar[bool] = False

    def __init__(
        self,
        seed: int = 0,
        threads: int = 2,
        preset: str = "gst",
        epochs: int | None = None,
        batch: int | None = None,
        learning_rate: float | None = None,
        device: str = "auto",
    ) -> None:
        check_size(preset, PUBLISHED)
        size = PUBLISHED[preset]
        super().__init__(
            seed,
            threads,
            preset,
            size.epochs if epochs is None else epochs,
            size.batch if batch is None else batch,
            size.learning_rate if learning_rate is None else learning_rate,
            device,
        )

    def _new_network(self, symbols: int) -> nn.Module:
        return PublishedNetwork(PUBLISHED[self.preset], symbols)

    def _encoder(self) -> Encoder:
        return LetterEncoder(PUBLISHED[self.preset].length)


def _shuffle(proteins: Proteins, seed: int) -> Proteins:
    """Proteins of the same residues in another order, drawn by ``seed``."""
    rng = np.random.default_rng(seed)
    return proteins._replace(sequences=[rng.permutation(each) for each in proteins.sequences])
