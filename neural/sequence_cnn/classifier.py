"""``SequenceCnn``: tells the class of a sequence with a convolutional network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch

from features.genome import Codes
from neural.sequence_cnn.network import SequenceNetwork
from neural.sequences.classifier import BATCH, Beginning, NetworkClassifier, epochs_for
from neural.sequences.options import check_count, check_dropout, check_rate
from neural.sequences.stages import Stage
from neural.sequences.tokens import Tokeniser

__all__ = ["SequenceCnn"]

STAGE = "all"
LEARNING_RATE = 2e-3
DROPOUT = 0.3
LONGER = 2
"""Times the epochs of a network that begins as a language model: this one begins with nothing."""


class SequenceCnn(NetworkClassifier):
    """A convolutional network on whole sequences, with scikit-learn's ``fit``, ``predict_proba`` and ``classes_``.

    Parameters
    ----------
    seed : of the weights, the batches, the dropout and what is held out.
    threads : of the processor; results depend on them in the last digits.
    epochs : by default 80,000 sequences' worth, but 6 to 40, and no more than read about 20 Mb.
    batch : sequences of a step.
    learning_rate : highest one.
    dropout : share of the pooled features that a step leaves out.
    device : ``auto``, ``cpu``, ``cuda``.

    Raises ``ModelError`` for an option that cannot be, or a device that is absent.
    """

    kind: ClassVar[str] = "sequence-cnn"
    folders: ClassVar[tuple[str, ...]] = (STAGE,)

    def __init__(
        self,
        seed: int = 0,
        threads: int = 2,
        epochs: int | None = None,
        batch: int = BATCH,
        learning_rate: float = LEARNING_RATE,
        dropout: float = DROPOUT,
        device: str = "auto",
    ) -> None:
        super().__init__(seed, threads, Tokeniser(1, 1), batch, device)
        if epochs is not None:
            check_count("epochs", epochs)
        self.epochs = epochs
        self.learning_rate = check_rate(learning_rate)
        self.dropout = check_dropout(dropout)

    def _begin(self, sequences: Sequence[Codes], classes: int, folder: Path | None) -> Beginning:
        torch.manual_seed(self.seed)
        epochs = self.epochs or LONGER * epochs_for(sequences, self.tokeniser)
        stages = [Stage(STAGE, 0, epochs, self.learning_rate)]
        options = {**self._options(), "epochs": epochs}
        return Beginning(self._new_network(classes), stages, "", options, {})

    def _new_network(self, classes: int) -> SequenceNetwork:
        return SequenceNetwork(classes, self.dropout)

    def _options(self) -> dict[str, Any]:
        return {
            "epochs": self.epochs,
            "learning_rate": self.learning_rate,
            "dropout": self.dropout,
        }
