"""Model folders of the command lines: where they may be written, what they were trained on, which class they hold."""

from __future__ import annotations

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
from features.storage import CARD, atomic_folder, extend_card, read_card

__all__ = ["check_output", "load_scorer", "save_trained"]

SCORERS: dict[str, type[FeatureScorer]] = {
    scorer.kind: scorer for scorer in (GtagScorer, PwmScorer, LogisticScorer, XgbScorer)
}


class _Saved(Protocol):
    def save(self, folder: Path) -> None: ...


def load_scorer(folder: str | Path, threads: int) -> FeatureScorer:
    """Read a saved site scorer of whichever kind its ``model.json`` names.

    Raises ``ModelError`` where the folder holds none, or one that is damaged. Nothing in the folder is executed.
    """
    kind = read_card(folder, *SCORERS)["kind"]
    return SCORERS[kind].load(Path(folder), threads)


def check_output(folder: str | Path) -> None:
    """``ModelError`` where a model written to ``folder`` would replace anything but an earlier model."""
    folder = Path(folder)
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / CARD).is_file():
        raise ModelError(f"{folder}: exists and is no model folder. Give --output a new folder.")


def save_trained(model: _Saved, folder: str | Path, dataset: Dataset, **further: Any) -> None:
    """Write ``model`` into ``folder``, wholly or not at all; its card tells the training data and the commit."""
    with atomic_folder(folder) as scratch:
        model.save(scratch)
        trained_on = {
            "dataset": dataset.name,
            "data_hash": dataset.data_hash,
            "train": list(dataset.split.train),
            "validation": list(dataset.split.validation),
        }
        extend_card(scratch, {"trained_on": trained_on, "commit": read_commit(), **further})
