"""``ExpressionXgb``: boosted trees over pairs of a sample and a gene."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import xgboost

from baselines.expression.base import Accessibility, ExpressionModel, Floats, Training
from baselines.expression.means import sample_means
from baselines.expression.windows import unseen_inputs
from baselines.xgb.boosters import checksums, load_booster
from features.expression.layout import Layout
from features.expression.windows import unit_rows, window_shares

__all__ = ["ExpressionXgb"]

COMPONENTS = 2
ROUNDS = 60
BOOSTERS = ("seen", "unseen")
PARAMETERS = {
    "max_depth": 3,
    "learning_rate": 0.05,
    "subsample": 0.7,
    "colsample_bytree": 0.6,
    "min_child_weight": 30,
    "tree_method": "hist",
}


class ExpressionXgb(ExpressionModel):
    """Boosted trees that correct the mean of a gene, shared by all genes.

    Inputs are the gene's mean over the other training samples, the first principal components of the sample's bins,
    what is open around the gene (as of ``GeneWindows``), the gene's length and neighbours. Of a gene without expression
    in training other trees tell all of it, with the sample's mean in the place of the gene's.
    """

    kind: ClassVar[str] = "xgb"
    unseen_genes: ClassVar[bool] = True
    _boosters: dict[str, xgboost.Booster]

    def _learn(self, training: Training) -> dict[str, npt.NDArray[Any]]:
        rows = unit_rows(training.accessibility)
        middle = rows.mean(axis=0)
        _, _, axes = np.linalg.svd(rows - middle, full_matrices=False)
        state = {
            "middle": middle,
            "axes": axes[:COMPONENTS],
            "overall": np.array(training.expression.mean()),
        }
        self._state |= state
        genes, count = training.known, len(rows)
        mean = training.mean[genes]
        # Without the sample itself, as it will be for a new one.
        others = (count * mean - training.expression) / (count - 1)
        means = np.tile(training.mean, (count, 1))
        means[:, genes] = others
        seen = self._seen(training.accessibility, training.layout, means)[:, genes]
        unseen = self._unseen(
            training.accessibility, training.layout, training.expression.mean(axis=1)
        )[:, genes]
        self._boosters = {
            "seen": self._grow(seen, training.expression - others, 0.0),
            "unseen": self._grow(unseen, training.expression, float(state["overall"])),
        }
        return state

    def _tell(self, accessibility: Accessibility, known: Floats) -> Floats:
        layout = self.layout
        means = sample_means(known, float(self._state["overall"]))
        found = self._ask("unseen", self._unseen(accessibility, layout, means))
        genes, mean = self._state["known"], self._state["mean"]
        inputs = self._seen(accessibility, layout, np.tile(mean, (len(accessibility), 1)))
        found[:, genes] = mean[genes] + self._ask("seen", inputs[:, genes])
        return found

    def _seen(self, accessibility: Accessibility, layout: Layout, means: Floats) -> Floats:
        """Inputs of shape (samples, genes, inputs); ``means`` of shape (samples, genes)."""
        rows = unit_rows(accessibility)
        components = (rows - self._state["middle"]) @ self._state["axes"].T
        shares = window_shares(rows, layout)
        context = unseen_inputs(shares, layout, np.zeros(len(rows)))[..., :-1]
        of_sample = np.broadcast_to(
            components[:, None], (*means.shape, components.shape[1])
        )  # (samples, genes, components)
        return np.concatenate([means[..., None], of_sample, context], axis=2)

    def _unseen(self, accessibility: Accessibility, layout: Layout, means: Floats) -> Floats:
        return unseen_inputs(window_shares(unit_rows(accessibility), layout), layout, means)

    def _grow(self, inputs: Floats, wanted: Floats, base: float) -> xgboost.Booster:
        data = xgboost.DMatrix(
            inputs.reshape(-1, inputs.shape[2]), wanted.ravel(), nthread=self.threads
        )
        parameters = {"seed": self.seed, "nthread": self.threads, "base_score": base}
        return xgboost.train({**PARAMETERS, **parameters}, data, ROUNDS, verbose_eval=False)

    def _ask(self, name: str, inputs: Floats) -> Floats:
        data = xgboost.DMatrix(inputs.reshape(-1, inputs.shape[2]), nthread=self.threads)
        told = self._boosters[name].predict(data).astype(np.float64)
        return np.asarray(told.reshape(inputs.shape[:2]))

    def _save_learner(self, folder: Path) -> dict[str, Any]:
        for name, booster in self._boosters.items():
            booster.save_model(folder / f"{name}.ubj")
        return {"boosters": checksums(folder)}

    def _load_learner(self, folder: Path, card: dict[str, Any]) -> None:
        self._boosters = {
            name: load_booster(folder / f"{name}.ubj", card["boosters"]) for name in BOOSTERS
        }
