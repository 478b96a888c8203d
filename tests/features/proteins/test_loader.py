from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.errors import DatasetError, InputFileError
from features.proteins import load_protein_set, protein_set_from_file, protein_set_names
from features.proteins.manifest import parse_protein_manifest, read_protein_manifest
from features.proteins.protein_set import merge_capitals
from features.proteins.splits import SplitRule, apply_split
from tests.protein_families import families, write_families

SYMBOLS = np.array([f"G{number % 20}" for number in range(100)])
SPECIES = np.array([("mouse", "dog", "cow", "man", "pig")[number // 20] for number in range(100)])
STATED = [""] * 100


def test_a_held_out_species_is_in_test_alone() -> None:
    fold = apply_split(SplitRule("species", ["mouse"], ["dog"]), SYMBOLS, SPECIES, STATED)
    assert set(SPECIES[fold.test]) == {"mouse"}
    assert set(SPECIES[fold.validation]) == {"dog"}
    assert set(SPECIES[fold.train]) == {"cow", "man", "pig"}
    fold = apply_split(SplitRule("species", ["mouse", "dog"]), SYMBOLS, SPECIES, STATED)
    assert (len(fold.train), len(fold.validation), len(fold.test)) == (57, 3, 40)
    assert not {"mouse", "dog"} & set(SPECIES[fold.validation])


def test_unseen_symbols_are_in_test_alone() -> None:
    rule = SplitRule("unseen", ["mouse"], ["dog"], share=0.1)
    fold = apply_split(rule, SYMBOLS, SPECIES, STATED)
    learnt = set(SYMBOLS[fold.train]) | set(SYMBOLS[fold.validation])
    assert len(set(SYMBOLS[fold.test])) == 20
    assert len(set(SYMBOLS[fold.test]) - learnt) == 2
    again = apply_split(rule, SYMBOLS, SPECIES, STATED)
    assert all((one == other).all() for one, other in zip(fold, again, strict=True))


def test_the_random_split_is_of_proteins() -> None:
    fold = apply_split(SplitRule("random", 0.05, 0.05), SYMBOLS, SPECIES, STATED)
    assert [len(part) for part in fold] == [90, 5, 5]
    assert len(np.unique(np.concatenate(fold))) == 100


def test_a_stated_split_is_taken_as_it_is() -> None:
    roles = ["train"] * 60 + ["validation"] * 10 + ["test"] * 20 + ["drop"] * 10
    fold = apply_split(SplitRule("stated"), SYMBOLS, SPECIES, roles)
    assert [len(part) for part in fold] == [60, 10, 20]
    with pytest.raises(DatasetError, match="the column set says 'exam'"):
        apply_split(SplitRule("stated"), SYMBOLS, SPECIES, ["exam"] * 100)
    with pytest.raises(DatasetError, match="no protein is of species 'cat'. There are cow, dog"):
        apply_split(SplitRule("species", ["cat"]), SYMBOLS, SPECIES, STATED)


def test_symbols_that_differ_by_capitals_are_one() -> None:
    symbols = np.array(["Abc", "ABC", "ABC", "b", "B"])
    assert merge_capitals(symbols).tolist() == ["ABC", "ABC", "ABC", "B", "B"]
    assert merge_capitals(symbols[:0]).tolist() == []


def test_anybodys_file_becomes_a_set(tmp_path: Path) -> None:
    found = families(tmp_path)
    assert list(found.folds) == ["held-out-species", "random"]
    assert (len(found.ids), len(set(found.symbols))) == (60, 12)
    assert set(found.clades) == {"rodentia", "mammalia", "humans"}
    told = found.take(found.folds["held-out-species"].test)
    assert set(told.clades) == {"rodentia"}
    assert protein_set_from_file(tmp_path / "families.fa").data_hash != found.data_hash
    with pytest.raises(DatasetError, match="no split 'x'. Its splits: held-out-species, random"):
        found.fold("x")


def test_bad_files_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"
    path.write_text(">a gene_symbol:A\nMKV\n>b\nMKL\n")
    with pytest.raises(InputFileError, match="line 3: the protein 'b' has no gene symbol"):
        protein_set_from_file(path)
    path.write_text(">a gene_symbol:A clade:fish\nMKV\n")
    with pytest.raises(InputFileError, match="line 1: no clade 'fish'"):
        protein_set_from_file(path)
    path.write_text(">a gene_symbol:A\nMKV\n>b gene_symbol:A\nMKL\n")
    with pytest.raises(DatasetError, match="no protein is for|fewer than two symbols"):
        protein_set_from_file(path)


def test_a_manifest_with_a_slip_is_told() -> None:
    head = 'title = "t"\nsource = "s"\n'
    one = '[files.a]\npath = "a.fa"\n'
    for text, message in (
        (head, "no .files.NAME."),
        (head + one, "no .splits.NAME."),
        (head + one + '[splits.a]\nrule = "x"\n', "no known kind: 'x'"),
        (head + one + '[splits.a]\nrul = "random"\n', "a wrong or a missing key"),
    ):
        with pytest.raises(InputFileError, match=message):
            parse_protein_manifest(text, "a", "a.toml")


def test_the_named_set_is_found_by_the_data_root(tmp_path: Path) -> None:
    assert protein_set_names() == ["mammal-symbols"]
    manifest = read_protein_manifest("mammal-symbols")
    assert len(manifest.files) == 12
    assert next(iter(manifest.splits)) == "held-out-mouse"
    with pytest.raises(DatasetError, match="no folder 'tasks/gene_symbols'"):
        load_protein_set("mammal-symbols")
    with pytest.raises(DatasetError, match="no protein set 'mammals'"):
        load_protein_set("mammals")
    write_families(tmp_path / "x.fa")


@pytest.mark.real_data
def test_the_proteins_of_12_mammals(data_root: Path) -> None:
    if not (data_root / "tasks" / "gene_symbols").is_dir():
        pytest.skip("no proteins in the data root")
    found = load_protein_set("mammal-symbols", data_root)
    assert (len(found.ids), len(np.unique(found.symbols))) == (82789, 7328)
    mouse = found.folds["held-out-mouse"]
    assert set(found.species[mouse.test]) == {"Mus musculus"}
    assert len(mouse.test) == 7216
    assert "Mus musculus" not in set(found.species[np.concatenate(mouse[:2])])
    rodents = found.folds["held-out-rodents"]
    assert "rodentia" not in set(found.clades[np.concatenate(rodents[:2])])
    opossum = found.folds["held-out-opossum"]
    assert "marsupials" not in set(found.clades[np.concatenate(opossum[:2])])
    unseen = found.folds["unseen-symbols"]
    learnt = set(found.symbols[np.concatenate(unseen[:2])])
    missing = ~np.isin(found.symbols[unseen.test], list(learnt))
    assert 0.09 < missing.mean() < 0.11
