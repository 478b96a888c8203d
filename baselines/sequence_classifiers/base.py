"""What the classical classifiers share: scikit-learn's interface on sequences, validation, model folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from features.batches import batches
from features.classifiers.holdout import hold_out
from features.errors import ModelError, TrainingError
from features.genome import Codes
from features.kmers import kmer_indices
from features.storage import read_arrays, read_card, write_arrays, write_card

__all__ = ["Classifier", "Examples", "Features"]

FEW = 10
"""Sequences a class, on average, under which none is held out: all are learnt from and chosen on."""
FEATURES = "features.npz"
BASES_AT_ONCE = 2_000_000
"""Bases of the sequences that are told at once, so that memory is bounded: a base takes some 250 bytes."""

Labelled = tuple[Sequence[Codes], npt.ArrayLike]
Examples = tuple[Any, npt.NDArray[np.int64]]
"""Matrix of sequences, sparse or not, and their class numbers."""


class Features(Protocol):
    """What a classifier sees of a sequence."""

    def matrix(self, sequences: Sequence[Codes]) -> Any:
        """One row for each sequence."""

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What the model folder keeps of it."""


class Classifier:
    """Base of the classifiers: ``fit``, ``predict_proba``, ``classes_``, ``save`` and ``load``.

    Parameters
    ----------
    seed, threads : of the learner, where it draws or uses any.
    options : what the constructor is given besides, as the model folder keeps it.
    """

    kind: ClassVar[str]

    def __init__(self, seed: int, threads: int, **options: Any) -> None:
        self.seed = seed
        self.threads = threads
        self.options = options
        self.classes_: npt.NDArray[Any] = np.empty(0)
        self._features: Features | None = None

    def fit(
        self, sequences: Sequence[Codes], labels: npt.ArrayLike, validation: Labelled | None = None
    ) -> None:
        """Learn from uint8 ``sequences`` and their ``labels``; what is to be chosen is chosen on ``validation``.

        Without it some of the sequences are held out for that (``hold_out``), unless they are few. Labels of
        ``validation`` that training lacks are passed over. Raises ``TrainingError`` where all labels are one class,
        or no sequence of a class has a word of known bases.
        """
        self.classes_, numbers = np.unique(np.asarray(labels), return_inverse=True)
        if len(self.classes_) < 2:
            raise TrainingError(
                f"{self.kind}: all {len(numbers)} training sequences are of one class. "
                "Give training data with two classes or more."
            )
        readable = self.readable(sequences)
        for number, name in enumerate(self.classes_):
            if not readable[numbers == number].any():
                raise TrainingError(
                    f"{self.kind}: no sequence of class {name} has {self.word} known bases in a row. "
                    "Give longer sequences of DNA."
                )
        if validation is not None:
            told = np.asarray(validation[1])
            kept = np.flatnonzero(np.isin(told, self.classes_))
            unseen = [validation[0][i] for i in kept.tolist()]
            known = unseen, np.searchsorted(self.classes_, told[kept])
        if validation is None or not len(known[1]):
            held = hold_out(numbers, readable, self.seed)
            if len(held) < FEW * len(self.classes_):
                held[:] = False
            chosen_on = np.flatnonzero(held if held.any() else ~held)
            learnt = np.flatnonzero(~held)
            known = [sequences[i] for i in chosen_on.tolist()], numbers[chosen_on]
            sequences, numbers = [sequences[i] for i in learnt.tolist()], numbers[learnt]
        self._features, matrix = self._see(sequences, numbers)
        with threadpool_limits(self.threads):
            self._learn((matrix, numbers), (self._features.matrix(known[0]), known[1]))

    def predict_proba(self, sequences: Sequence[Codes]) -> npt.NDArray[np.float64]:
        """Probability of each of ``classes_``, shape (sequences, classes)."""
        if self._features is None:
            raise ModelError(f"{self.kind}: not fitted. Call fit first.")
        with threadpool_limits(self.threads):
            told = [
                self._tell(self._features.matrix(batch))
                for batch in batches(sequences, len, BASES_AT_ONCE)
            ]
        return np.concatenate([np.empty((0, len(self.classes_))), *told])

    @property
    def aligned(self) -> int:
        """Bases of sequences of which it tells by what stands where; 0 where it does not."""
        return int(getattr(self._features, "length", 0))

    @property
    def word(self) -> int:
        """Bases of the longest words that it counts."""
        return int(self.options["k"])

    def readable(self, sequences: Sequence[Codes]) -> npt.NDArray[np.bool_]:
        """Whether each sequence has one of the longest words, of known bases, shape (sequences,)."""
        return np.array(
            [(kmer_indices(codes, self.word) >= 0).any() for codes in sequences], np.bool_
        )

    def save(self, folder: Path) -> None:
        """Write the fitted model into the existing ``folder``."""
        if self._features is None:
            raise ModelError(f"{self.kind}: not fitted. Call fit first.")
        write_arrays(folder / FEATURES, {**self._features.arrays(), "classes": self.classes_})
        content = self._save_learner(folder)
        write_card(folder, self.kind, {"options": {"seed": self.seed, **self.options}, **content})

    @classmethod
    def load(cls, folder: Path, threads: int = 2) -> Self:
        """Read a model that ``save`` wrote; ``ModelError`` where it is missing or damaged."""
        card = read_card(folder, cls.kind)
        arrays = read_arrays(folder / FEATURES)
        try:
            model = cls(threads=threads, **card["options"])
            model.classes_ = arrays["classes"]
            model._features = model._seen(arrays)
            model._load_learner(folder, card)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{folder}: damaged ({error}). Train the model again.") from None
        return model

    def _see(
        self, sequences: Sequence[Codes], numbers: npt.NDArray[np.int64]
    ) -> tuple[Features, Any]:
        """What is to be seen of a sequence, and that of the training ones."""
        raise NotImplementedError

    def _seen(self, arrays: dict[str, npt.NDArray[Any]]) -> Features:
        """The same from a model folder."""
        raise NotImplementedError

    def _learn(self, training: Examples, validation: Examples) -> None:
        raise NotImplementedError

    def _tell(self, matrix: Any) -> npt.NDArray[np.float64]:
        raise NotImplementedError

    def _save_learner(self, folder: Path) -> dict[str, Any]:
        """Write what was learnt; returns what the card tells of it."""
        raise NotImplementedError

    def _load_learner(self, folder: Path, card: dict[str, Any]) -> None:
        raise NotImplementedError
