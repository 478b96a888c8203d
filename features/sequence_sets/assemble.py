"""Assembling a ``SequenceSet`` from the records of its files, as its manifest says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from features.errors import DatasetError, InputFileError
from features.genome import Codes
from features.sequence_sets.explain import explain_parts
from features.sequence_sets.manifest import SequenceManifest
from features.sequence_sets.promoter_windows import read_promoter_windows
from features.sequence_sets.reads import simulate_reads
from features.sequence_sets.records import Record, read_fasta, read_plain, read_table
from features.sequence_sets.rules import apply_rule
from features.sequence_sets.sequence_set import Indices, Labels, SequenceSet, hash_sequence_set
from features.sequence_sets.splits import clusters, copies, join_groups, known_run, longest_word
from features.sequence_sets.subsets import alone, challenge, coding_lengths, match_lengths

__all__ = ["assemble"]

SMALL_GROUP = 0.2
"""Of all sequences; no group may hold more where there is a choice of words."""


def assemble(manifest: SequenceManifest, paths: Mapping[str, Path]) -> SequenceSet:
    """Read the files at ``paths`` and make the set of them.

    Raises
    ------
    DatasetError : too few classes, or sequences of a class, for the splits.
    InputFileError : a file that cannot be read as what it is, a sequence without a label or of an unknown one.
    """
    records = [
        record for record in _read(manifest, paths) if record.known or not manifest.known_only
    ]
    labels = _labels(manifest, records)
    ids = _unique([record.fields.get("id", "") for record in records])
    sequences = [record.codes for record in records]
    _check_known(manifest, records, labels)
    _check_words(manifest, sequences)
    groups, word = _groups(manifest, records, sequences)
    once = alone(sequences)
    parents = np.arange(len(records))
    if manifest.reads is not None:
        sequences, parents = simulate_reads(sequences, manifest.reads)
        ids = [f"{ids[i]}/{n % manifest.reads.per_sequence + 1}" for n, i in enumerate(parents)]
        labels, groups = labels[parents], groups[parents]
    folds = {}
    for name, rule in manifest.splits.items():
        try:
            folds[name] = apply_rule(rule, records, parents, sequences, labels, groups)
        except DatasetError as error:
            raise DatasetError(f"{manifest.name}, split {name}: {error}") from None
    tested = np.unique(np.concatenate([fold.test for fold in next(iter(folds.values()))]))
    subsets = {}
    for name, subset in manifest.subsets.items():
        if subset.rule == "alone":
            subsets[name] = np.flatnonzero(np.isin(parents, once))
        elif subset.rule == "length-matched":
            subsets[name] = match_lengths(sequences, labels, tested)
        else:
            lengths = coding_lengths(paths[subset.structure])
            subsets[name] = challenge(
                sequences, labels, ids, tested, manifest.positive, lengths, subset.bases
            )
    made = SequenceSet(
        name=manifest.name,
        title=manifest.title,
        source=manifest.source,
        ids=ids,
        sequences=sequences,
        labels=labels,
        groups=groups,
        folds=folds,
        positive=manifest.positive,
        ranks=_ranks(manifest, records),
        subsets=subsets,
        word=word,
        explained=explain_parts(manifest, word),
        data_hash=hash_sequence_set(sequences, labels, groups, folds, subsets),
    )
    made.check()
    return made


def _read(manifest: SequenceManifest, paths: Mapping[str, Path]) -> Iterator[Record]:
    for role, source in manifest.sources.items():
        path = paths[role]
        if source.form == "other":
            continue
        if source.form == "table":
            found = read_table(path, source.columns, source.pattern)
        elif source.form == "plain":
            found = read_plain(path)
        elif source.form == "promoters":
            found = read_promoter_windows(
                path, paths[source.genome], source.before, source.after, source.background
            )
        else:
            found = read_fasta(path, source.pattern)
        for record in found:
            fields = {**record.fields, **source.fields}
            if any(fields.get(name) != value for name, value in source.only.items()):
                continue
            yield Record(record.codes, record.known, fields, record.path, record.line)


def _field(record: Record, name: str) -> str:
    value = record.fields.get(name)
    if not value:
        raise InputFileError(
            record.path,
            f"a sequence without {name}",
            f"Give every sequence its {name}.",
            record.line,
        )
    return value


def _labels(manifest: SequenceManifest, records: Sequence[Record]) -> Labels:
    labels = []
    for record in records:
        label = _field(record, "label")
        if "\t" in label:
            raise InputFileError(
                record.path,
                f"label {label!r} holds a tab",
                "Name the class without: tables of predictions are parted by tabs.",
                record.line,
            )
        if manifest.classes:
            if label not in manifest.classes:
                raise InputFileError(
                    record.path,
                    f"label {label!r} is of no class",
                    f"Known: {', '.join(manifest.classes)}.",
                    record.line,
                )
            label = manifest.classes[label]
        labels.append(label)
    wanted = set(manifest.classes.values()) | ({manifest.positive} if manifest.positive else set())
    missing = wanted - set(labels)
    if missing:
        raise DatasetError(
            f"{manifest.name}: no sequence of class {', '.join(sorted(missing))}. Check the labels."
        )
    if len(set(labels)) < 2:
        raise DatasetError(
            f"{manifest.name}: {len(labels)} sequences of {len(set(labels))} class. Give two classes or more."
        )
    return np.array(labels)


def _check_known(manifest: SequenceManifest, records: Sequence[Record], labels: Labels) -> None:
    """``DatasetError`` where a class holds no known base."""
    readable = np.array([known_run(record.codes) > 0 for record in records], np.bool_)
    for name in np.unique(labels):
        members = np.flatnonzero(labels == name)
        if not readable[members].any():
            first = records[members[0]]
            raise DatasetError(
                f"{manifest.name}: none of the {len(members):,} sequences of class {name} has a known base; the first "
                f"is in {first.path}, line {first.line}. Give sequences of DNA."
            )


def _check_words(manifest: SequenceManifest, sequences: Sequence[Codes]) -> None:
    """``DatasetError`` where many sequences are shorter than the word by which two are alike."""
    asked = list(manifest.words) if len(manifest.words) == 1 else []
    longest = max([*asked, *(rule.word for rule in manifest.splits.values())], default=0)
    if longest > longest_word(sequences):
        short = sum(known_run(codes) < longest for codes in sequences)
        raise DatasetError(
            f"{manifest.name}: {short:,} of {len(sequences):,} sequences have no {longest} known bases in a row, the "
            "word by which two are alike, and would be alike to their copies alone. Ask for a shorter word, or leave "
            "such sequences out."
        )


def _groups(
    manifest: SequenceManifest, records: Sequence[Record], sequences: Sequence[Codes]
) -> tuple[Indices, int]:
    """Group of each sequence, and the bases of a word that joins two."""
    groups = np.arange(len(records))
    if manifest.group:
        # A sequence without the field is a group of its own: no value holds a tab.
        named = [record.fields.get(manifest.group) or f"\t{n}" for n, record in enumerate(records)]
        groups = np.unique(named, return_inverse=True)[1].astype(np.int64)
    if manifest.join_copies:
        groups = join_groups(groups, copies(sequences))
    words = list(manifest.words)
    if len(words) > 1:
        # A sequence without a whole word is alike to its copies alone; those must be few.
        reach = longest_word(sequences)
        words = [word for word in words if word <= reach] or [max(1, min(words[0], reach))]
    joined, used = groups, 0
    for used in words:
        joined = join_groups(groups, clusters(sequences, used))
        if np.bincount(joined).max() <= SMALL_GROUP * len(joined):
            break
    least = min(manifest.words, default=0)
    needed = any(rule.rule == "grouped" for rule in manifest.splits.values())
    if needed and used < least and _too_many(joined):
        if _too_many(join_groups(groups, clusters(sequences, least))):
            return joined, used  # The short ones are not to blame.
        short = sum(known_run(codes) < least for codes in sequences)
        raise DatasetError(
            f"{manifest.name}: {short:,} of {len(sequences):,} sequences have no {least} known bases in a row, and by "
            f"words of {used} more than half of all are alike. Leave the short ones out, or give a table whose column "
            "group says what belongs together."
        )
    return joined, used


def _too_many(groups: Indices) -> bool:
    """Whether more than half of all sequences are one group."""
    return bool(np.bincount(groups).max() > len(groups) / 2)


def _unique(names: Sequence[str]) -> list[str]:
    """The names, numbered from 1 where one is empty, and with the number of its repetition where it came before."""
    repeated: dict[str, int] = {}
    unique: dict[str, None] = {}
    for number, name in enumerate(names, 1):
        wanted = plain = name or str(number)
        while wanted in unique:
            repeated[plain] = repeated.get(plain, 1) + 1
            wanted = f"{plain}#{repeated[plain]}"
        unique[wanted] = None
    return list(unique)


def _ranks(manifest: SequenceManifest, records: Sequence[Record]) -> dict[str, dict[str, str]]:
    """By rank the taxon of each label; ``InputFileError`` where a label has two."""
    ranks: dict[str, dict[str, str]] = {rank: {} for rank in manifest.ranks}
    for record in records:
        label = record.fields["label"]
        for rank, taxa in ranks.items():
            taxon = label if rank == "genus" else _field(record, rank)
            if taxa.setdefault(label, taxon) != taxon:
                raise InputFileError(
                    record.path,
                    f"{label} is of {rank} {taxon} here and of {taxa[label]} before",
                    "Give a genus one lineage.",
                    record.line,
                )
    return ranks
