"""``UlmfitClassifier``: tells the class of a sequence with a classifier that begins as a DNA language model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from features.classifiers.alignment import aligned_length
from features.errors import ModelError
from features.genome import Codes
from neural.language_model.corpus import corpus_from_sequences
from neural.language_model.language_model import DnaLanguageModel
from neural.language_model.network import MOST_DROPOUT, PRESETS, Classifier
from neural.language_model.unfreezing import STAGES, unfreezing
from neural.sequences.classifier import BATCH, Beginning, NetworkClassifier, epochs_for
from neural.sequences.options import check_count, check_dropout, check_rate, check_size
from neural.sequences.stages import Stage
from neural.sequences.tokens import Tokeniser

__all__ = [
    "DROPOUT",
    "FINETUNE_RATE",
    "FINE_TUNED",
    "FROM_SCRATCH",
    "UlmfitClassifier",
    "parts_for",
]

DROPOUT = 0.4
"""Factor of the published rates of dropout; 0.2 to 0.7 in the published trainings."""
FINE_TUNED, FROM_SCRATCH = 5e-3, 2e-3
"""Learning rate of the second stage with a language model, and without one: published ones for smaller batches."""
FINETUNE_RATE = 2e-3
"""Learning rate when the language model learns from the training sequences."""
PARTS, MOST_PARTS, BASES_OF_PART = 10, 75, 4
"""Parts of a sequence by default; of windows of one length as many as have four bases each, within these bounds."""
LANGUAGE_MODEL = "language-model"


class UlmfitClassifier(NetworkClassifier):
    """ULMFiT on DNA, with scikit-learn's ``fit``, ``predict_proba`` and ``classes_``.

    Parameters
    ----------
    seed : of the weights, the batches, the dropout and what is held out.
    threads : of the processor; results depend on them in the last digits.
    language_model : folder of a saved one, whose tokens, size and weights the classifier takes over; then it is trained
        from its head down, stage by stage, lower layers more slowly. Without one all layers are trained at once, from
        random weights.
    k, stride, size : of the tokens and the network, where there is no language model.
    finetune_epochs : for which the language model first learns from the training sequences.
    epochs : of the last stage; the three before have a third of it each, one at least, and from scratch there are twice
        as many, so that about as much is read. By default 40,000 sequences' worth, but 3 to 20 epochs, and no more than
        read about 10 Mb: 20 for 1,000 sequences of 200 bases, 5 for 8,000, 2 for 4,000 of 1,250 bases.
    batch : sequences of a step.
    learning_rate : highest one, of the second stage; by default ``FINE_TUNED`` with a language model, else
        ``FROM_SCRATCH``.
    parts : of a sequence whose mean outputs are told apart, beside those of the whole; 0 as published. By default those
        of ``parts_for``; a loaded model keeps its own. Windows of another length than those of training are divided
        into as many, which are then not the same places.
    dropout : factor of the published rates, 0 to 1.5.
    device : ``auto``, ``cpu``, ``cuda``.

    Raises ``ModelError`` for an option that cannot be, or a device that is absent.
    """

    kind: ClassVar[str] = "ulmfit"
    folders: ClassVar[tuple[str, ...]] = (LANGUAGE_MODEL, *STAGES)

    def __init__(
        self,
        seed: int = 0,
        threads: int = 2,
        language_model: str | None = None,
        k: int = 5,
        stride: int = 2,
        size: str = "small",
        finetune_epochs: int = 0,
        epochs: int | None = None,
        batch: int = BATCH,
        learning_rate: float | None = None,
        dropout: float = DROPOUT,
        parts: int | None = None,
        device: str = "auto",
    ) -> None:
        check_size(size, PRESETS)
        check_count("finetune_epochs", finetune_epochs, 0)
        if parts is not None:
            check_count("parts", parts, 0)
        if finetune_epochs and language_model is None:
            raise ModelError("finetune_epochs needs a language model. Give language_model.")
        if epochs is not None:
            check_count("epochs", epochs)
        super().__init__(seed, threads, Tokeniser(k, stride), batch, device)
        self.language_model = None if language_model is None else str(language_model)
        self.size = size
        self.finetune_epochs = finetune_epochs
        self.epochs = epochs
        self.learning_rate = None if learning_rate is None else check_rate(learning_rate)
        self.dropout = check_dropout(dropout, MOST_DROPOUT)
        self.parts = parts

    def _begin(self, sequences: Sequence[Codes], classes: int, folder: Path | None) -> Beginning:
        model = self._language_model()
        if model is not None and self.finetune_epochs:
            corpus = corpus_from_sequences(list(sequences), seed=self.seed)
            kept = None if folder is None else folder / LANGUAGE_MODEL
            model.fit(corpus, self.finetune_epochs, FINETUNE_RATE, kept)
        torch.manual_seed(self.seed)
        parts = parts_for(sequences, self.tokeniser) if self.parts is None else self.parts
        network = self._network_of(classes, parts)
        epochs = self.epochs or epochs_for(sequences, self.tokeniser)
        if model is None:
            rate = self.learning_rate or FROM_SCRATCH
            stages = [Stage(STAGES[-1], 0, 2 * epochs, rate)]
        else:
            network.encoder.load_state_dict(model.fitted().encoder.state_dict())
            stages = unfreezing(epochs, self.learning_rate or FINE_TUNED)
        options: dict[str, Any] = {
            "finetune_epochs": self.finetune_epochs,
            "epochs": epochs,
            "learning_rate": stages[-1].learning_rate,
            "dropout": self.dropout,
            "parts": parts,
        }
        if model is None:
            options |= {"k": self.tokeniser.k, "stride": self.tokeniser.stride, "size": self.size}
        digest = "" if model is None else model.digest()
        told = {"language_model": None if model is None else model.trainings}
        return Beginning(network, stages, digest, options, told)

    def _language_model(self) -> DnaLanguageModel | None:
        """The language model to begin with; its tokens and size are taken over."""
        if self.language_model is None:
            return None
        where, device = self.language_model, str(self.device)
        model = DnaLanguageModel.load(where, self.threads, device, seed=self.seed)
        self.tokeniser, self.size = model.tokeniser, model.size
        return model

    def _new_network(self, classes: int) -> Classifier:
        return self._network_of(classes, PARTS if self.parts is None else self.parts)

    def _network_of(self, classes: int, parts: int) -> Classifier:
        return Classifier(self.tokeniser.size, PRESETS[self.size], classes, self.dropout, parts)

    def _options(self) -> dict[str, Any]:
        parts = self.network.parts if isinstance(self.network, Classifier) else self.parts
        return {
            "language_model": self.language_model,
            "k": self.tokeniser.k,
            "stride": self.tokeniser.stride,
            "size": self.size,
            "finetune_epochs": self.finetune_epochs,
            "epochs": self.epochs,
            "learning_rate": self.learning_rate,
            "dropout": self.dropout,
            "parts": parts,
        }


def parts_for(sequences: Sequence[Codes], tokeniser: Tokeniser) -> int:
    """Parts that are told apart by default, given the training sequences, one at least.

    Ten; where nine of ten sequences have one length, one for every four bases of it, 10 to 75, but no more than it has
    tokens.
    """
    length = aligned_length(sequences)
    if not length:
        return PARTS
    tokens = max(1, int(tokeniser.count(np.array([length]))[0]))
    return min(tokens, int(np.clip(length // BASES_OF_PART, PARTS, MOST_PARTS)))
