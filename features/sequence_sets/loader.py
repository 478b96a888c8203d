"""Loading a ``SequenceSet``, by the name of a manifest or from anybody's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from features.datasets.manifest import ManifestFile
from features.datasets.resolver import resolve_files
from features.errors import DatasetError
from features.sequence_sets.assemble import assemble
from features.sequence_sets.manifest import (
    SequenceManifest,
    Source,
    SplitRule,
    read_sequence_manifest,
)
from features.sequence_sets.records import table_columns
from features.sequence_sets.sequence_set import SequenceSet
from features.sequence_sets.splits import drop_leaks, known_run, longest_word

__all__ = ["load_sequence_set", "sequence_set_from_files"]

WORDS = (20, 30, 50, 100, 200)
"""Bases of a shared word by that two sequences are alike; the first at which groups are small."""
FOLDS = 5
COLUMNS = ("sequence", "label", "id", "set", "group")


def load_sequence_set(name: str, data_root: str | Path | None = None) -> SequenceSet:
    """Load the set that manifest ``name`` describes.

    Parameters
    ----------
    name : one of ``sequence_set_names()``.
    data_root : folder of the data; without it ``GENESTRUCT_DATA``, then the cache.

    Raises
    ------
    DatasetError : an unknown name, missing or altered files, too few sequences for the splits.
    InputFileError : a file that cannot be read as what it is.
    """
    manifest = read_sequence_manifest(name)
    return assemble(manifest, resolve_files(manifest, data_root))


def sequence_set_from_files(
    table: str | Path | None = None,
    classes: Mapping[str, str | Path] | None = None,
    *,
    folds: int | None = None,
    seed: int = 0,
    word: int | None = None,
    positive: str | None = None,
) -> SequenceSet:
    """Make a set of anybody's sequences.

    Parameters
    ----------
    table : tab- or comma-separated, plain or gzipped, with a header. Columns: ``sequence`` and ``label``, and where
        there are any ``id``, ``set`` (train, validation, test; drop or nothing leaves a sequence out) and ``group``
        (sequences of one group, such as a gene, stay together).
    classes : FASTA file, plain or gzipped, of each class; instead of ``table``.
    folds, seed : of the split "clean", 5 without the former, whose folds keep together what is alike. A table with the
        column ``set`` has its own split instead, "stated", and takes no ``folds``; where ``word`` is given it has also
        "clean", which leaves out the training sequences that are alike to test ones.
    word : two sequences are alike that share so many bases in a row, on either strand. Without it the first of 20, 30,
        50, 100 and 200 at which no group of such sequences is of more than a fifth of all; none where a table says
        what belongs together.
    positive : of two classes the positive one; without it the first of ``classes``, or the last label of a table in
        alphabetical order.

    Raises
    ------
    DatasetError : neither or both of table and classes, too few classes, sequences or groups.
    InputFileError : a file that cannot be read as what it is.
    """
    if (table is None) == (not classes):
        raise DatasetError("Give either a table or a FASTA file for each class.")
    if word is not None and word < 1:
        raise DatasetError(f"A word has at least 1 base, not {word}.")
    splits = {"clean": SplitRule("grouped", folds=FOLDS if folds is None else folds, seed=seed)}
    group = ""
    if table is not None:
        paths = {"table": Path(table)}
        columns = {name: name for name in COLUMNS if name in table_columns(table)}
        for name in COLUMNS[:2]:
            columns.setdefault(name, name)
        sources = {"table": Source("table", columns=columns)}
        if "set" in columns:
            if folds is not None:
                raise DatasetError(
                    f"--folds: column 'set' of {table} says who is test. Leave --folds out, or the column."
                )
            splits = {"stated": SplitRule("stated", seed=seed)}
            if word is not None:
                splits["clean"] = SplitRule("stated", word=word, seed=seed)
        group = "group" if "group" in columns else ""
    else:
        assert classes is not None
        paths = {label: Path(path) for label, path in classes.items()}
        sources = {label: Source(fields={"label": label}) for label in classes}
    words = (word,) if word is not None else () if group else WORDS
    stem = next(iter(paths.values())).name.removesuffix(".gz").rsplit(".", 1)[0]
    names = ", ".join(path.name for path in paths.values())
    manifest = SequenceManifest(
        name=stem,
        title=stem,
        source=names,
        files={role: ManifestFile(str(path)) for role, path in paths.items()},
        sources=sources,
        splits=splits,
        group=group,
        words=words,
    )
    try:
        made = assemble(manifest, paths)
    except DatasetError as error:
        raise DatasetError(f"{names}{str(error).removeprefix(stem)}") from None
    labels = sorted(set(made.labels.tolist())) if classes is None else list(classes)
    if positive is not None and positive not in labels:
        raise DatasetError(f"--positive: no class {positive!r}. There are {', '.join(labels)}.")
    if positive is not None and len(labels) > 2:
        raise DatasetError(
            f"--positive: one of two classes, and there are {len(labels)}. Leave it out."
        )
    first = labels[-1] if classes is None else labels[0]
    made = replace(made, positive=(positive or first) if len(labels) == 2 else "")
    return replace(made, notes=(*_describe_leaks(made), *_describe_odd(made)))


def _describe_odd(made: SequenceSet) -> tuple[str, ...]:
    """Sentences on sequences whose class cannot be known from them: without a known base, or of several classes."""
    found = []
    unknown = sum(not known_run(codes) for codes in made.sequences)
    if unknown:
        found.append(
            f"{unknown:,} of {len(made.sequences):,} sequences have no known base; a model can tell their class "
            "from nothing else, so leave them out"
        )
    classes: dict[bytes, set[str]] = {}
    for codes, label in zip(made.sequences, made.labels.tolist(), strict=True):
        classes.setdefault(codes.tobytes(), set()).add(label)
    double = sum(len(classes[codes.tobytes()]) > 1 for codes in made.sequences)
    if double:
        found.append(
            f"{double:,} of {len(made.sequences):,} sequences are also there with another class"
        )
    return tuple(found)


def _describe_leaks(made: SequenceSet) -> tuple[str, ...]:
    """A sentence on how many test sequences of a stated split are alike to, or of a group of, its others; or none."""
    if "stated" not in made.folds:
        return ()
    (fold,) = made.folds["stated"]
    learnt = np.concatenate([fold.train, fold.validation])
    tested, others = made.take(fold.test)[0], made.take(learnt)[0]
    word = max(1, min(WORDS[0], longest_word(made.sequences)))
    alike = np.ones(len(fold.test), np.bool_)
    alike[drop_leaks(tested, others, word)] = False
    alike |= np.isin(made.groups[fold.test], made.groups[learnt])
    if not alike.any():
        return ()
    return (
        f"{alike.sum():,} of {len(fold.test):,} test sequences share {word} bases or a group with, or are copies of, a "
        "training or validation one; --word adds a split without such",
    )
