"""``DnaLanguageModel``: an AWD-LSTM that tells the next k-mer of DNA; trained, fine-tuned, measured, saved."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, ClassVar, Self

import torch

from features.errors import ModelError
from features.storage import read_card, write_card
from neural.device import choose_device, describe_precision, mixed_precision, threads
from neural.language_model.corpus import Corpus
from neural.language_model.network import MOST_DROPOUT, PRESETS, LanguageModel
from neural.language_model.pretraining import ReadingTask, measure
from neural.language_model.reader import SPAN, Reader
from neural.log import LOG, read_log, write_log
from neural.sequences.options import check_count, check_dropout, check_rate, check_size
from neural.sequences.tokens import Tokeniser
from neural.training import Settings, train
from neural.weights import contiguous, load_weights, save_weights

__all__ = ["DROPOUT", "EPOCHS", "LEARNING_RATE", "STREAMS", "DnaLanguageModel"]

STREAMS = 32
"""Streams of a corpus read in parallel, unless asked for otherwise: published are 400 to 850, on a GPU; on a processor
fewer cost no time and learn more from each token."""
EPOCHS = 1
LEARNING_RATE = 1e-2
"""Highest one, as published."""
DROPOUT = 0.25
"""Factor of the published rates of dropout; 0.2 to 0.4 in the published trainings."""
EVALUATIONS = 20
"""Evaluations of a training, with a checkpoint each."""
WATCHED, SHARE = 200_000, 0.01
"""Held-out tokens that progress is judged by, at most so many, and so many for each one that is learnt from."""
WEIGHTS = "language_model.safetensors"


class DnaLanguageModel:
    """Genomic-ULMFiT's language model.

    Parameters
    ----------
    seed : of the weights, the order of documents and the dropout.
    threads : of the processor; results depend on them in the last digits.
    k, stride : of the tokens.
    size : ``tiny``, ``small`` or ``base`` (``neural.language_model.network.PRESETS``).
    streams : of a corpus read in parallel, 70 tokens of each in a step.
    dropout : factor of the published rates, 0 to 1.5.
    device : ``auto``, ``cpu``, ``cuda``.

    Raises ``ModelError`` for tokens or a size that there are not, or a device that is absent.

    Attributes
    ----------
    tokeniser, network : the words, and the network (None before it is fitted).
    trainings : one description of corpus, settings and figures on held-out documents for each ``fit``.
    """

    kind: ClassVar[str] = "language-model"

    def __init__(
        self,
        seed: int = 0,
        threads: int = 2,
        k: int = 5,
        stride: int = 2,
        size: str = "small",
        streams: int = STREAMS,
        dropout: float = DROPOUT,
        device: str = "auto",
    ) -> None:
        check_size(size, PRESETS)
        check_count("streams", streams)
        self.seed = seed
        self.threads = threads
        self.tokeniser = Tokeniser(k, stride)
        self.size = size
        self.streams = streams
        self.dropout = check_dropout(dropout, MOST_DROPOUT)
        self.device = choose_device(device)
        self.network: LanguageModel | None = None
        self.trainings: list[dict[str, Any]] = []
        self.log: list[dict[str, float]] = []

    def fit(
        self,
        corpus: Corpus,
        epochs: int = EPOCHS,
        learning_rate: float = LEARNING_RATE,
        unfinished: Path | None = None,
    ) -> None:
        """Learn from ``corpus``; a model that is trained already is fine-tuned, its lower layers more slowly.

        In the folder ``unfinished``, if given, checkpoints and a log are kept, and a training that was broken off there
        is taken up. The weights that are best on the held-out documents are kept. Raises ``TrainingError`` where no
        document has two tokens, ``DivergedError`` as ``neural.training.train``.
        """
        check_count("epochs", epochs)
        learning_rate = check_rate(learning_rate)
        with threads(self.threads):
            self._fit(corpus, epochs, learning_rate, unfinished)

    def _fit(
        self, corpus: Corpus, epochs: int, learning_rate: float, unfinished: Path | None
    ) -> None:
        tuned = self.network is not None
        network = self.network or self._new_network()
        reader = Reader(corpus.codes, corpus.training, self.tokeniser, self.streams, self.seed)
        watched = self._watched(corpus)
        steps = epochs * reader.pages
        tokens = min(WATCHED, SHARE * steps * SPAN * reader.streams)
        pages = max(1, round(tokens / (SPAN * watched.streams)))
        settings = Settings(
            steps, learning_rate, evaluate_every=max(1, -(-steps // EVALUATIONS)), seed=self.seed
        )
        task = ReadingTask(network, reader, watched, pages, self.device, discriminate=tuned)
        options: dict[str, Any] = {
            "seed": self.seed,
            "batch": self.streams,
            "dropout": self.dropout,
        }
        if not tuned:
            options |= {"k": self.tokeniser.k, "stride": self.tokeniser.stride, "size": self.size}
        digest = f"{corpus.digest()} {_digest(network)}"
        self.log = train(task, settings, unfinished, digest, options)
        self.network = network
        self.trainings = [
            *self.trainings,
            {
                "corpus": corpus.description,
                "epochs": epochs,
                "learning_rate": learning_rate,
                "dropout": self.dropout,
                "streams": reader.streams,
                "seed": self.seed,
                **describe_precision(self.device),
                "held_out": self._measure(watched),
            },
        ]

    def _new_network(self) -> LanguageModel:
        torch.manual_seed(self.seed)
        return LanguageModel(self.tokeniser.size, PRESETS[self.size], self.dropout)

    def _watched(self, corpus: Corpus) -> Reader:
        return Reader(corpus.codes, corpus.validation, self.tokeniser, self.streams, self.seed)

    def measure(self, corpus: Corpus) -> dict[str, float]:
        """Figures on all held-out documents of ``corpus``, as of ``neural.language_model.pretraining.measure``."""
        with threads(self.threads):
            return self._measure(self._watched(corpus))

    def _measure(self, reader: Reader) -> dict[str, float]:
        with torch.inference_mode(), mixed_precision(self.device):
            return measure(self.fitted(), reader, self.device, reader.pages)

    def fitted(self) -> LanguageModel:
        """The network, ready to be measured; ``ModelError`` where there is none yet."""
        if self.network is None:
            raise ModelError("This language model is not fitted. Call fit or load a trained one.")
        return self.network.to(self.device).eval()

    def digest(self) -> str:
        """Tells these weights from any others."""
        return _digest(self.fitted())

    def save(self, folder: Path) -> None:
        """Write ``model.json``, the network's weights and the log of the last training."""
        save_weights(self.fitted(), folder / WEIGHTS)
        write_log(folder / LOG, self.log)
        write_card(
            folder,
            self.kind,
            {
                "options": {
                    "seed": self.seed,
                    "k": self.tokeniser.k,
                    "stride": self.tokeniser.stride,
                    "size": self.size,
                    "streams": self.streams,
                    "dropout": self.dropout,
                },
                "trainings": self.trainings,
            },
        )

    @classmethod
    def load(
        cls,
        folder: str | Path,
        threads: int = 2,
        device: str = "auto",
        **changed: Any,
    ) -> Self:
        """Read what ``save`` wrote, to measure it or to fit it on; ``changed`` options replace the saved ones.

        ``ModelError`` where it is missing, damaged or of another architecture.
        """
        folder = Path(folder)
        card = read_card(folder, cls.kind)
        try:
            model = cls(threads=threads, device=device, **{**card["options"], **changed})
            model.trainings = list(card["trainings"])
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{folder}: damaged language model ({error}). Train it again."
            ) from None
        model.log = read_log(folder / LOG)
        model.network = model._new_network()
        load_weights(model.network, folder / WEIGHTS)
        return model


def _digest(network: LanguageModel) -> str:
    found = hashlib.sha256()
    for tensor in contiguous(network.state_dict()).values():
        found.update(tensor.numpy().tobytes())
    return found.hexdigest()[:16]
