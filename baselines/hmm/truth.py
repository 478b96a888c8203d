"""What is annotated on a chromosome, and how much of it a prediction finds: what the decoder is fitted to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from features.labelled import LabelledChromosome
from features.regions import Regions, merge_regions, overlap_regions
from features.transcripts import Interval, Transcript, close_gaps

__all__ = ["Truth", "annotated", "structure_f1", "unmasked"]


class Truth(NamedTuple):
    """What is annotated on a chromosome outside its merged ``mask``.

    Attributes
    ----------
    exons : CDS intervals and their strands.
    genes : the CDS chains of each gene, by strand and name.
    """

    exons: set[tuple[str, Interval]]
    genes: dict[tuple[str, str], set[tuple[Interval, ...]]]
    mask: Regions


class Counts(NamedTuple):
    """True positives, predicted and true features."""

    hits: int
    predicted: int
    true: int


def annotated(chromosome: LabelledChromosome) -> Truth:
    """The coding transcripts of ``chromosome`` outside its mask, frameshift gaps closed."""
    coding = [transcript for transcript in chromosome.transcripts if transcript.coding]
    exons: set[tuple[str, Interval]] = set()
    genes: dict[tuple[str, str], set[tuple[Interval, ...]]] = {}
    mask = merge_regions(chromosome.mask)
    for transcript in unmasked(coding, mask):
        chain = close_gaps(transcript.cds)
        exons.update((transcript.strand, exon) for exon in chain)
        genes.setdefault((transcript.strand, transcript.gene), set()).add(chain)
    return Truth(exons, genes, mask)


def structure_f1(predictions: Iterable[tuple[Truth, Sequence[Transcript]]]) -> float:
    """Exon F1 plus gene F1 at CDS level, strand-aware and exact, of predicted transcripts per chromosome.

    Unique CDS exons count; a gene is found if the CDS chain of one of its isoforms is predicted. Features that touch
    the mask do not count.
    """
    exons, genes = Counts(0, 0, 0), Counts(0, 0, 0)
    for truth, transcripts in predictions:
        predicted = unmasked(transcripts, truth.mask)
        predicted_exons = {(t.strand, exon) for t in predicted for exon in t.cds}
        found_exons = len(predicted_exons & truth.exons)
        exons = _add(exons, found_exons, predicted_exons, truth.exons)
        chains = {(t.strand, t.cds) for t in predicted}
        found_genes = sum(
            any((strand, chain) in chains for chain in isoforms)
            for (strand, _), isoforms in truth.genes.items()
        )
        genes = _add(genes, found_genes, chains, truth.genes)
    return _f1(exons) + _f1(genes)


def _add(
    counts: Counts, hits: int, predicted: Collection[object], true: Collection[object]
) -> Counts:
    return Counts(counts.hits + hits, counts.predicted + len(predicted), counts.true + len(true))


def _f1(counts: Counts) -> float:
    return 2 * counts.hits / max(1, counts.predicted + counts.true)


def unmasked(transcripts: Sequence[Transcript], mask: Regions) -> list[Transcript]:
    """Those whose coding span touches no region of the merged ``mask``."""
    starts = np.array([transcript.cds[0][0] for transcript in transcripts], np.int64)
    ends = np.array([transcript.cds[-1][1] for transcript in transcripts], np.int64)
    left_out = overlap_regions(starts, ends, mask)
    return [each for each, masked in zip(transcripts, left_out, strict=True) if not masked]
