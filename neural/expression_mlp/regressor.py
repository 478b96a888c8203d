"""``ExpressionMlp``: tells the expression of all genes of a sample with the published network."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch

from features.errors import ModelError, TrainingError
from features.expression.layout import Layout
from features.storage import read_card, write_card
from neural.device import choose_device, threads
from neural.expression_mlp.network import ExpressionNetwork, ExpressionTask, Samples, pool
from neural.log import LOG, read_log, write_log
from neural.sequences.options import check_count, check_rate
from neural.training import Settings, train
from neural.weights import load_weights, save_weights

__all__ = ["ExpressionMlp", "PooledExpressionMlp"]

WEIGHTS = "network.safetensors"
HELD_OUT = 0.2
"""Share of the training samples by which the best weights are chosen."""
FEWEST = 3
EVERY = 5
"""Steps between two looks at the samples held out."""

Accessibility = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


class ExpressionMlp:
    """One hidden layer from all bins to all genes (the network of shashkat's MLP, 10,000-400-360).

    The published one was trained on TPM as they are, by plain gradient descent for 100 epochs. Here the target is
    log2(TPM + 1), the steps are those of every network of this suite (AdamW, one cycle), and the weights are those of
    the step that was best on a fifth of the samples, held out. What was not quantified does not count.

    Parameters
    ----------
    seed : of the weights and of what is held out.
    threads : of the processor; results depend on them in the last digits.
    bins : inputs, at most; where there are more bins, neighbours are joined.
    hidden : units of the hidden layer.
    epochs : steps; each sees every sample.
    learning_rate : highest one.
    device : ``auto``, ``cpu``, ``cuda``.

    Raises ``ModelError`` for an option that cannot be, or a device that is absent.
    """

    kind: ClassVar[str] = "mlp"
    unseen_genes: ClassVar[bool] = False

    def __init__(
        self,
        seed: int = 0,
        threads: int = 2,
        bins: int = 10_000,
        hidden: int = 400,
        epochs: int = 100,
        learning_rate: float = 1e-3,
        device: str = "auto",
    ) -> None:
        for name, value in (("bins", bins), ("hidden", hidden), ("epochs", epochs)):
            check_count(name, value)
        self.seed = seed
        self.threads = threads
        self.bins = bins
        self.hidden = hidden
        self.epochs = epochs
        self.learning_rate = check_rate(learning_rate)
        self.device = choose_device(device)
        self.network: ExpressionNetwork | None = None
        self.log: list[dict[str, float]] = []
        self.sizes: tuple[int, int] = (0, 0)

    def fit(self, accessibility: Accessibility, expression: Floats, layout: Layout) -> None:
        """Learn from samples.

        Parameters
        ----------
        accessibility : uint8 of shape (samples, bins).
        expression : float64 of shape (samples, genes), log2(TPM + 1); NaN where it is not known.
        layout : not looked at: to this network a bin is a column.

        Raises ``TrainingError`` for fewer than three samples with expression, and what ``neural.training.train`` does.
        """
        measured = np.flatnonzero(~np.isnan(expression).all(axis=1))
        if len(measured) < FEWEST:
            raise TrainingError(
                f"{len(measured)} training samples with expression. Give {FEWEST} or more."
            )
        order = np.random.default_rng(self.seed).permutation(measured)
        held_out = max(1, round(HELD_OUT * len(measured)))
        self.sizes = accessibility.shape[1], expression.shape[1]
        torch.manual_seed(self.seed)
        with threads(self.threads):
            network = self._new_network()
            training, unseen = (
                Samples(
                    self._inputs(accessibility[np.sort(part)]),
                    torch.from_numpy(expression[np.sort(part)].astype(np.float32)),
                )
                for part in (order[held_out:], order[:held_out])
            )
            task = ExpressionTask(network, training, unseen, self.device)
            settings = Settings(
                self.epochs, self.learning_rate, evaluate_every=EVERY, seed=self.seed
            )
            self.log = train(task, settings)
        self.network = network

    def predict(self, accessibility: Accessibility, known: Floats | None = None) -> Floats:
        """log2(TPM + 1), float64 of shape (samples, genes), 0 or more; ``known`` is not looked at."""
        network = self._fitted()
        if accessibility.shape[1] != self.sizes[0]:
            raise ModelError(
                f"{self.kind}: {accessibility.shape[1]} bins, where it was fitted to {self.sizes[0]}. "
                "Give the same bins."
            )
        with threads(self.threads), torch.inference_mode():
            told = network(self._inputs(accessibility).to(self.device))
        found: Floats = told.double().clamp_min(0).cpu().numpy()
        return found

    def save(self, folder: Path) -> None:
        """Write ``model.json``, the network's weights and the log into the existing ``folder``."""
        save_weights(self._fitted(), folder / WEIGHTS)
        write_log(folder / LOG, self.log)
        options: dict[str, Any] = {
            "seed": self.seed,
            "bins": self.bins,
            "hidden": self.hidden,
            "epochs": self.epochs,
            "learning_rate": self.learning_rate,
        }
        trained_with = {"device": self.device.type, "precision": "float32"}
        content = {"options": options, "sizes": list(self.sizes), "trained_with": trained_with}
        write_card(folder, self.kind, content)

    @classmethod
    def load(cls, folder: Path, threads: int = 2, device: str = "auto") -> Self:
        """Read what ``save`` wrote; ``ModelError`` where it is missing, damaged or of another architecture."""
        card = read_card(folder, cls.kind)
        try:
            model = cls(threads=threads, device=device, **card["options"])
            bins, genes = card["sizes"]
            model.sizes = int(bins), int(genes)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{folder}: damaged ({error}). Train the model again.") from None
        model.log = read_log(folder / LOG)
        model.network = model._new_network()
        load_weights(model.network, folder / WEIGHTS)
        return model

    def _fitted(self) -> ExpressionNetwork:
        if self.network is None:
            raise ModelError(f"{self.kind}: not fitted. Call fit or load a trained one.")
        return self.network.to(self.device).eval()

    def _new_network(self) -> ExpressionNetwork:
        bins, genes = self.sizes
        wide = -(-bins // self.bins)
        return ExpressionNetwork(-(-bins // wide), self.hidden, genes)

    def _inputs(self, accessibility: Accessibility) -> torch.Tensor:
        return pool(torch.from_numpy(accessibility.astype(np.float32)), self.bins)


class PooledExpressionMlp(ExpressionMlp):
    """The same on 1,000 bins with 500 hidden units, as the publication's text has it; parameters as of the other."""

    kind: ClassVar[str] = "mlp-1000"

    def __init__(
        self,
        seed: int = 0,
        threads: int = 2,
        bins: int = 1000,
        hidden: int = 500,
        epochs: int = 100,
        learning_rate: float = 1e-3,
        device: str = "auto",
    ) -> None:
        super().__init__(seed, threads, bins, hidden, epochs, learning_rate, device)
