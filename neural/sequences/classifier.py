"""``NetworkClassifier``: what the networks that classify whole sequences have in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch

from features.errors import ModelError
from features.genome import Codes
from features.progress import track
from features.storage import read_card, write_card
from neural.device import choose_device, describe_precision, mixed_precision, threads
from neural.log import LOG, read_log, write_log
from neural.sequences.batches import SortedBatches, by_length
from neural.sequences.examples import Validation, prepare_examples
from neural.sequences.options import check_count
from neural.sequences.stages import Layered, Stage, train_in_stages
from neural.sequences.tokens import LONGEST_READ, PAD, Tokeniser
from neural.weights import load_weights, save_weights

__all__ = ["BATCH", "Beginning", "NetworkClassifier", "epochs_for"]

BATCH = 64
"""Sequences of a training batch."""
READ, FEWEST, MOST = 40_000, 3, 20
"""Unless asked for otherwise, about so many sequences are read in the epochs of the last stage, within these bounds."""
BASES = 250 * READ
"""About as many bases are read at most; each sequence is read once in any case."""
PREDICTED = 128
"""Sequences of a batch when predicting."""
WEIGHTS = "classifier.safetensors"


class Beginning(NamedTuple):
    """What a training begins with.

    Attributes
    ----------
    network : takes tokens (tokens, sequences) and returns logits (sequences, classes).
    stages : one after the other.
    digest : of the weights it begins with; a checkpoint of others is not resumed.
    options : that it depends on, as of ``neural.training.train``.
    told : what the card says of it.
    """

    network: Layered
    stages: list[Stage]
    digest: str
    options: dict[str, Any]
    told: dict[str, Any]


class NetworkClassifier:
    """Base of the networks: ``fit``, ``predict_proba``, ``classes_``, ``save`` and ``load``.

    Parameters
    ----------
    seed : of the weights, the batches, the dropout and what is held out.
    threads : of the processor; results depend on them in the last digits.
    tokeniser : of the sequences.
    batch : sequences of a step.
    device : ``auto``, ``cpu``, ``cuda``.

    Raises ``ModelError`` for an option that cannot be, or a device that is absent.
    """

    kind: ClassVar[str]
    folders: ClassVar[tuple[str, ...]]
    """Folders of checkpoints that ``fit`` makes while training."""

    def __init__(
        self, seed: int, threads: int, tokeniser: Tokeniser, batch: int, device: str
    ) -> None:
        check_count("batch", batch, 2)  # batch normalisation compares sequences
        self.seed = seed
        self.threads = threads
        self.tokeniser = tokeniser
        self.batch = batch
        self.device = choose_device(device)
        self.classes_: npt.NDArray[Any] = np.empty(0)
        self.network: Layered | None = None
        self.log: list[dict[str, float]] = []
        self.trained_with: dict[str, Any] = {}

    def fit(
        self,
        sequences: Sequence[Codes],
        labels: npt.ArrayLike,
        validation: Validation | None = None,
        folder: Path | None = None,
    ) -> None:
        """Learn from uint8 ``sequences`` and their ``labels``; keep the weights with the best Matthews correlation.

        Parameters
        ----------
        validation : sequences and labels that the best weights are chosen by; without it a tenth of the training
            sequences of each class, drawn by the seed.
        folder : where checkpoints are kept while training; one that was broken off there is taken up.

        Raises
        ------
        TrainingError : sequences of one class, without a single word, too few, or another number of labels.
        ModelError : what it begins with or a checkpoint is damaged, or of another kind.
        """
        readable = self.readable(sequences)
        examples = prepare_examples(sequences, labels, validation, readable, self.seed)
        with threads(self.threads):
            begun = self._begin(examples.training.sequences, len(examples.classes), folder)
            data, unseen = (
                SortedBatches(each, self.tokeniser, self.batch, self.seed)
                for each in (examples.training, examples.watched)
            )
            digest = f"{self.tokeniser} {begun.digest} {data.digest()} {unseen.digest()}"
            options = {"seed": self.seed, "batch": self.batch, **begun.options}
            where = self.device, self.seed, folder
            self.log = train_in_stages(
                begun.network, begun.stages, data, unseen, *where, digest, options
            )
        self.network, self.classes_ = begun.network, examples.classes
        self.trained_with = {
            **describe_precision(self.device),
            "stages": [stage._asdict() for stage in begun.stages],
            "sequences": len(data.sequences),
            "validation_sequences": len(unseen.sequences),
            **begun.told,
        }

    def readable(self, sequences: Sequence[Codes]) -> npt.NDArray[np.bool_]:
        """Whether each sequence has a word of known bases, shape (sequences,)."""
        return np.array(
            [(self.tokeniser.encode(codes) != PAD).any() for codes in sequences], np.bool_
        )

    def predict_proba(self, sequences: Sequence[Codes]) -> npt.NDArray[np.float64]:
        """Probability of each of ``classes_``, shape (sequences, classes).

        A sequence without a word, too short or of unknown bases, gets what the network says of nothing.
        """
        network = self.fitted()
        found = np.empty((len(sequences), len(self.classes_)))
        batches = list(by_length(np.array([len(codes) for codes in sequences]), PREDICTED))
        with threads(self.threads), torch.inference_mode(), mixed_precision(self.device):
            for chosen in track(batches, "telling classes", unit="batch"):
                tokens = self.tokeniser.batch([sequences[i] for i in chosen.tolist()])
                logits = network(torch.from_numpy(tokens).to(self.device))
                found[chosen] = logits.double().softmax(1).cpu().numpy()
        return found

    def fitted(self) -> Layered:
        """The network, ready to predict; ``ModelError`` where there is none yet."""
        if self.network is None:
            raise ModelError(f"{self.kind}: not fitted. Call fit or load a trained one.")
        return self.network.to(self.device).eval()

    def save(self, folder: Path) -> None:
        """Write ``model.json``, the network's weights and the log."""
        save_weights(self.fitted(), folder / WEIGHTS)
        write_log(folder / LOG, self.log)
        write_card(
            folder,
            self.kind,
            {
                "options": {"seed": self.seed, "batch": self.batch, **self._options()},
                "classes": self.classes_.tolist(),
                "trained_with": self.trained_with,
            },
        )

    @classmethod
    def load(cls, folder: str | Path, threads: int = 2, device: str = "auto") -> Self:
        """Read what ``save`` wrote; ``ModelError`` where it is missing, damaged or of another architecture."""
        folder = Path(folder)
        card = read_card(folder, cls.kind)
        try:
            model = cls(threads=threads, device=device, **card["options"])
            model.classes_ = np.array(card["classes"])
            model.trained_with = card["trained_with"]
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{folder}: damaged {cls.kind} model ({error}). Train it again."
            ) from None
        model.log = read_log(folder / LOG)
        model.network = model._new_network(len(model.classes_))
        load_weights(model.network, folder / WEIGHTS)
        return model

    def _begin(self, sequences: Sequence[Codes], classes: int, folder: Path | None) -> Beginning:
        """The network before it is trained on ``sequences``, and how it will be."""
        raise NotImplementedError

    def _new_network(self, classes: int) -> Layered:
        """A network of the options' architecture."""
        raise NotImplementedError

    def _options(self) -> dict[str, Any]:
        """The constructor's further arguments."""
        raise NotImplementedError


def epochs_for(sequences: Sequence[Codes], tokeniser: Tokeniser) -> int:
    """Epochs of the last stage: 40,000 sequences' worth, but 3 to 20, and no more than read about 10 Mb."""
    epochs = float(np.clip(READ / max(1, len(sequences)), FEWEST, MOST))
    reach = tokeniser.stride * LONGEST_READ
    bases = sum(min(len(codes), reach) for codes in sequences)
    return max(1, round(min(epochs, BASES / max(1, bases))))
