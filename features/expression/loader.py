"""Loading an ``ExpressionSet``, by the name of a manifest or from anybody's files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from features.datasets.resolver import resolve_files
from features.errors import DatasetError, InputFileError
from features.expression.expression_set import ExpressionSet, hash_expression
from features.expression.genes import MatchedGenes, genes_of_region, take_genes
from features.expression.layout import Bins, Layout, parse_bins
from features.expression.manifest import expression_set_names, read_expression_manifest
from features.expression.matrices import read_accessibility, read_gene_table, read_published
from features.expression.peaks import read_peaks
from features.expression.splits import make_folds, why_unfit
from features.expression.tables import read_tpm
from features.progress import track
from features.tables import read_cells

__all__ = [
    "SheetRow",
    "describe_chromosome",
    "expression_set_from_files",
    "expression_set_names",
    "load_expression_set",
    "read_sheet",
]


EVERYTHING = "all"
"""Group of the samples where a sheet names none."""


class SheetRow(NamedTuple):
    """A sample of a sheet: its name, its BED file, its group."""

    sample: str
    peaks: Path
    group: str


def load_expression_set(name: str, data_root: str | Path | None = None) -> ExpressionSet:
    """Load the set that manifest ``name`` describes.

    A gene that no sample quantified, and a sample whose TPM are all 0, count as not quantified. Genes are brought
    together by name.

    Raises
    ------
    DatasetError : an unknown name, missing or altered files, names that do not fit.
    InputFileError : a file that cannot be read as what it is.
    """
    manifest = read_expression_manifest(name)
    paths = resolve_files(manifest, data_root)
    accessibility = read_accessibility(paths["accessibility"])
    samples = tuple(accessibility)
    groups = tuple(_group_of(sample, manifest.groups, name) for sample in samples)
    table = read_tpm(paths["expression"], samples)
    genes = read_gene_table(paths["genes"])
    tpm = take_genes(tuple(genes), table.genes, table.tpm).tpm
    matrix = np.stack(list(accessibility.values()))
    tpm[:, [not quantified for _, _, quantified in genes.values()]] = np.nan
    _blank_silent(tpm)
    layout = Layout(
        Bins(manifest.chromosome, 0, manifest.bin_size, matrix.shape[1]),
        np.array([start for start, _, _ in genes.values()], np.int64),
        np.array([end for _, end, _ in genes.values()], np.int64),
        np.zeros(len(genes), np.int8),
    )
    published = None
    if any(role.startswith("published ") for role in paths):
        published = np.full(tpm.shape, np.nan)
        for group in manifest.groups:
            rows = np.flatnonzero(np.array(groups) == group)
            found = read_published(paths[f"published {group}"])
            if found.shape != (len(rows), len(genes)):
                raise DatasetError(
                    f"{paths[f'published {group}']}: {found.shape} values where {len(rows)} samples and {len(genes)} "
                    "genes were expected. Copy the file again."
                )
            published[rows] = found
    order = tuple(manifest.groups)
    made = _assemble(manifest.title, samples, groups, tuple(genes), layout, matrix, tpm, order)
    made = replace(made, name=name, source=manifest.source, as_published=published)
    made.check()
    return made


def expression_set_from_files(
    sheet: str | Path,
    expression: str | Path,
    annotation: str | Path,
    region: str,
    *,
    bin_size: int = 1000,
    count_by: str = "overlap",
) -> ExpressionSet:
    """Make a set of anybody's samples.

    Parameters
    ----------
    sheet : table with the columns ``sample``, ``peaks`` (BED file; a relative path is from the sheet's folder) and
        where wanted ``group``. With two groups there is a split that trains on the first and tests the second.
    expression : TPM, genes x samples or samples x genes (``read_tpm``); NA where a gene was not quantified.
    annotation : GFF3 or GTF with the genes; those that begin within the region are taken.
    region : NAME:START-END, counted from 1.
    bin_size : bases of a bin.
    count_by : ``overlap`` or ``midpoint`` (``read_peaks``).

    A sample whose TPM are all 0 counts as not quantified, and is told in ``notes``. Splits that cannot be learnt or
    tested are among ``refused``.

    Raises
    ------
    DatasetError : a region or names that do not fit, too few samples.
    InputFileError : a file that cannot be read as what it is, with the line where one is to blame.
    """
    bins = parse_bins(region, bin_size)
    rows = read_sheet(sheet)
    samples = tuple(row.sample for row in rows)
    peaks = [
        read_peaks(row.peaks, bins, count_by) for row in track(rows, "reading peaks", len(rows))
    ]
    matrix = np.stack([each.open for each in peaks])
    table = read_tpm(expression, samples)
    genes = genes_of_region(annotation, bins)
    matched = take_genes(genes.ids, table.genes, table.tpm)
    silent = [samples[row] for row in _blank_silent(matched.tpm)]
    stem = Path(sheet).name.removesuffix(".gz").rsplit(".", 1)[0]
    groups = tuple(row.group for row in rows)
    made = _assemble(stem, samples, groups, genes.ids, genes.layout, matrix, matched.tpm)
    source = f"{Path(sheet).name}, {Path(expression).name}"
    written = [genes.chromosome, *(each.chromosome for each in peaks)]
    notes = _notes(bins.chromosome, written, matched)
    if silent:
        notes = *notes, f"without any expression, taken as not quantified: {', '.join(silent)}"
    if (named := len(set(groups))) > 2:
        notes = *notes, f"{named} groups: no split from one group to another, which takes two"
    made = replace(made, name=stem, source=source, notes=notes)
    made.check()
    return made


def read_sheet(path: str | Path) -> list[SheetRow]:
    """The samples of a sheet; ``InputFileError``, with the line, for missing columns, rows or cells, repeated names."""
    path = Path(path)
    rows = read_cells(path)
    first, header = next(rows)
    for column in ("sample", "peaks"):
        if column not in header:
            raise InputFileError(
                path,
                f"no column {column!r}",
                "Give columns sample and peaks, and if wanted group.",
                first,
            )
    found: dict[str, SheetRow] = {}
    for number, cells in rows:
        row = dict(zip(header, cells, strict=True))
        name, peaks, group = row["sample"], row["peaks"], row.get("group", EVERYTHING)
        if not name or not peaks or not group or name in found:
            problem = f"sample {name!r} is there twice" if name in found else "an empty cell"
            remedy = "Give each sample a name and a BED file, and where there are groups its group."
            raise InputFileError(path, problem, remedy, number)
        found[name] = SheetRow(name, path.parent / peaks, group)
    if not found:
        raise InputFileError(path, "a header and no samples", "Give a row for each sample.", first)
    return list(found.values())


def describe_chromosome(wanted: str, written: Iterable[str]) -> list[str]:
    """A sentence for every other name under which files have the chromosome ``wanted``."""
    names = list(written)
    return [
        f"chromosome {wanted} is {name} in {count} of {len(names)} files, taken for the same"
        for name, count in sorted(Counter(names).items())
        if name != wanted
    ]


def _blank_silent(tpm: npt.NDArray[np.float64]) -> list[int]:
    """Make NaN of the rows of ``tpm`` that are 0 throughout; returns which these were."""
    silent = (np.nan_to_num(tpm) == 0).all(axis=1) & ~np.isnan(tpm).all(axis=1)
    tpm[silent] = np.nan
    found: list[int] = np.flatnonzero(silent).tolist()
    return found


def _notes(wanted: str, written: Iterable[str], matched: MatchedGenes) -> tuple[str, ...]:
    genes = (
        f"genes of the region: {matched.exact:,} in the table of expression by the same name, "
        f"{matched.by_version:,} by an Ensembl id of another version, {matched.missing:,} not"
    )
    return *describe_chromosome(wanted, written), genes


def _group_of(sample: str, groups: Mapping[str, str], name: str) -> str:
    for group, beginning in groups.items():
        if sample.startswith(beginning):
            return group
    raise DatasetError(f"{name}: sample {sample!r} is of no group. Correct the manifest.")


def _assemble(
    title: str,
    samples: tuple[str, ...],
    groups: tuple[str, ...],
    genes: tuple[str, ...],
    layout: Layout,
    accessibility: npt.NDArray[np.uint8],
    tpm: npt.NDArray[np.float64],
    order: tuple[str, ...] = (),
) -> ExpressionSet:
    splits = make_folds(tpm, groups, layout, order)
    refused = {split: why for split, of_split in splits.items() if (why := why_unfit(of_split))}
    folds = {split: of_split for split, of_split in splits.items() if split not in refused}
    arrays: dict[str, npt.NDArray[Any]] = {"accessibility": accessibility, "tpm": tpm}
    return ExpressionSet(
        name=title,
        title=title,
        source="",
        samples=samples,
        groups=groups,
        genes=genes,
        layout=layout,
        accessibility=accessibility,
        tpm=tpm,
        folds=folds,
        data_hash=hash_expression(samples, groups, genes, layout, arrays, folds),
        refused=refused,
    )
