"""``Corpus``: DNA without labels that a language model learns from, in documents, a share of them held out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from features.datasets.checksums import sha256
from features.errors import TrainingError
from features.genome import UNKNOWN, Codes, Genome, cache_folder
from features.progress import track
from features.storage import atomic_file

__all__ = [
    "DOCUMENT",
    "HELD_OUT",
    "Corpus",
    "Documents",
    "corpus_from_files",
    "corpus_from_sequences",
]

DOCUMENT = 2000
"""Bases of a document (published: 900 for bacteria, 2,000 for mammals)."""
HELD_OUT = 0.1
"""Share of the documents that progress is judged by, as published."""
HELD = 2**28
"""Bases up to which a corpus is held in memory; a larger one lies in the cache folder and is mapped."""
PART = 2**24
"""Bases hashed at once."""

Indices = npt.NDArray[np.int64]


class Documents(NamedTuple):
    """Stretches of known bases.

    Attributes
    ----------
    starts, lengths : in the bases of the corpus, shape (documents,).
    reverse : whether each one is read on the other strand, shape (documents,).
    """

    starts: Indices
    lengths: Indices
    reverse: npt.NDArray[np.bool_]

    def take(self, chosen: Indices) -> Documents:
        """Those at ``chosen``, in this order."""
        return Documents(self.starts[chosen], self.lengths[chosen], self.reverse[chosen])

    def both_strands(self) -> Documents:
        """Each document, then each one's reverse complement."""
        return Documents(
            np.concatenate([self.starts] * 2),
            np.concatenate([self.lengths] * 2),
            np.concatenate([self.reverse, ~self.reverse]),
        )


@dataclass(frozen=True)
class Corpus:
    """Bases and the documents in them.

    Attributes
    ----------
    codes : uint8 codes of all records end to end, in memory or mapped from a file.
    training, validation : documents, no base in both (unless a genome repeats it).
    description : where it comes from and how it was cut, for ``model.json``.
    """

    codes: Codes
    training: Documents
    validation: Documents
    description: dict[str, Any]

    @classmethod
    def cut(
        cls,
        codes: Codes,
        ends: Indices,
        description: dict[str, Any],
        *,
        document: int,
        both_strands: bool,
        held_out: float,
        seed: int,
    ) -> Self:
        """Documents of ``document`` bases, the last of a stretch as long as it comes; none holds an unknown base.

        ``ends`` are those of the records; at least one document is held out. The published procedure cuts chunks of
        2,000 or 10,000 bases first, leaves out those with an unknown base and joins the others; here nothing is joined
        that lies apart. Raises ``TrainingError`` where there are fewer than two documents, or none would be left to
        learn from.
        """
        starts, lengths = _cut(codes, ends, document)
        count = max(1, round(held_out * len(starts)))
        if count >= len(starts):
            raise TrainingError(
                f"too few documents to learn from and to hold some out: {len(starts):,} of up to {document:,} known "
                "bases. Give longer sequences, or more of them."
            )
        order = np.random.default_rng(seed).permutation(len(starts))
        everything = Documents(starts, lengths, np.zeros(len(starts), np.bool_))
        parts = [everything.take(np.sort(each)) for each in (order[:-count], order[-count:])]
        if both_strands:
            parts = [part.both_strands() for part in parts]
        cutting = {
            "bases": int(lengths.sum()),
            "documents": len(starts),
            "document_length": document,
            "both_strands": both_strands,
            "held_out": held_out,
            "seed": seed,
        }
        return cls(codes, parts[0], parts[1], {**description, **cutting})

    def digest(self) -> str:
        """Tells this corpus from any other."""
        found = hashlib.sha256()
        for each in (*self.training, *self.validation):
            found.update(each.tobytes())
        for start in range(0, len(self.codes), PART):
            found.update(self.codes[start : start + PART].tobytes())
        return found.hexdigest()[:16]


def corpus_from_files(
    paths: Sequence[str | Path],
    document: int = DOCUMENT,
    both_strands: bool = False,
    held_out: float = HELD_OUT,
    seed: int = 0,
) -> Corpus:
    """The records of FASTA files, plain or gzipped.

    Parameters
    ----------
    paths : FASTA files of DNA.
    document : bases of a document.
    both_strands : whether reverse complements are documents too; published is the forward strand alone.
    held_out : share of the documents for validation, drawn by ``seed``; a document's other strand goes with it.

    Raises
    ------
    InputFileError : a file that is no FASTA of nucleotides.
    TrainingError : fewer than two documents of known bases.
    """
    genomes = [Genome(path) for path in paths]
    files = [
        {"file": genome.path.name, "sha256": sha256(genome.path), "bases": genome.total_length}
        for genome in genomes
    ]
    ends = np.cumsum([genome.length(name) for genome in genomes for name in genome.names])
    total = int(ends[-1]) if len(ends) else 0
    if total <= HELD:
        codes = np.empty(total, np.uint8)
        _fill(codes, genomes)
    else:
        key = hashlib.sha256("".join(str(each["sha256"]) for each in files).encode()).hexdigest()
        kept = cache_folder() / "corpora" / f"{key[:24]}.codes"
        if not kept.exists():
            with atomic_file(kept) as scratch:
                mapped = np.memmap(scratch, np.uint8, "w+", shape=(total,))
                _fill(mapped, genomes)
                mapped.flush()
        codes = np.memmap(kept, np.uint8, "r", shape=(total,))
    try:
        return Corpus.cut(
            codes,
            ends,
            {"files": files},
            document=document,
            both_strands=both_strands,
            held_out=held_out,
            seed=seed,
        )
    except TrainingError as error:
        others = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        raise TrainingError(f"{paths[0]}{others}: {error}") from None


def corpus_from_sequences(
    sequences: Sequence[Codes],
    document: int = DOCUMENT,
    both_strands: bool = False,
    held_out: float = HELD_OUT,
    seed: int = 0,
) -> Corpus:
    """Sequences of uint8 codes, as of a task's training part; parameters and errors as of ``corpus_from_files``."""
    return Corpus.cut(
        np.concatenate([np.empty(0, np.uint8), *sequences]),
        np.cumsum([len(codes) for codes in sequences], dtype=np.int64),
        {"sequences": len(sequences)},
        document=document,
        both_strands=both_strands,
        held_out=held_out,
        seed=seed,
    )


def _fill(codes: Codes, genomes: Sequence[Genome]) -> None:
    at = 0
    for genome in track(genomes, "reading sequences", unit="file"):
        with genome:
            for name in genome.names:
                record = genome.fetch(name)
                codes[at : at + len(record)] = record
                at += len(record)


def _cut(codes: Codes, ends: Indices, document: int) -> tuple[Indices, Indices]:
    """(starts, lengths) of the documents of all stretches of known bases, record by record."""
    starts, lengths = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for first, end in pairwise([0, *ends.tolist()]):
        known = np.concatenate([[False], codes[first:end] < UNKNOWN, [False]])
        edges = np.flatnonzero(known[1:] != known[:-1]).reshape(-1, 2)
        for begin, stop in edges.tolist():
            here = np.arange(begin, stop, document)
            starts.append(first + here)
            lengths.append(np.minimum(document, stop - here))
    return np.concatenate(starts), np.concatenate(lengths)
