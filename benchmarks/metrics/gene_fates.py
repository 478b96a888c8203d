"""What became of the true genes: found, split, merged, partial or missed, by the coding bases genes share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.lookup import find

__all__ = ["Genes", "gene_fates", "join_strands"]

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Pairs = npt.NDArray[np.int64]
"""Distinct pairs of genes as ascending numbers, the first gene in the upper and the second in the lower 32 bits."""


class Genes(NamedTuple):
    """The coding genes of one or more strands, numbered from 0.

    Attributes
    ----------
    exons : int64 of shape (exons, 3), ascending: start, end (half-open) and gene of each coding exon of any isoform.
    exact : shape (genes,): whether an isoform's whole CDS equals one of the annotation or prediction it is compared
        with.
    counted : shape (genes,): whether the gene has a fate; the others only stand beside those that do.
    """

    exons: Integers
    exact: Flags
    counted: Flags


def join_strands(strands: Iterable[Genes]) -> Genes:
    """The genes of all ``strands`` as if those lay end to end, so that only genes of one strand can overlap."""
    joined = [Genes(np.empty((0, 3), np.int64), np.empty(0, np.bool_), np.empty(0, np.bool_))]
    genes = 0
    for number, strand in enumerate(strands):
        move = np.array([number << 32, number << 32, genes], np.int64)
        joined.append(strand._replace(exons=strand.exons + move))
        genes += len(strand.exact)
    return Genes(*map(np.concatenate, zip(*joined, strict=True)))


def gene_fates(true: Genes, predicted: Genes) -> dict[str, int]:
    """How many of the ``true`` genes that count met each fate; genes overlap where they share a coding base.

    found : an isoform's whole CDS is predicted exactly.
    split : not found, and overlaps two predicted genes that do not overlap each other.
    merged : neither, and overlaps a predicted gene that overlaps another true gene, which itself does not overlap this
        one.
    partial : none of these, and overlaps a predicted gene.
    missed : overlaps no predicted gene.

    A predicted gene that is exact neither splits nor merges.
    """
    pairs = _overlaps(true.exons, predicted.exons)
    overlapped = _marked(pairs >> 32, len(true.exact))
    pairs = pairs[~predicted.exact[_second(pairs)]]
    apart = _reach_another(pairs, _overlaps(predicted.exons, predicted.exons))
    split = _marked(pairs[apart] >> 32, len(true.exact))
    pairs = np.sort(_second(pairs) << 32 | pairs >> 32)
    apart = _reach_another(pairs, _overlaps(true.exons, true.exons))
    merged = _marked(_second(pairs[apart]), len(true.exact))
    fates: dict[str, int] = {}
    left = true.counted.copy()
    for fate, met in (
        ("found", true.exact),
        ("split", split),
        ("merged", merged),
        ("partial", overlapped),
        ("missed", ~overlapped),
    ):
        fates[fate] = int((left & met).sum())
        left &= ~met
    return fates


def _overlaps(first: Integers, second: Integers) -> Pairs:
    """Which gene of the exons ``first`` shares a base with which of ``second``, both as in ``Genes``."""
    # of two intervals that overlap, one begins within the other
    outer, inner = _begin_within(first, second)
    there = first[outer, 2] << 32 | second[inner, 2]
    outer, inner = _begin_within(second, first)
    return np.unique(np.append(there, first[inner, 2] << 32 | second[outer, 2]))


def _begin_within(outer: Integers, inner: Integers) -> tuple[Integers, Integers]:
    """Index in ``outer`` and in ``inner`` of every two intervals of which the inner one begins within the outer."""
    return _spread(*(np.searchsorted(inner[:, 0], outer[:, column]) for column in (0, 1)))


def _reach_another(pairs: Pairs, neighbours: Pairs) -> Flags:
    """Whether the first gene of each of ``pairs`` overlaps another gene, which does not overlap the second.

    ``neighbours`` are the overlapping pairs among the second genes, each gene with itself included.
    """
    first, second = pairs >> 32, _second(pairs)
    begin = np.searchsorted(neighbours, second << 32)
    pair, neighbour = _spread(begin, np.searchsorted(neighbours, (second + 1) << 32))
    shared = find(first[pair] << 32 | _second(neighbours[neighbour]), pairs)[1]
    overlapping = np.bincount(pair[shared], minlength=len(pairs))
    reached: Flags = np.bincount(first)[first] > overlapping
    return reached


def _spread(begin: Integers, end: Integers) -> tuple[Integers, Integers]:
    """(number of the range, index) of every index of the ranges [begin, end)."""
    sizes = end - begin
    number = np.repeat(np.arange(len(sizes)), sizes)
    index = np.arange(len(number)) + (begin - (np.cumsum(sizes) - sizes))[number]
    return number, index


def _second(pairs: Pairs) -> Integers:
    return pairs & 0xFFFFFFFF


def _marked(genes: Integers, count: int) -> Flags:
    marks = np.zeros(count, np.bool_)
    marks[genes] = True
    return marks
