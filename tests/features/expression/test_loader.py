from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from features.errors import DatasetError, InputFileError
from features.expression import expression_set_from_files, load_expression_set
from features.expression.alignment import check_alignment, mean_correlation
from features.expression.manifest import parse_expression_manifest, read_expression_manifest
from features.expression.splits import kinds_of_samples
from features.expression.windows import RINGS, window_shares
from tests.expression_samples import (
    GENES,
    LINES,
    TISSUES,
    gene_id,
    make_arrays,
    write_files,
)


def load(options: dict[str, str], **others: object):
    return expression_set_from_files(
        *(options[name] for name in ("--samples", "--expression", "--annotation", "--region")),
        **others,
    )


def test_own_files(tmp_path: Path) -> None:
    accessibility, expression, layout = make_arrays()
    found = load(write_files(tmp_path))
    assert found.genes == tuple(f"{gene_id(gene)}.1" for gene in range(GENES))
    assert (found.accessibility == accessibility).all()
    np.testing.assert_allclose(found.target, expression, atol=1e-5)
    assert found.layout.starts.tolist() == layout.starts.tolist()
    assert found.layout.strands.tolist() == [1, -1, 1] * (GENES // 3)
    assert found.measured_genes.tolist() == list(range(GENES - 1))
    assert list(found.folds) == [
        "tissues-to-cell-lines",
        "leave-one-sample-out",
        "leave-kind-out",
        "leave-genes-out",
    ]
    assert kinds_of_samples(found.tpm).tolist() == [0, 1] * ((TISSUES + LINES) // 2)
    for fold in found.folds["leave-kind-out"]:
        assert len(set(fold.test_samples % 2)) == 1
        assert not set(fold.train_samples % 2) & set(fold.test_samples % 2)
    (fold,) = found.folds["tissues-to-cell-lines"]
    assert (len(fold.train_samples), len(fold.test_samples)) == (TISSUES, LINES)
    assert len(found.folds["leave-one-sample-out"]) == TISSUES + LINES
    for split in found.folds:
        tested = [(s, g) for f in found.folds[split] for s in f.test_samples for g in f.test_genes]
        assert len(set(tested)) == len(tested)
    wide = load(write_files(tmp_path), bin_size=2000, count_by="midpoint")
    assert wide.layout.bins.count == 100
    assert wide.data_hash != found.data_hash


def test_training_never_holds_what_is_tested(tmp_path: Path) -> None:
    found = load(write_files(tmp_path))
    for split, folds in found.folds.items():
        for fold in folds:
            seen = ~np.isnan(found.training_target(fold))
            if split == "leave-genes-out":
                assert not seen[:, fold.test_genes].any()
            else:
                assert not np.isin(fold.test_samples, fold.train_samples).any()


def test_bad_sheets_regions_and_annotations(tmp_path: Path) -> None:
    options = write_files(tmp_path)
    for path in tmp_path.glob("*.bed"):
        path.write_text(path.read_text() + "chr9\t1\t2\n")
    with pytest.raises(InputFileError, match="nothing on chromosome 'chr9', only on chr1"):
        load({**options, "--region": "chr9:1-1000"})
    with pytest.raises(InputFileError, match="no gene begins within chr1:100-1099"):
        load({**options, "--region": "chr1:100-1099"})
    sheet = tmp_path / "samples.tsv"
    sheet.write_text("sample\tpeaks\ns0\ts0.bed\ns0\ts1.bed\n")
    with pytest.raises(InputFileError, match="line 3: sample 's0' is there twice"):
        load(options)
    sheet.write_text("sample\tpeaks\ns0\t\n")
    with pytest.raises(InputFileError, match="line 2: an empty cell"):
        load(options)
    sheet.write_text("name\tpeaks\ns0\ts0.bed\n")
    with pytest.raises(InputFileError, match="line 1: no column 'sample'"):
        load(options)
    sheet.write_text("sample\tpeaks\ns0\tnowhere.bed\n")
    with pytest.raises(InputFileError, match="nowhere.bed: no such file"):
        load(options)
    sheet.write_text("sample\tpeaks\ns0\ts0.bed\ns1\ts1.bed\n")
    with pytest.raises(
        DatasetError, match="no split can be learnt.*fold 1 of 2 has 1 training sam"
    ):
        load(options)
    sheet.write_text("sample\tpeaks\n")
    with pytest.raises(InputFileError, match="line 1: a header and no samples"):
        load(options)


def edit_tpm(path: Path, cells: dict[tuple[int, int], str]) -> None:
    """Put cells into the table at path by (row, column), the header and the names being 0."""
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    for (row, column), cell in cells.items():
        rows[row][column] = cell
    path.write_text("\n".join("\t".join(row) for row in rows) + "\n")


def test_what_one_sample_alone_has_is_not_tested_by_the_others(tmp_path: Path) -> None:
    options = write_files(tmp_path)
    samples = TISSUES + LINES
    # The first gene in the last sample alone; the first sample in one block of genes alone.
    cells = {(1, column): "NA" for column in range(1, samples)}
    cells |= {(row, 1): "NA" for row in range(1, GENES + 1) if row != 5}
    edit_tpm(tmp_path / "tpm.tsv", cells)
    found = load(options)
    folds = found.folds["leave-one-sample-out"]
    assert 0 not in folds[-1].test_genes
    assert all(0 in fold.test_genes for fold in folds[:-1])
    (transfer,) = found.folds["tissues-to-cell-lines"]
    assert 0 not in transfer.test_genes
    for fold in found.folds["leave-genes-out"]:
        assert (0 in fold.test_samples) == (4 not in fold.test_genes)
        assert fold.test_samples.tolist() == fold.train_samples.tolist()


def test_more_than_two_groups_are_told(tmp_path: Path) -> None:
    options = write_files(tmp_path)
    sheet = tmp_path / "samples.tsv"
    sheet.write_text(sheet.read_text().replace("tissue", "organ", 1))
    found = load(options)
    assert next(iter(found.folds)) == "leave-one-sample-out"
    assert "3 groups: no split from one group to another, which takes two" in found.notes


def test_a_sample_whose_group_is_missing_is_told(tmp_path: Path) -> None:
    options = write_files(tmp_path)
    sheet = tmp_path / "samples.tsv"
    sheet.write_text(sheet.read_text().replace("\ttissue\n", "\t\n", 1))
    with pytest.raises(InputFileError, match="line 2: an empty cell"):
        load(options)


def test_a_sample_without_any_expression_counts_as_not_quantified(tmp_path: Path) -> None:
    options = write_files(tmp_path)
    table = tmp_path / "tpm.tsv"
    lines = [line.split("\t") for line in table.read_text().splitlines()]
    for cells in lines[1:]:
        cells[3] = "0" if cells[3] != "NA" else "NA"
    table.write_text("".join("\t".join(cells) + "\n" for cells in lines))
    found = load(options)
    assert np.isnan(found.tpm).all(axis=1).tolist() == [sample == "s2" for sample in found.samples]
    assert found.notes[-1] == "without any expression, taken as not quantified: s2"


def test_a_split_that_cannot_be_learnt_is_refused_when_it_is_asked_for(tmp_path: Path) -> None:
    options = write_files(tmp_path)
    sheet = tmp_path / "samples.tsv"
    groups = iter(["T/B cell"] * 2 + ["line"] * 8)
    lines = sheet.read_text().splitlines()
    kept = [line.rpartition("\t")[0] + "\t" + next(groups) for line in lines[1:]]
    sheet.write_text("\n".join([lines[0], *kept]) + "\n")
    found = load(options)
    assert list(found.folds) == ["leave-one-sample-out", "leave-kind-out", "leave-genes-out"]
    with pytest.raises(
        DatasetError, match="split T-B-cells-to-lines: fold 1 of 1 has 2 training samples"
    ):
        found.split("T-B-cells-to-lines")
    assert len(found.split("leave-one-sample-out")) == TISSUES + LINES


def test_chromosomes_are_the_same_with_and_without_chr(tmp_path: Path) -> None:
    plain = load(write_files(tmp_path))
    assert plain.notes == (
        "genes of the region: 0 in the table of expression by the same name, 12 by an Ensembl id of another version, "
        "0 not",
    )
    options = write_files(tmp_path)
    annotation = tmp_path / "genes.gff3"
    annotation.write_text(annotation.read_text().replace("chr1\t", "1\t"))
    found = load(options)
    assert found.notes[0] == "chromosome chr1 is 1 in 1 of 11 files, taken for the same"
    assert found.genes == plain.genes
    found = load({**options, "--region": "1:1-200000"})
    assert found.notes[0] == "chromosome 1 is chr1 in 10 of 11 files, taken for the same"
    assert (found.accessibility == plain.accessibility).all()
    assert found.genes == plain.genes


def test_columns_in_another_order_are_detected() -> None:
    generator = np.random.default_rng(0)
    table = generator.gamma(0.5, 10, (8, 30)) * generator.gamma(0.5, 5, 30)
    table[:, :5] = 0
    table[2] = np.nan
    assert check_alignment(table, table).aligned
    shuffled = table[:, np.roll(np.arange(30), 7)]
    found = check_alignment(shuffled, table)
    assert not found.aligned
    assert found[:4] == (25, 0, 25, 0)
    assert found.correlation < 0.5
    assert check_alignment(table + 1, table)[:4] == (25, 0, 0, 25)
    assert mean_correlation(table[:4], table[4:]) > mean_correlation(table[:4], shuffled[4:]) + 0.3
    with pytest.raises(DatasetError, match="cannot be aligned"):
        check_alignment(table[:, 1:], table)


def test_windows_count_what_is_open_by_distance() -> None:
    accessibility, _, layout = make_arrays(3)
    shares = window_shares(accessibility.astype(float), layout)
    first, last = layout.anchors()
    places = np.arange(layout.bins.count)
    reach = [*RINGS, 2 * RINGS[-1]]
    for gene in range(GENES):
        distance = np.maximum(np.maximum(first[gene] - places, places - last[gene]), 0)
        for ring, (near, far) in enumerate(pairwise(reach)):
            inside = (distance >= near) & (distance < far)
            expected = accessibility[:, inside].mean(axis=1) if inside.any() else np.zeros(3)
            np.testing.assert_allclose(shares[:, gene, ring], expected, atol=1e-12)


def test_a_bad_manifest_names_its_file() -> None:
    with pytest.raises(InputFileError, match=r"x.toml: no \[files.accessibility\]"):
        parse_expression_manifest('title = "t"\nsource = "s"\n', "x", "x.toml")
    with pytest.raises(DatasetError, match="no expression set 'expression-atak'. Did you mean"):
        read_expression_manifest("expression-atak")


@pytest.mark.real_data
def test_the_prepared_set_is_as_its_readme_says(data_root: Path) -> None:
    found = load_expression_set("expression-atac", data_root)
    assert found.accessibility.shape == (29, 10_000)
    assert found.tpm.shape == (29, 360)
    assert (found.groups.count("tissue"), found.groups.count("cell line")) == (19, 10)
    assert (len(found.measured_samples), len(found.measured_genes)) == (25, 190)


@pytest.mark.real_data
def test_the_published_files_are_in_different_gene_orders(data_root: Path) -> None:
    found = load_expression_set("expression-atac", data_root)
    assert found.as_published is not None
    tissue = np.array(found.groups) == "tissue"
    assert check_alignment(found.as_published[tissue], found.tpm[tissue]).aligned
    lines = check_alignment(found.as_published[~tissue], found.tpm[~tissue])
    assert lines[:4] == (121, 0, 121, 0)
    assert abs(mean_correlation(found.as_published[tissue], found.as_published[~tissue])) < 0.1
    assert mean_correlation(found.tpm[tissue], found.tpm[~tissue]) > 0.9
