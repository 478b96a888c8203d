from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.errors import DatasetError, InputFileError
from features.proteins import (
    ProteinFile,
    load_protein_set,
    protein_set_from_files,
    protein_set_names,
)
from features.proteins.manifest import parse_protein_manifest, read_protein_manifest
from features.proteins.protein_set import ProteinSet, merge_capitals
from features.proteins.splits import SplitRule, apply_split, why_unfit
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


def test_a_split_of_some_symbols_alone() -> None:
    fold = apply_split(
        SplitRule("species", ["mouse"], ["dog"], symbols=3), SYMBOLS, SPECIES, STATED
    )
    for part in fold:
        assert len(np.unique(SYMBOLS[part])) == 3
    assert len(np.unique(SYMBOLS[np.concatenate(fold)])) == 3


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
    assert load(tmp_path / "families.fa").data_hash != found.data_hash
    with pytest.raises(DatasetError, match="no split 'x'. Its splits: held-out-species, random"):
        found.fold("x")


def load(*files: ProteinFile | Path, **options: Any) -> ProteinSet:
    return protein_set_from_files(
        [file if isinstance(file, ProteinFile) else ProteinFile(file) for file in files], **options
    )


def test_bad_files_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.fa"
    path.write_text(">a\nMKV\n>b\nMKL\n")
    with pytest.raises(InputFileError, match="x.fa: no protein has a gene symbol"):
        load(path)
    path.write_text(">a gene_symbol:A\nMKV\n>b gene_symbol:B clade:fish\nMKV\n")
    with pytest.raises(InputFileError, match="line 3: no clade 'fish'"):
        load(path)
    path.write_text(">a gene_symbol:A\nMKV\n>b gene_symbol:A\nMKL\n")
    with pytest.raises(DatasetError, match="no split can be learnt and tested. random: no protein"):
        load(path)
    with pytest.raises(InputFileError, match="line 1: the id 'a' stands in .*x.fa already"):
        load(path, write_copy(path))


def write_copy(path: Path) -> Path:
    other = path.with_name("copy.fa")
    other.write_bytes(path.read_bytes())
    return other


def test_proteins_without_a_symbol_are_left_out_and_counted(tmp_path: Path) -> None:
    path = write_families(tmp_path / "x.fa")
    whole = load(path)
    assert whole.notes == ()
    path.write_text(">none\nMKV\n" + path.read_text())
    found = load(path)
    assert found.notes == ("1 of 61 proteins have no gene symbol and are left out",)
    assert found.data_hash == whole.data_hash


def test_several_files_and_the_species_of_each(tmp_path: Path) -> None:
    texts = [">a{0} gene_symbol:A\nMKV\n>b{0} gene_symbol:B species:Gallus_gallus\nMKL\n"] * 3
    files = []
    for number, text in enumerate(texts):
        files.append(
            ProteinFile(tmp_path / f"{number}.fa", ("Mus musculus", "Foo bar", "")[number])
        )
        files[-1].path.write_text(text.format(number))
    found = load(*files, test_species=["Gallus_gallus"])
    assert found.species.tolist()[:4] == [
        "Mus musculus",
        "Gallus gallus",
        "Foo bar",
        "Gallus gallus",
    ]
    assert found.clades.tolist() == ["rodentia", "aves", "", "aves", "", "aves"]
    assert "2 of 6 proteins are read without a clade, the first in" in found.notes[0]
    assert "1.fa, line 1: the table lacks species 'Foo bar'. Give --clade." in found.notes[0]
    found = load(*files, clade="reptiles")
    assert found.clades.tolist() == ["rodentia", "aves", "reptiles", "aves", "reptiles", "aves"]
    assert found.notes == ()


def test_a_split_that_cannot_be_learnt_is_refused_when_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("symbol\tsequence\tset\n" + "A\tMKL\ttrain\nB\tMKV\ttrain\n" * 10)
    found = load(path)
    assert list(found.folds) == ["random"]
    with pytest.raises(DatasetError, match="x, split stated: no protein is for test"):
        found.fold("stated")
    same = SplitRule("species", ["mouse"], ["mouse"])
    fold = apply_split(same, SYMBOLS, SPECIES, STATED)
    assert why_unfit(fold, SYMBOLS).startswith("a protein has two roles")


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


def test_the_named_set_is_found_by_the_data_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENESTRUCT_DATA", raising=False)
    assert protein_set_names() == ["mammal-symbols"]
    manifest = read_protein_manifest("mammal-symbols")
    assert len(manifest.files) == 12
    assert next(iter(manifest.splits)) == "held-out-mouse"
    with pytest.raises(DatasetError, match="no folder 'tasks/gene_symbols'"):
        load_protein_set("mammal-symbols")
    with pytest.raises(DatasetError, match="no protein set 'mammals'"):
        load_protein_set("mammals")


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
