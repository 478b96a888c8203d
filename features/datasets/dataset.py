"""``Dataset``: a genome with its annotation, chromosome split and mask, ready for models."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from features.datasets.holdout import ROLES, Split
from features.errors import DatasetError
from features.folds import rest_of_share
from features.genome import Genome
from features.labelled import LabelledChromosome
from features.regions import Regions
from features.transcripts import Transcript, group_by_chromosome

__all__ = ["Dataset", "hash_data"]


@dataclass(frozen=True)
class Dataset:
    """A genome, what is annotated on it, and which chromosome serves for what.

    Attributes
    ----------
    name, title, source : for results and leaderboards.
    simulated : whether the genome is made up.
    genome : the sequences, read lazily.
    annotation : file of the transcripts.
    transcripts : all transcripts of the genome's records.
    split : record names per role.
    mask : int64 arrays of shape (regions, 2) by record, 0-based half-open; records without masked regions are absent.
    data_hash : 12 hex digits that change with the files, the chromosome names, the split or the mask.
    left_out : transcripts left out per sequence name of the annotation that the genome does not hold.
    """

    name: str
    title: str
    source: str
    simulated: bool
    genome: Genome
    annotation: Path
    transcripts: tuple[Transcript, ...]
    split: Split
    mask: Mapping[str, Regions]
    data_hash: str
    left_out: Mapping[str, int] = field(default_factory=dict)

    def labelled(self, role: str) -> list[LabelledChromosome]:
        """Chromosomes of ``role`` (train, validation, test) with sequence (one byte a base), transcripts and mask."""
        if role not in ROLES:
            raise ValueError(f"no role {role!r}, only {', '.join(ROLES)}")
        return [self.chromosome(name) for name in getattr(self.split, role)]

    def chromosome(self, name: str) -> LabelledChromosome:
        """One record of the genome, whatever its role; ``DatasetError`` where there is none of that name."""
        if name not in self.genome:
            raise DatasetError(f"{self.name}: the genome has no record {name!r}.")
        return LabelledChromosome(
            name,
            self.genome.fetch(name),
            list(self._by_chromosome.get(name, ())),
            self.mask.get(name, np.empty((0, 2), np.int64)),
        )

    def on_validation(self, share: float = 1.0, seed: int = 0) -> Dataset:
        """The same with its validation chromosomes in the place of the test ones, to choose between models by.

        Of the training chromosomes about ``share`` is left, in blocks that ``seed`` draws; the rest is masked.
        """
        if not 0 < share <= 1:
            raise DatasetError(f"{self.name}: no share of {share} of the training chromosomes.")
        mask = dict(self.mask)
        if share < 1:
            lengths = {name: self.genome.length(name) for name in self.split.train}
            for name, regions in rest_of_share(lengths, share, seed).items():
                mask[name] = np.concatenate([mask.get(name, np.empty((0, 2), np.int64)), regions])
        drawn = {"share": share, "seed": seed} if share < 1 else {}
        return replace(
            self,
            split=replace(self.split, test=self.split.validation),
            mask=mask,
            data_hash=hash_data({"data": self.data_hash, "role": "validation", **drawn}),
        )

    @cached_property
    def _by_chromosome(self) -> dict[str, list[Transcript]]:
        return group_by_chromosome(self.transcripts)


def hash_data(content: Mapping[str, Any]) -> str:
    """12 hex digits over what identifies a dataset's data, given as JSON-ready ``content``."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
