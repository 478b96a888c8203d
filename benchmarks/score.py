"""Anybody's predicted GFF3 or GTF against a truth: counts, ratios with intervals, fates and strata."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evaluation.gene_structure import structure_estimates
from benchmarks.metrics.bootstrap import Blocks, block_weights
from benchmarks.metrics.structure import LEVELS, compare_structures
from features.annotation import read_annotation, read_chromosome_names
from features.datasets.mask import read_mask
from features.errors import DatasetError
from features.genome import Genome
from features.regions import Regions, merge_regions

__all__ = ["render_score", "score_files"]


def score_files(
    predicted: str | Path,
    annotation: str | Path,
    genome: str | Path,
    *,
    chromosomes: Sequence[str] | None = None,
    regions: str | Path | None = None,
    mask: str | Path | None = None,
    chromosome_names: str | Path | None = None,
    seed: int = 1,
) -> dict[str, Any]:
    """Score the coding sequences of ``predicted`` against those of ``annotation``.

    Parameters
    ----------
    predicted, annotation : GFF3 or GTF, plain or gzipped; ``predicted`` may hold no features at all.
    genome : FASTA both refer to.
    chromosomes : records that count; all of the genome where None.
    regions : BED; features count only where they lie wholly inside its regions.
    mask : BED; features that overlap its regions do not count.
    chromosome_names : table of two tab-separated columns, name in the annotations, the regions or the mask and name in
        the genome, where they differ.
    seed : of the bootstrap.

    Returns
    -------
    JSON-ready ``levels`` (per level tp, predicted, true, and sensitivity, precision, f1 as value, low, high), ``fates``
    (see ``StructureCounts``), ``strata`` (per stratum true, found) and, for ``annotation`` and ``predicted``,
    ``transcripts`` (how many lie on sequences of the genome) and ``left_out`` (how many on each one it lacks).

    Raises
    ------
    InputFileError : a file that cannot be read as what it is.
    DatasetError : a chromosome the genome does not have, or no coding transcript in the truth.
    """
    mapping = {} if chromosome_names is None else read_chromosome_names(chromosome_names)
    truth_left_out: dict[str, int] = {}
    guesses_left_out: dict[str, int] = {}
    with Genome(genome) as sequences:
        lengths = {name: sequences.length(name) for name in sequences.names}
        true = read_annotation(annotation, sequences, mapping, left_out=truth_left_out)
        guesses = read_annotation(
            predicted, sequences, mapping, allow_empty=True, left_out=guesses_left_out
        )
    transcripts = {"annotation": len(true), "predicted": len(guesses)}
    for name in chromosomes or ():
        if name not in lengths:
            known = ", ".join(list(lengths)[:8])
            raise DatasetError(
                f"--chromosomes {name}: {genome} has no such record. It has {known}."
            )
    chosen = {name: lengths[name] for name in lengths if chromosomes is None or name in chromosomes}
    left_out = {} if mask is None else dict(read_mask(mask, lengths, mapping))
    if regions is not None:
        inside = read_mask(regions, lengths, mapping)
        for name, length in chosen.items():
            outside = _complement(inside.get(name, np.empty((0, 2), np.int64)), length)
            left_out[name] = np.concatenate([left_out.get(name, outside[:0]), outside])
    true = [each for each in true if each.chromosome in chosen]
    guesses = [each for each in guesses if each.chromosome in chosen]
    if not any(each.coding for each in true):
        raise DatasetError(
            f"{annotation}: no coding transcript on the chromosomes that count. Check --annotation and --chromosomes."
        )
    blocks = Blocks(chosen)
    counts = compare_structures(true, guesses, blocks, left_out)
    levels: dict[str, dict[str, Any]] = {level: {} for level in LEVELS}
    weights = block_weights(blocks.count, seed=seed)
    for level, metric, found in structure_estimates([counts], LEVELS, weights):
        if np.isnan(found.low):
            levels[level][metric] = int(found.value)
        else:
            levels[level][metric] = {name: round(x, 6) for name, x in found._asdict().items()}
    strata = {name: {"true": n, "found": hit} for name, (n, hit) in counts.strata.items()}
    return {
        "levels": levels,
        "fates": counts.fates,
        "strata": strata,
        "transcripts": transcripts,
        "left_out": {"annotation": truth_left_out, "predicted": guesses_left_out},
    }


def render_score(score: dict[str, Any]) -> str:
    """The scores as plain text for a terminal."""
    lines = [f"{'level':<14}{'true':>10}{'predicted':>11}{'tp':>10}  sensitivity  precision     F1"]
    for level, of_level in score["levels"].items():
        sensitivity, precision, f1 = (
            100 * of_level[metric]["value"] for metric in ("sensitivity", "precision", "f1")
        )
        lines.append(
            f"{level:<14}{of_level['true']:>10}{of_level['predicted']:>11}{of_level['tp']:>10}"
            f"{sensitivity:>13.1f}{precision:>11.1f}{f1:>7.1f}"
        )
    lines.append("")
    for feature, fates in score["fates"].items():
        shown = ", ".join(f"{count} {fate}" for fate, count in fates.items())
        lines.append(f"{feature}s: {shown}")
    for stratum, found in score["strata"].items():
        lines.append(f"{stratum.replace('_', ' ')}: {found['found']} of {found['true']} found")
    return "\n".join(lines)


def _complement(regions: Regions, length: int) -> Regions:
    merged = merge_regions(regions)
    edges = np.concatenate([[0], merged.ravel(), [length]]).reshape(-1, 2)
    return edges[edges[:, 0] < edges[:, 1]]
