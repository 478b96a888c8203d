"""``NetworkModel``: what the networks of gene symbols have in common: fit, assign, save and load."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from features.errors import ModelError, TrainingError
from features.progress import track
from features.proteins.calibration import Calibration
from features.proteins.protein_set import Assigned, Proteins, known_proteins
from features.storage import read_arrays, read_card, write_arrays, write_card
from neural.device import choose_device, describe_precision, mixed_precision, threads
from neural.log import LOG, read_log, write_log
from neural.sequences.batches import by_length
from neural.sequences.options import check_count, check_rate, check_size
from neural.symbol_transformer.inputs import Encoder, ProteinBatches, one_hot_clades
from neural.symbol_transformer.training import SymbolTask
from neural.training import Settings, train
from neural.weights import load_weights, save_weights

__all__ = ["BATCH", "NetworkModel", "Numbers", "Told"]

BATCH = 64
"""Proteins of a step."""
TOLD = 64
"""Proteins of a batch when assigning."""
FEATURES = 3
"""What the calibration sees of a protein."""
WATCHED = 2000
"""Validation proteins that weights are chosen by, at most."""
EVALUATE_EVERY = 500
"""Steps between evaluations, fewer where an epoch has fewer."""
WEIGHTS, CALIBRATION = "network.safetensors", "calibration.npz"

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Told(NamedTuple):
    """What a network says of proteins.

    Attributes
    ----------
    best : number of the best symbol, shape (proteins,).
    features : float64 of shape (proteins, ``FEATURES``): log probability of that symbol, its logit, its lead.
    read : whether the network reads anything of the protein, shape (proteins,).
    """

    best: Numbers
    features: Floats
    read: npt.NDArray[np.bool_]


class NetworkModel:
    """Base of the networks: ``fit``, ``assign``, ``symbols_``, ``save`` and ``load``.

    Parameters
    ----------
    seed : of the weights, the batches and the dropout.
    threads : of the processor; results depend on them in the last digits.
    preset : size of the network.
    epochs : times that the training proteins are read.
    batch : proteins of a step.
    learning_rate : highest one of the cycle.
    device : ``auto``, ``cpu``, ``cuda``.

    Raises ``ModelError`` for an option that cannot be, or a device that is absent.
    """

    kind: ClassVar[str]
    presets: ClassVar[Mapping[str, Any]]
    smoothing: ClassVar[float]
    """Of the labels, for the cross entropy."""
    weight_decay: ClassVar[float]
    varied: ClassVar[bool]
    """Whether training proteins are varied."""

    def __init__(
        self,
        seed: int,
        threads: int,
        preset: str,
        epochs: int,
        batch: int,
        learning_rate: float,
        device: str,
    ) -> None:
        check_size(preset, self.presets)
        check_count("epochs", epochs)
        check_count("batch", batch)
        self.seed = seed
        self.threads = threads
        self.preset = preset
        self.epochs = epochs
        self.batch = batch
        self.learning_rate = check_rate(learning_rate)
        self.device = choose_device(device)
        self.symbols_: npt.NDArray[Any] = np.empty(0, "U1")
        self.network: nn.Module | None = None
        self.calibration: Calibration | None = None
        self.log: list[dict[str, float]] = []
        self.trained_with: dict[str, Any] = {}

    def fit(
        self, training: Proteins, validation: Proteins | None = None, folder: Path | None = None
    ) -> None:
        """Learn from ``training``; the weights with the best accuracy on ``validation`` are kept.

        Parameters
        ----------
        validation : proteins that weights are chosen and probabilities fitted by; without it a twentieth of the
            training proteins, drawn by the seed.
        folder : where checkpoints are kept while training; one that was broken off there is taken up.

        Raises
        ------
        TrainingError : fewer than two symbols, or no validation protein of a symbol that training has.
        ModelError : a checkpoint is damaged, or of another training.
        """
        if validation is None or not len(validation.sequences):
            training, validation = training.hold_out(self.seed)
        self.symbols_, numbers = np.unique(training.symbols, return_inverse=True)
        if len(self.symbols_) < 2:
            raise TrainingError(
                f"{self.kind}: the {len(numbers)} training proteins have fewer than two symbols. Give more."
            )
        validation, truth = known_proteins(self.symbols_, validation, self.kind)
        mixed = np.random.default_rng(self.seed).permutation(len(truth))
        watched = np.sort(mixed[:WATCHED])
        with threads(self.threads):
            torch.manual_seed(self.seed)
            self.network = self._new_network(len(self.symbols_))
            data = self._batches(training, numbers.astype(np.int64), self.varied)
            unseen = self._batches(validation.take(watched), truth[watched], False)
            settings = Settings(
                steps=self.epochs * data.steps,
                learning_rate=self.learning_rate,
                weight_decay=self.weight_decay,
                evaluate_every=min(data.steps, EVALUATE_EVERY),
                seed=self.seed,
            )
            digest = f"{data.digest()} {unseen.digest()}"
            task = SymbolTask(self.network, data, unseen, self.device, self.smoothing)
            self.log = train(task, settings, folder, digest, self._options())
        self.trained_with = {
            **describe_precision(self.device),
            "proteins": len(numbers),
            "validation_proteins": len(truth),
            "parameters": sum(each.numel() for each in self.network.parameters()),
        }
        self._calibrate(validation, truth)

    def assign(self, proteins: Proteins) -> Assigned:
        """The best symbol of each protein and its probability; a protein that the network reads nothing of gets ''."""
        told = self.tell(proteins)
        probability = np.exp(told.features[:, 0])
        if self.calibration is not None:
            probability = self.calibration.probability(told.features)
        return Assigned(
            np.where(told.read, self.symbols_[told.best], ""), np.where(told.read, probability, 0.0)
        )

    def save(self, folder: Path) -> None:
        """Write ``model.json``, weights, calibration and log into the existing ``folder``."""
        save_weights(self._fitted(), folder / WEIGHTS)
        write_log(folder / LOG, self.log)
        if self.calibration is not None:
            write_arrays(folder / CALIBRATION, {"calibration": self.calibration.array()})
        write_card(
            folder,
            self.kind,
            {
                "options": self._options(),
                "symbols": self.symbols_.tolist(),
                "calibrated": self.calibration is not None,
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
            model.symbols_ = np.array(card["symbols"])
            model.trained_with = card["trained_with"]
            if card["calibrated"]:
                table = read_arrays(folder / CALIBRATION)["calibration"]
                model.calibration = Calibration.from_array(table, FEATURES)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{folder}: damaged {cls.kind} model ({error}). Train it again."
            ) from None
        model.log = read_log(folder / LOG)
        model.network = model._new_network(len(model.symbols_))
        load_weights(model.network, folder / WEIGHTS)
        return model

    def _fitted(self) -> nn.Module:
        if self.network is None:
            raise ModelError(f"{self.kind}: not fitted. Call fit or load a trained one.")
        return self.network.to(self.device).eval()

    def _options(self) -> dict[str, Any]:
        """The constructor's arguments, but for where it runs."""
        options = ("seed", "preset", "epochs", "batch", "learning_rate")
        return {name: getattr(self, name) for name in options}

    def _batches(self, proteins: Proteins, numbers: Numbers, varied: bool) -> ProteinBatches:
        return ProteinBatches(proteins, numbers, self._encoder(), self.batch, self.seed, varied)

    def tell(self, proteins: Proteins, hidden: Numbers | None = None) -> Told:
        """What the network says of each protein, as if the symbol of number ``hidden`` were none of its own."""
        network, encoder = self._fitted(), self._encoder()
        count = len(proteins.sequences)
        told = Told(np.zeros(count, np.int64), np.zeros((count, 3)), np.zeros(count, np.bool_))
        clades = one_hot_clades(proteins.clades)
        lengths = np.array([len(residues) for residues in proteins.sequences], np.int64)
        batches = list(by_length(lengths, TOLD))
        with threads(self.threads), torch.inference_mode(), mixed_precision(self.device):
            for chosen in track(batches, "assigning symbols", unit="batch"):
                read = encoder.batch([proteins.sequences[i] for i in chosen.tolist()])
                logits = network(read.to(self.device), clades[chosen].to(self.device)).float()
                if hidden is not None:
                    logits[torch.arange(len(chosen)), torch.from_numpy(hidden[chosen])] = -torch.inf
                told.best[chosen] = logits.argmax(1).cpu().numpy()
                told.features[chosen] = _describe(logits)
                told.read[chosen] = encoder.legible(read).numpy()
        return told

    def _calibrate(self, validation: Proteins, truth: Numbers) -> None:
        """Fit what probabilities come from, if they are not the network's own."""

    def _new_network(self, symbols: int) -> nn.Module:
        raise NotImplementedError

    def _encoder(self) -> Encoder:
        raise NotImplementedError


def _describe(logits: Tensor) -> Floats:
    """Log probability of the best symbol, its logit, and how far that is ahead, float64 of shape (proteins, 3).

    Of a symbol that is the only one left, the last is 0.
    """
    first, second = logits.topk(2, 1).values.T
    ahead = torch.where(second.isfinite(), first - second, 0.0)
    found: Floats = (
        torch.stack([logits.log_softmax(1).amax(1), first, ahead], 1).double().cpu().numpy()
    )
    return found
