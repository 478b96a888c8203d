"""Model folders of the command lines: where they may be written, what they were trained on, which class they hold."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Protocol

from features.commit import read_commit
from features.datasets import Dataset
from features.errors import ModelError
from features.genome import Codes
from features.scorers.kinds import SCORERS
from features.sites import SiteScores
from features.storage import atomic_folder, check_model_folder, extend_card, read_card

__all__ = [
    "LoadedScorer",
    "check_output",
    "check_unseen",
    "load_scorer",
    "save_trained",
    "scorer_class",
]

DECODER = "hmm"
NAMES_SHOWN = 8


class _Saved(Protocol):
    def save(self, folder: Path) -> None: ...


class LoadedScorer(Protocol):
    """A site scorer as it comes from its folder; ``kind`` is its name among ``SCORERS``."""

    kind: ClassVar[str]
    threads: int

    def score(self, strand_sequence: Codes) -> SiteScores:
        """Scores of one strand, given as its own 5'->3' sequence."""


def load_scorer(folder: str | Path, threads: int) -> LoadedScorer:
    """Read a saved site scorer of whichever kind its ``model.json`` names.

    Raises ``ModelError`` where the folder holds none, or one that is damaged. Nothing in the folder is executed.
    """
    kind = read_card(folder, *SCORERS)["kind"]
    loaded: LoadedScorer = scorer_class(kind).load(Path(folder), threads)
    return loaded


def scorer_class(kind: str) -> Any:
    """The class of the suite's scorers of this ``kind``."""
    module, _, name = SCORERS[kind].partition(":")
    return getattr(importlib.import_module(module), name)


def check_output(folder: str | Path) -> None:
    """As ``check_model_folder``, of site scorers and decoders."""
    check_model_folder(folder, *SCORERS, DECODER)


def check_unseen(scorer: str | Path, dataset: Dataset) -> None:
    """``ModelError`` where the saved ``scorer`` has seen chromosomes that ``dataset`` holds out from it.

    These are validation chromosomes it was trained on, since weights fitted to scores of sequence that the scorer has
    learnt by heart would trust it too much, and test chromosomes it was trained or tuned on. Chromosomes are told by
    their bases, whatever their file or name. A scorer that was saved without its training data is not checked.
    """
    trained_on = read_card(scorer, *SCORERS).get("trained_on", {})
    for role, use, done in (
        ("validation", "train", "trained"),
        ("test", "train", "trained"),
        ("test", "validation", "tuned"),
    ):
        names = {digest: name for name, digest in trained_on.get(f"{use}_sequences", {}).items()}
        seen = {
            name: names[digest]
            for name in getattr(dataset.split, role)
            if (digest := _digest(dataset.genome.fetch(name))) in names
        }
        if seen:
            raise ModelError(
                f"{scorer}: was {done} on {_some(seen.values())}, in {role} here as {_some(seen)}. "
                f"Give --{role} chromosomes that it has not seen, or train a scorer with this split."
            )


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = len(listed) - NAMES_SHOWN
    return ", ".join(listed[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _digest(sequence: Codes) -> str:
    return hashlib.sha256(sequence.tobytes()).hexdigest()[:16]


def _digests(dataset: Dataset, names: Iterable[str]) -> dict[str, str]:
    return {name: _digest(dataset.genome.fetch(name)) for name in names}


def save_trained(model: _Saved, folder: str | Path, dataset: Dataset, **further: Any) -> None:
    """Write ``model`` into ``folder``, wholly or not at all; its card tells the training data and the commit."""
    with atomic_folder(folder) as scratch:
        model.save(scratch)
        trained_on = {
            "dataset": dataset.name,
            "data_hash": dataset.data_hash,
            "train": list(dataset.split.train),
            "train_sequences": _digests(dataset, dataset.split.train),
            "validation": list(dataset.split.validation),
            "validation_sequences": _digests(dataset, dataset.split.validation),
            "test": list(dataset.split.test),
        }
        extend_card(scratch, {"trained_on": trained_on, "commit": read_commit(), **further})
