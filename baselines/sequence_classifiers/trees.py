"""Boosted trees on k-mer spectra, or on the coding potential of transcripts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import xgboost

from baselines.sequence_classifiers.base import Classifier, Examples
from baselines.sequence_classifiers.coding_potential import HEXAMER, CodingPotential
from baselines.sequence_classifiers.kmer_features import KmerFeatures, check_k
from baselines.xgb.boosters import checksums, load_booster
from features.genome import Codes

__all__ = ["CodingXgb", "KmerXgb"]

TREES = 600
FEWEST_ROUNDS = 40
SLOWEST, FASTEST, LEARNT = 0.07, 0.15, 6.0
"""Learning rate: what ``LEARNT`` is over all rounds, within these bounds; fewer rounds learn faster."""
BINS, FEW_BINS = 256, 16
"""Values of a column told apart, and where there are more than ``TREES`` trees, which take long."""
PATIENCE = 40
"""Rounds without progress on validation after which no more trees are grown; at most half of all."""
BOOSTER = "booster.ubj"


class TreeClassifier(Classifier):
    """Gradient-boosted trees: up to 600; of more than two classes in rounds of one for each, 40 rounds at least."""

    share_of_columns: ClassVar[float]
    """That each tree may use."""
    _booster: xgboost.Booster

    def _learn(self, training: Examples, validation: Examples) -> None:
        classes = len(self.classes_)
        objective: dict[str, Any] = {"objective": "binary:logistic", "eval_metric": "logloss"}
        rounds = TREES
        if classes > 2:
            objective = {
                "objective": "multi:softprob",
                "eval_metric": "mlogloss",
                "num_class": classes,
            }
            rounds = max(FEWEST_ROUNDS, TREES // classes)
        data, unseen = (
            xgboost.DMatrix(matrix, numbers, nthread=self.threads)
            for matrix, numbers in (training, validation)
        )
        watched = [(unseen, "validation")] if len(validation[1]) else []
        booster = xgboost.train(
            {
                **objective,
                "max_depth": 5,
                "learning_rate": min(FASTEST, max(SLOWEST, LEARNT / rounds)),
                "max_bin": FEW_BINS if classes > 2 and rounds * classes > TREES else BINS,
                "subsample": 0.8,
                "colsample_bytree": self.share_of_columns,
                "min_child_weight": 5 if classes == 2 else 1,
                "tree_method": "hist",
                "seed": self.seed,
                "nthread": self.threads,
            },
            data,
            rounds,
            evals=watched,
            early_stopping_rounds=min(PATIENCE, rounds // 2) if watched else None,
            verbose_eval=False,
        )
        self._booster = booster[: booster.best_iteration + 1] if watched else booster

    def _tell(self, matrix: Any) -> npt.NDArray[np.float64]:
        told = self._booster.predict(xgboost.DMatrix(matrix, nthread=self.threads))
        found: npt.NDArray[np.float64] = told.astype(np.float64)
        return np.column_stack([1 - found, found]) if found.ndim == 1 else found

    def _save_learner(self, folder: Path) -> dict[str, Any]:
        self._booster.save_model(folder / BOOSTER)
        return {"boosters": checksums(folder)}

    def _load_learner(self, folder: Path, card: dict[str, Any]) -> None:
        self._booster = load_booster(folder / BOOSTER, card["boosters"])


class KmerXgb(TreeClassifier):
    """On k-mer spectra; ``k`` and ``canonical`` as of ``KmerFeatures``."""

    kind: ClassVar[str] = "kmer-xgb"
    share_of_columns: ClassVar[float] = 0.2

    def __init__(
        self, seed: int = 0, threads: int = 2, k: int = 5, canonical: bool = False
    ) -> None:
        check_k(self.kind, k)
        super().__init__(seed, threads, k=k, canonical=canonical)

    def _see(
        self, sequences: Sequence[Codes], numbers: npt.NDArray[np.int64]
    ) -> tuple[KmerFeatures, Any]:
        return KmerFeatures.learn(sequences, **self.options)

    def _seen(self, arrays: dict[str, npt.NDArray[Any]]) -> KmerFeatures:
        return KmerFeatures.from_arrays(arrays)


class CodingXgb(TreeClassifier):
    """On the coding potential of transcripts, whose sense strand is given: open frame, hexamers, codons, k-mers."""

    kind: ClassVar[str] = "coding-xgb"
    share_of_columns: ClassVar[float] = 0.5

    def __init__(self, seed: int = 0, threads: int = 2) -> None:
        super().__init__(seed, threads)

    @property
    def word(self) -> int:
        return HEXAMER

    def _see(
        self, sequences: Sequence[Codes], numbers: npt.NDArray[np.int64]
    ) -> tuple[CodingPotential, Any]:
        found = CodingPotential.learn(sequences, numbers)
        return found, found.matrix(sequences)

    def _seen(self, arrays: dict[str, npt.NDArray[Any]]) -> CodingPotential:
        return CodingPotential.from_arrays(arrays)
