"""What the models of words share: fit, assign, calibration on validation, model folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from baselines.protein_symbols.postings import FEATURES, Postings, describe_ranks, rank_symbols
from features.errors import ModelError, TrainingError
from features.proteins.calibration import Calibration, fit_calibration
from features.proteins.protein_set import Assigned, Proteins, known_proteins
from features.proteins.words import Words
from features.storage import read_arrays, read_card, write_arrays, write_card

__all__ = ["WordModel", "assign_ranks"]

ARRAYS = "postings.npz"
Numbers = npt.NDArray[np.int64]


class WordModel:
    """Base of the models: ``fit``, ``assign``, ``symbols_``, ``save`` and ``load``.

    Parameters
    ----------
    seed, threads : of what is drawn, and for assigning.
    k, alphabet, bits : as of ``features.proteins.words.Words``.
    """

    kind: ClassVar[str]

    def __init__(self, seed: int, threads: int, k: int, alphabet: str, bits: int) -> None:
        self.seed = seed
        self.threads = threads
        self.words = Words(k, alphabet, bits)
        self.symbols_: npt.NDArray[Any] = np.empty(0, "U1")
        self._postings: Postings | None = None
        self._importance = np.empty(0, np.float32)
        self._calibration: Calibration | None = None

    def fit(self, training: Proteins, validation: Proteins | None = None) -> None:
        """Learn from ``training``; probabilities are fitted to ``validation``, or to a twentieth that is held out.

        Raises ``TrainingError`` where all proteins have one symbol, none has a word, or no validation protein has a
        symbol that training has.
        """
        if validation is None or not len(validation.sequences):
            training, validation = training.hold_out(self.seed)
        self.symbols_, numbers = np.unique(training.symbols, return_inverse=True)
        if len(self.symbols_) < 2:
            raise TrainingError(
                f"{self.kind}: the {len(numbers)} training proteins have fewer than two symbols. Give more."
            )
        self._postings, self._importance = self._learn(training, numbers.astype(np.int64))
        if not len(self._postings.symbols):
            raise TrainingError(
                f"{self.kind}: no training protein has {self.words.k} known amino acids in a row. Give longer ones."
            )
        seen, truth = known_proteins(self.symbols_, validation, self.kind)
        ranks = self._rank(seen)
        hidden = self._rank(seen, truth)
        self._calibration = fit_calibration(
            describe_ranks(ranks), ranks[:, 0] == truth, describe_ranks(hidden)
        )

    def assign(self, proteins: Proteins) -> Assigned:
        """The best symbol of each protein and its probability; a protein without a word that is known gets ''."""
        if self._calibration is None:
            raise ModelError(f"{self.kind}: not fitted. Call fit first.")
        return assign_ranks(self._rank(proteins), self.symbols_, self._calibration)

    def save(self, folder: Path) -> None:
        """Write the fitted model into the existing ``folder``."""
        if self._postings is None or self._calibration is None:
            raise ModelError(f"{self.kind}: not fitted. Call fit first.")
        write_arrays(
            folder / ARRAYS,
            {
                **self._postings._asdict(),
                "calibration": self._calibration.array(),
                "importance": self._importance,
                "names": self.symbols_,
            },
        )
        write_card(folder, self.kind, {"options": {"seed": self.seed, **self._options()}})

    @classmethod
    def load(cls, folder: Path, threads: int = 2) -> Self:
        """Read a model that ``save`` wrote; ``ModelError`` where it is missing or damaged."""
        card = read_card(folder, cls.kind)
        arrays = read_arrays(folder / ARRAYS)
        try:
            model = cls(threads=threads, **card["options"])
            model.symbols_ = arrays["names"]
            model._importance = arrays["importance"]
            model._postings = Postings(*(arrays[name] for name in Postings._fields))
            model._calibration = Calibration.from_array(arrays["calibration"], FEATURES)
            model._postings.check(model.words.size, len(model.symbols_))
            if model._importance.shape != (model.words.size,):
                raise ValueError("of other words")
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{folder}: damaged ({error}). Train the model again.") from None
        return model

    def _rank(self, proteins: Proteins, hidden: Numbers | None = None) -> npt.NDArray[np.float64]:
        assert self._postings is not None
        return rank_symbols(
            proteins,
            self.words,
            self._postings,
            self._importance,
            len(self.symbols_),
            hidden,
            self.threads,
        )

    def _options(self) -> dict[str, Any]:
        """The constructor's further arguments."""
        return {"k": self.words.k, "alphabet": self.words.alphabet, "bits": self.words.bits}

    def _learn(
        self, training: Proteins, numbers: Numbers
    ) -> tuple[Postings, npt.NDArray[np.float32]]:
        """Postings, and what each word counts; ``numbers`` are those of the symbols."""
        raise NotImplementedError


def assign_ranks(
    ranks: npt.NDArray[np.float64], symbols: npt.NDArray[Any], calibration: Calibration
) -> Assigned:
    """What a model says whose ``ranks`` are as of ``rank_symbols``; '' at a probability of 0 where none is first."""
    best = ranks[:, 0].astype(np.int64)
    features = describe_ranks(ranks)
    return Assigned(
        np.where(best >= 0, symbols[best], ""),
        np.where(best >= 0, calibration.probability(features), 0.0),
    )
