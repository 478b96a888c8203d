"""Splits of sequences into roles: leak-free ones, which keep together what shares words, and the random ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from features.accelerate import kernel
from features.errors import DatasetError
from features.genome import UNKNOWN, Codes, reverse_complement
from features.sequence_sets.sequence_set import Fold, Indices, Labels
from features.sequence_sets.words import link_words, sorted_words

__all__ = [
    "clusters",
    "copies",
    "drop_leaks",
    "grouped_folds",
    "join_groups",
    "known_run",
    "longest_word",
    "random_fold",
    "random_folds",
    "with_validation",
]


FEW = 0.05
"""Share of the sequences that may be shorter than the word by which two are alike."""


def clusters(sequences: Sequence[Codes], word: int) -> Indices:
    """Number of the cluster of each sequence: two that share a word of so many bases, on either strand, share it.

    Single linkage: a chain of shared words makes one cluster. A sequence without a whole word is with its copies.
    """
    parents = np.arange(len(sequences))
    for hashes, owners in sorted_words(sequences, word):
        link_words(hashes, owners, parents)
    return join_groups(_roots(parents), _short_copies(sequences, word))


def copies(sequences: Sequence[Codes]) -> Indices:
    """Number of each sequence, the same for two that are identical on either strand."""
    keys = [min(codes.tobytes(), reverse_complement(codes).tobytes()) for codes in sequences]
    numbers: dict[bytes, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _short_copies(sequences: Sequence[Codes], word: int) -> Indices:
    """Number of each sequence, the same for two that are identical on either strand and have no whole ``word``."""
    numbers = np.arange(len(sequences))
    short = np.flatnonzero(np.array([known_run(codes) < word for codes in sequences], np.bool_))
    first: dict[int, int] = {}
    for at, number in zip(
        short.tolist(), copies([sequences[i] for i in short.tolist()]), strict=True
    ):
        numbers[at] = first.setdefault(int(number), at)
    return numbers


def join_groups(one: Indices, other: Indices) -> Indices:
    """Groups of what is together in either grouping, directly or by a chain; all int64 of shape (sequences,)."""
    parents = np.arange(len(one))
    for grouping in (one, other):
        owners = np.argsort(grouping, kind="stable")
        link_words(grouping[owners].astype(np.uint64), owners.astype(np.int32), parents)
    return _roots(parents)


def longest_word(sequences: Sequence[Codes]) -> int:
    """Known bases in a row that all sequences have but a few, a twentieth."""
    runs = np.sort([known_run(codes) for codes in sequences])
    return int(runs[int(FEW * len(runs))])


def known_run(codes: Codes) -> int:
    """Bases of the longest run of known ones."""
    unknown = np.flatnonzero(codes >= UNKNOWN)
    return int(np.diff(unknown, prepend=-1, append=len(codes)).max()) - 1


def drop_leaks(train: Sequence[Codes], test: Sequence[Codes], word: int) -> Indices:
    """Positions in ``train`` of the sequences that share no word of so many bases with ``test``, on either strand.

    Nor are they copies of one there, as those without a whole word may be.
    """
    numbers = _short_copies([*train, *test], word)
    leaks = np.isin(numbers[: len(train)], numbers[len(train) :])
    for hashes, owners in sorted_words([*train, *test], word):
        _mark_leaks(hashes, owners, len(train), leaks)
    return np.flatnonzero(~leaks)


def grouped_folds(labels: Labels, groups: Indices, folds: int, seed: int) -> tuple[Fold, ...]:
    """Folds whose test parts are all sequences once, with groups whole and classes as even as groups allow.

    Groups go, from the largest down, where fewest of their classes are yet; ``seed`` orders those of one size. The
    validation part of a fold is the test part of the next one.

    Raises
    ------
    DatasetError : a class in fewer groups than two, or one group of more than half of all sequences.
    """
    classes, coded = np.unique(labels, return_inverse=True)
    members, group = np.unique(groups, return_inverse=True)
    counts = np.zeros((len(members), len(classes)))
    np.add.at(counts, (group, coded), 1)
    sizes = counts.sum(1)
    scarce = classes[(counts > 0).sum(0) < 2]
    if len(scarce):
        raise DatasetError(
            f"class {scarce[0]} is all in one group of sequences that are alike, so no fold can hold some of it out. "
            "Give more sequences of it, or, where the groups are not stated, a longer --word."
        )
    if len(labels) and sizes.max() > len(labels) / 2:
        raise DatasetError(
            f"{sizes.max():.0f} of {len(labels)} sequences are one group of sequences that are alike. "
            "Give a longer word to tell by that two are alike."
        )
    shuffled = np.random.default_rng(seed).permutation(len(members))
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    filled = np.zeros((folds, len(classes)))
    fold_of = np.empty(len(members), np.int64)
    totals = counts.sum(0)
    for number in order.tolist():
        share = counts[number] / totals
        crowded = filled @ share
        # Where it is even, the emptier fold.
        chosen = int(np.lexsort((filled.sum(1), np.round(crowded, 12)))[0])
        filled[chosen] += counts[number]
        fold_of[number] = chosen
    return _folds(fold_of[group], folds)


def random_folds(labels: Labels, folds: int, seed: int) -> tuple[Fold, ...]:
    """The same without groups: each class is shuffled and dealt out evenly. What is alike may fall on both sides."""
    fold_of = np.empty(len(labels), np.int64)
    generator = np.random.default_rng(seed)
    dealt = 0
    for members in _of_classes(labels):
        fold_of[generator.permutation(members)] = (dealt + np.arange(len(members))) % folds
        dealt += len(members)
    return _folds(fold_of, folds)


def random_fold(labels: Labels, test: float, validation: float, seed: int) -> Fold:
    """One random fold: of each class the share ``test``, and of the rest of it the share ``validation``."""
    generator = np.random.default_rng(seed)
    parts: list[list[Indices]] = [[], [], []]
    for members in _of_classes(labels):
        mixed = generator.permutation(members)
        tested = round(test * len(mixed))
        tuned = tested + round(validation * (len(mixed) - tested))
        for part, piece in zip(
            parts, (mixed[tuned:], mixed[tested:tuned], mixed[:tested]), strict=True
        ):
            part.append(piece)
    return Fold(*(np.sort(np.concatenate(part)) for part in parts))


def with_validation(fold: Fold, labels: Labels, groups: Indices, share: float, seed: int) -> Fold:
    """``fold`` with about ``share`` of its training sequences as validation, where it has none.

    In whole groups if they allow it.
    """
    if len(fold.validation):
        return fold
    number = max(2, round(1 / share))
    try:
        parts = grouped_folds(labels[fold.train], groups[fold.train], number, seed)
    except DatasetError:
        parts = random_folds(labels[fold.train], number, seed)
    wanted = share * len(fold.train)
    chosen = min((part.test for part in parts), key=lambda part: abs(len(part) - wanted))
    kept = np.setdiff1d(np.arange(len(fold.train)), chosen)
    return Fold(fold.train[kept], fold.train[chosen], fold.test)


def _of_classes(labels: Labels) -> Iterator[Indices]:
    for name in np.unique(labels):
        yield np.flatnonzero(labels == name)


def _folds(fold_of: Indices, folds: int) -> tuple[Fold, ...]:
    after = (fold_of - 1) % folds
    return tuple(
        Fold(
            np.flatnonzero((fold_of != number) & (after != number)),
            np.flatnonzero(after == number),
            np.flatnonzero(fold_of == number),
        )
        for number in range(folds)
    )


def _roots(parents: Indices) -> Indices:
    """Number of each one's tree, in the order of first members."""
    while True:
        above = parents[parents]
        if np.array_equal(above, parents):
            break
        parents = above
    numbers: Indices = np.unique(parents, return_inverse=True)[1].astype(np.int64)
    return numbers


@kernel
def _mark_leaks(hashes, owners, first_test, leaks):  # type: ignore[no-untyped-def]
    begin = 0
    while begin < len(hashes):
        end = begin
        tested = False
        while end < len(hashes) and hashes[end] == hashes[begin]:
            tested = tested or owners[end] >= first_test
            end += 1
        if tested:
            for at in range(begin, end):
                if owners[at] < first_test:
                    leaks[owners[at]] = True
        begin = end
