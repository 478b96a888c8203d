"""The results store: raw predictions of each dataset, model and seed, in folders that are there whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from features.annotation import read_annotation, write_gff3
from features.errors import DatasetError
from features.sites import KINDS, SiteScores
from features.storage import atomic_folder, write_json
from features.transcripts import Transcript

__all__ = [
    "RERUN_CHOICES",
    "SPLIT",
    "ResultsStore",
    "Run",
    "RunWriter",
    "ScoredSites",
    "group_runs",
    "join_commits",
    "options_hash",
]

RERUN_CHOICES = ("never", "missing", "always")

PREDICTIONS = {"test": "predictions.gff3", "validation": "validation_predictions.gff3"}
"""Files of predicted transcripts, by the role of their chromosomes."""
SITES = {"test": "sites.parquet", "validation": "validation_sites.parquet"}
"""Files of scored sites, likewise."""
RECORD = "run.json"
SPLIT = "split"
"""Among a run's options, which of a sequence set's splits it is of."""

SCHEMA = pa.schema(
    {
        "kind": pa.dictionary(pa.int8(), pa.string()),
        "strand": pa.dictionary(pa.int8(), pa.string()),
        "chromosome": pa.dictionary(pa.int32(), pa.string()),
        "position": pa.int32(),
        "log_odds": pa.float32(),
    }
)

ScoredSites = dict[tuple[str, str, str], tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]
"""(chromosome, strand, kind) to (ascending positions on the strand's own sequence, log odds)."""


def options_hash(options: Mapping[str, Any]) -> str:
    """8 hex digits over a model's JSON-ready options."""
    text = json.dumps(options, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Run:
    """One stored run of one model with one seed."""

    folder: Path
    record: dict[str, Any]

    @property
    def model(self) -> str:
        return str(self.record["model"])

    @property
    def options(self) -> str:
        return options_hash(self.record["options"])

    def transcripts(self) -> list[Transcript]:
        """The transcripts predicted on the test chromosomes."""
        return self._transcripts("test", self.record["transcripts"])

    def validation_transcripts(self) -> list[Transcript] | None:
        """Those predicted on the validation chromosomes; ``None`` for a row that has not decoded them."""
        count = self.record.get("validation_transcripts")
        return None if count is None else self._transcripts("validation", count)

    def _transcripts(self, role: str, count: int) -> list[Transcript]:
        return read_annotation(self.folder / PREDICTIONS[role]) if count else []

    def validation_sites(self, lengths: Mapping[str, int]) -> ScoredSites:
        """The scored sites on the validation chromosomes, of these ``lengths``; ``DatasetError`` where it has none."""
        found = self.sites(lengths, "validation")
        if found is None:
            raise DatasetError(
                f"{self.folder}: a run without the scores of the validation chromosomes, made by an earlier version. "
                "Run the model again with --rerun always."
            )
        return found

    def sites(self, lengths: Mapping[str, int], role: str = "test") -> ScoredSites | None:
        """The scored sites on the chromosomes of ``role``, of these ``lengths``.

        ``None`` for a row that has none of its own.
        """
        path = self.folder / SITES[role]
        if not path.exists():
            return None
        parts: dict[tuple[str, str, str], list[tuple[Any, Any]]] = {}
        file = pq.ParquetFile(path)
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            (chromosome,) = table["chromosome"].unique().to_pylist()
            kinds, strands = _codes(table["kind"], KINDS), _codes(table["strand"], ("+", "-"))
            positions = table["position"].to_numpy().astype(np.int64)
            log_odds = table["log_odds"].to_numpy()
            for reverse, strand in enumerate("+-"):
                for number, kind in enumerate(KINDS):
                    here = (kinds == number) & (strands == reverse)
                    own = positions[here]
                    if reverse:
                        own = lengths[chromosome] - 1 - own
                    parts.setdefault((chromosome, strand, kind), []).append((own, log_odds[here]))
        # Writers part what they are given where it is long.
        found: ScoredSites = {}
        for key, pieces in parts.items():
            positions, log_odds = (np.concatenate(each) for each in zip(*pieces, strict=True))
            order = np.argsort(positions, kind="stable")
            found[key] = (positions[order], log_odds[order])
        return found


class RunWriter:
    """Writes one run's files into its scratch folder, sites chromosome by chromosome."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sites: dict[str, pq.ParquetWriter] = {}
        self._transcripts: dict[str, list[Transcript]] = {"test": []}

    def add_sites(
        self, chromosome: str, forward: SiteScores, reverse: SiteScores, role: str = "test"
    ) -> None:
        """Append the scored sites of one chromosome, by forward-strand position, as one row group."""
        if role not in self._sites:
            self._sites[role] = pq.ParquetWriter(
                self.folder / SITES[role],
                SCHEMA,
                compression="zstd",
                use_dictionary=["kind", "strand", "chromosome"],
                column_encoding={
                    "position": "DELTA_BINARY_PACKED",
                    "log_odds": "BYTE_STREAM_SPLIT",
                },
                write_statistics=False,
            )
        parts = [
            (KINDS.index(kind), index, scores.positions[kind], scores.log_odds[kind])
            for index, scores in enumerate((forward, reverse))
            for kind in KINDS
        ]
        sizes = [len(positions) for _, _, positions, _ in parts]
        last = forward.length - 1
        position = np.concatenate(
            [last - positions if reverse else positions for _, reverse, positions, _ in parts]
        )
        columns = [
            _repeat([kind for kind, _, _, _ in parts], sizes, list(KINDS), np.int8),
            _repeat([strand for _, strand, _, _ in parts], sizes, ["+", "-"], np.int8),
            _repeat([0] * len(parts), sizes, [chromosome], np.int32),
            pa.array(position.astype(np.int32)),
            pa.array(np.concatenate([scores for _, _, _, scores in parts]).astype(np.float32)),
        ]
        if len(position):
            size = len(position)
            self._sites[role].write_table(pa.table(columns, schema=SCHEMA), row_group_size=size)

    def add_transcripts(self, transcripts: list[Transcript], role: str = "test") -> None:
        """Append predicted transcripts."""
        self._transcripts.setdefault(role, []).extend(transcripts)

    def finish(self, record: Mapping[str, Any], lengths: Mapping[str, Mapping[str, int]]) -> None:
        """Write the predictions and, last, the record; ``lengths`` are those of the chromosomes of each role."""
        for writer in self._sites.values():
            writer.close()
        for role, transcripts in self._transcripts.items():
            write_gff3(transcripts, self.folder / PREDICTIONS[role], lengths[role])
        counts = {"transcripts": len(self._transcripts["test"])}
        if "validation" in self._transcripts:
            counts["validation_transcripts"] = len(self._transcripts["validation"])
        write_json(self.folder / RECORD, {**record, **counts})


def join_commits(runs: Sequence[Run]) -> str:
    """The commits that made ``runs``, ascending, parted by blanks."""
    return " ".join(sorted({str(run.record["commit"]) for run in runs}))


def group_runs(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Runs by model, in the order the models first come.

    Two runs of one model with other options are two models; their names then end in the hash of the options. What split
    a run is of (``SPLIT``) makes no other model of it.
    """

    def of_model(run: Run) -> str:
        options = run.record["options"]
        return options_hash({name: options[name] for name in options if name != SPLIT})

    hashes: dict[str, set[str]] = {}
    for run in runs:
        hashes.setdefault(run.model, set()).add(of_model(run))
    grouped: dict[str, list[Run]] = {}
    for run in runs:
        name = run.model if len(hashes[run.model]) == 1 else f"{run.model} [{of_model(run)}]"
        grouped.setdefault(name, []).append(run)
    return grouped


class ResultsStore:
    """``<root>/<dataset>-<data hash>/<model>-<options hash>/seed-<n>/``.

    Parameters
    ----------
    root : folder of all results.
    dataset, data_hash : what the results are of.

    Attributes
    ----------
    kept : the stored runs that ``wanted`` found no need to compute again, in the order asked for.
    """

    def __init__(self, root: str | Path, dataset: str, data_hash: str) -> None:
        self.folder = Path(root) / f"{dataset}-{data_hash}"
        self.kept: list[Run] = []

    def run_folder(self, model: str, options: Mapping[str, Any], seed: int) -> Path:
        """Where the run of a model lies, or would; a colon in a model's name becomes a dot."""
        name = model.replace(":", ".").replace("/", ".")
        return self.folder / f"{name}-{options_hash(options)}" / f"seed-{seed}"

    def wanted(self, folder: Path, rerun: str) -> bool:
        """Whether a run is to be computed now, by ``--rerun`` never, missing or always.

        Raises ``DatasetError`` where it is missing and must not be computed.
        """
        there = (folder / RECORD).exists()
        if rerun == "never" and not there:
            raise DatasetError(
                f"{folder}: no stored run. Leave out --rerun never to compute what is missing."
            )
        if rerun == "always" or not there:
            return True
        self.kept.append(self.run(folder))
        return False

    def run(self, folder: Path) -> Run:
        """The run stored at ``folder``; ``DatasetError`` where its record cannot be read."""
        path = folder / RECORD
        try:
            return Run(folder, json.loads(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise DatasetError(
                f"{path}: not readable as JSON ({error}). Remove the folder and run the model again."
            ) from None

    @contextmanager
    def write(self, folder: Path) -> Iterator[RunWriter]:
        """Collect a run; it appears at ``folder`` only if the block succeeds."""
        with atomic_folder(folder) as scratch:
            yield RunWriter(scratch)

    def runs(self) -> list[Run]:
        """All stored runs, by model, options and seed."""
        found = [self.run(path.parent) for path in sorted(self.folder.glob(f"*/seed-*/{RECORD}"))]
        return sorted(found, key=lambda run: (run.model, run.options, run.record["seed"]))


def _repeat(values: list[int], sizes: list[int], names: list[str], dtype: type) -> pa.Array:
    """Dictionary-coded column in which value i stands ``sizes[i]`` times."""
    codes: npt.NDArray[np.integer] = np.repeat(np.array(values, dtype), sizes)
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names))


def _codes(column: pa.ChunkedArray, names: Sequence[str]) -> npt.NDArray[np.int64]:
    """Index in ``names`` of each value of a dictionary-coded column, whatever order its dictionary has."""
    coded = column.combine_chunks()
    order = np.array([names.index(name) for name in coded.dictionary.to_pylist()], np.int64)
    found: npt.NDArray[np.int64] = order[coded.indices.to_numpy()]
    return found
