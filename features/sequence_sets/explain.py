"""Sentences on what the splits of a set keep apart and which sequences its subsets are of."""

from __future__ import annotations

from dataclasses import replace

from features.sequence_sets.manifest import SequenceManifest, SplitRule, SubsetRule

__all__ = ["explain_parts"]

PUBLISHED = "published"
"""Name of the split that follows a publication."""


def explain_parts(manifest: SequenceManifest, word: int) -> dict[str, str]:
    """By name of a split or subset a sentence on it.

    A field of the data is told by the name of its column there. Sequences that share ``word`` bases belong together.
    """
    columns = {
        field: column
        for source in manifest.sources.values()
        for field, column in source.columns.items()
    }
    splits = {
        name: _split(name, replace(rule, field=columns.get(rule.field, rule.field)), manifest, word)
        for name, rule in manifest.splits.items()
    }
    return splits | {name: _subset(rule, manifest) for name, rule in manifest.subsets.items()}


def _split(name: str, rule: SplitRule, manifest: SequenceManifest, word: int) -> str:
    drawn = rule.rule == "random"
    if drawn and name != PUBLISHED and manifest.reads is not None:
        return "Reads are drawn at random, so that a sequence has reads on both sides, as in the publications."
    if drawn or name == PUBLISHED:
        how = "Drawn at random" if drawn else "As the data were published"
        return f"{how}; near-copies of test sequences may be among the training ones."
    if rule.rule == "stated" and not rule.word:
        return f"As the column `{rule.field}` of the data says."
    if rule.rule == "stated":
        one, other = ("training or validation", "test")
        if rule.leaks == "test":
            one, other = other, one
        shared = f"share a word of {rule.word} bases, on either strand, with a {other} one"
        return f"The stated split, without the {one} sequences that {shared}."
    what = "Sequences" if manifest.reads is None else "Reads of sequences"
    joined = [f"are of one {manifest.group}"] if manifest.group else []
    joined += [f"share a word of {word} bases, on either strand,"] if word else []
    return f"{what} that {' or '.join(joined) or 'are the same'} are on one side of the split."


def _subset(rule: SubsetRule, manifest: SequenceManifest) -> str:
    if rule.rule == "alone":
        what = "Sequences that equal" if manifest.reads is None else "Reads of sequences that equal"
        return f"{what} no other of the set."
    if rule.rule == "length-matched":
        return "As many sequences of each class in every eighth of a doubling of length."
    return (
        f"Class {manifest.positive} with coding sequences of at most {rule.bases} bases, the stop codon with them; the "
        f"other with open reading frames of at least {rule.bases}."
    )
