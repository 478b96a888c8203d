"""Model folders of the command lines: where they may be written, what they were trained on, which class they hold."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Protocol

from baselines.feature_scorer import FeatureScorer
from baselines.gtag import GtagScorer
from baselines.logistic import LogisticScorer
from baselines.pwm import PwmScorer
from baselines.xgb import XgbScorer
from features.commit import read_commit
from features.datasets import Dataset
from features.errors import ModelError
from features.genome import Codes
from features.storage import atomic_folder, check_output_folder, extend_card, read_card

__all__ = ["check_output", "check_unseen", "load_scorer", "save_trained"]

SCORERS: dict[str, type[FeatureScorer]] = {
    scorer.kind: scorer for scorer in (GtagScorer, PwmScorer, LogisticScorer, XgbScorer)
}

DECODER = "hmm"


class _Saved(Protocol):
    def save(self, folder: Path) -> None: ...


def load_scorer(folder: str | Path, threads: int) -> FeatureScorer:
    """Read a saved site scorer of whichever kind its ``model.json`` names.

    Raises ``ModelError`` where the folder holds none, or one that is damaged. Nothing in the folder is executed.
    """
    kind = read_card(folder, *SCORERS)["kind"]
    return SCORERS[kind].load(Path(folder), threads)


def check_output(folder: str | Path) -> None:
    """``ModelError`` where a model written to ``folder`` would replace anything but an earlier model of this suite.

    ``OutputError`` where no folder can be made there.
    """
    folder = Path(folder)
    check_output_folder(folder)
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        read_card(folder, *SCORERS, DECODER)
    except ModelError:
        raise ModelError(
            f"{folder}: exists and is no model folder. Give --output a new folder."
        ) from None


def check_unseen(scorer: str | Path, dataset: Dataset) -> None:
    """``ModelError`` where a validation chromosome of ``dataset`` is one that the saved ``scorer`` was trained on.

    Weights fitted to scores of sequence that the scorer has learnt by heart would trust it too much. Chromosomes are
    told by their bases, whatever their file or name. A scorer that was saved without its training data is not checked.
    """
    learnt = read_card(scorer, *SCORERS).get("trained_on", {}).get("train_sequences", {})
    names = {digest: name for name, digest in learnt.items()}
    for name in dataset.split.validation:
        there = names.get(_digest(dataset.genome.fetch(name)))
        if there is not None:
            raise ModelError(
                f"{scorer}: was trained on {there}, which is validation chromosome {name} here. Give --validation "
                "chromosomes that it has not seen, or train a scorer with this split."
            )


def _digest(sequence: Codes) -> str:
    return hashlib.sha256(sequence.tobytes()).hexdigest()[:16]


def save_trained(model: _Saved, folder: str | Path, dataset: Dataset, **further: Any) -> None:
    """Write ``model`` into ``folder``, wholly or not at all; its card tells the training data and the commit."""
    with atomic_folder(folder) as scratch:
        model.save(scratch)
        trained_on = {
            "dataset": dataset.name,
            "data_hash": dataset.data_hash,
            "train": list(dataset.split.train),
            "train_sequences": {
                name: _digest(dataset.genome.fetch(name)) for name in dataset.split.train
            },
            "validation": list(dataset.split.validation),
        }
        extend_card(scratch, {"trained_on": trained_on, "commit": read_commit(), **further})
