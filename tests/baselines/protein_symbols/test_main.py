"""The commands: train, assign, evaluate, compare."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from baselines.protein_symbols.__main__ import main
from tests.protein_families import write_families


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands")
    path = write_families(folder / "families.fa", symbols=20)
    # A table beside it, as an annotation gives it.
    (folder / "d.tsv").write_text("symbol\tdescription\tsource\nGene1\tgene one\tHGNC\n")
    train = ["train", "--sequences", str(path), "--test-species", "Mus_musculus", "--quiet"]
    more = ["--descriptions", str(folder / "d.tsv"), "--output", str(folder / "model")]
    assert main([*train, *more]) == 0
    return folder


def test_symbols_are_assigned_and_compared(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "symbols.tsv"
    assign = ["assign", "--checkpoint", str(folder / "model")]
    assign += ["--sequences-fasta", str(folder / "families.fa"), "--output", str(table)]
    assert main([*assign, "--scientific-name", "Mus musculus", "--threshold", "0"]) == 0
    printed = capsys.readouterr()
    assert "100 of 100 proteins have a symbol of probability 0 or more (rodentia" in printed.err
    rows = [line.split("\t") for line in table.read_text().splitlines()]
    assert rows[0] == ["stable_id", "symbol", "probability", "description", "source"]
    assert len(rows) == 101
    described = {row[1]: row[3:] for row in rows[1:]}
    assert described["GENE1"] == ["gene one", "HGNC"]
    assert described["GENE2"] == ["", ""]
    compared = tmp_path / "compared.tsv"
    compare = ["compare", "--assignments", str(table), "--output", str(compared)]
    compare += ["--symbols", str(folder / "families.fa")]
    assert main([*compare, "--checkpoint", str(folder / "model")]) == 0
    printed = capsys.readouterr()
    assert "100 proteins of 100 assigned" in printed.out
    assert compared.read_text().splitlines()[1].endswith("\texact_match\tno_fuzzy_match\tknown")
    (tmp_path / "truth.tsv").write_text("stable_id\tsymbol\np0|M\tgene0\n")
    compare[-1] = str(tmp_path / "truth.tsv")
    assert main(compare) == 0
    assert "exact          1  100.00 %" in capsys.readouterr().out


def test_test_proteins_may_be_learnt_too(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "families.fa").read_text()
    path = tmp_path / "x.fa"
    path.write_text(lines + ">odd gene_symbol:ODD species:Mus_musculus\n" + "MWCHKMYWDE" * 9 + "\n")
    assigned = {}
    for options in ([], ["--all"]):
        train = ["train", "--sequences", str(path), "--test-species", "Mus_musculus", "--quiet"]
        model, table = tmp_path / f"model{len(options)}", tmp_path / f"{len(options)}.tsv"
        assert main([*train, *options, "--output", str(model)]) == 0
        assign = ["assign", "--checkpoint", str(model), "--sequences-fasta", str(path), "--quiet"]
        assign += ["--scientific-name", "Mus musculus", "--threshold", "0", "--output", str(table)]
        assert main(assign) == 0
        rows = [line.split("\t") for line in table.read_text().splitlines()]
        assigned[len(options)] = {row[0]: row[1] for row in rows}["odd"]
    assert assigned[0] != "ODD"
    assert assigned[1] == "ODD"


def test_a_model_is_evaluated(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "curve.svg"
    evaluate = ["evaluate", "--checkpoint", str(folder / "model"), "--output", str(picture)]
    path = tmp_path / "x.fa"
    lines = (folder / "families.fa").read_text()
    path.write_text(lines + ">odd gene_symbol:ODD\n" + "MWC" * 30 + "\n>none\nMKV\n")
    assert main([*evaluate, "--sequences", f"Foo_bar={path}", "--threshold", "0.97"]) == 0
    printed, notes = capsys.readouterr()
    assert "1 of 102 proteins have no gene symbol and are left out" in notes
    assert "1 of 101 proteins are read without a clade" in notes
    assert "by the probability: AUROC 1.0000" in printed
    assert "101 proteins, 1 of symbols that the model has not learnt" in printed
    assert "accuracy   " in printed
    assert "unlearnt symbols that got another one at 0.97: 0.00 %" in printed
    assert "\n0.97\t" in (tmp_path / "curve.tsv").read_text()
    assert "dot: 0.97" in picture.read_text()
    assert (
        (tmp_path / "curve.tsv").read_text().startswith("threshold\tcoverage\taccuracy\n0\t1.0000")
    )


def test_no_file_of_the_model_is_written_over(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = folder / "model" / "model.json"
    before = card.read_text()
    assign = ["assign", "--checkpoint", str(folder / "model"), "--clade", "aves"]
    assign += ["--sequences-fasta", str(folder / "families.fa"), "--output", str(card)]
    assert main(assign) == 2
    assert "it lies in the model" in capsys.readouterr().err
    assert card.read_text() == before


def test_no_input_is_written_over(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "prot.tsv"
    table.write_text("stable_id\tsymbol\tprobability\tsequence\na\tB\t1\tMKVLAA\n")
    before = table.read_bytes()
    model = ["--checkpoint", str(folder / "model")]
    link = tmp_path / "link.tsv"
    link.symlink_to(table)
    for command in (
        ["evaluate", *model, "--sequences", str(table), "--output", str(tmp_path / "prot.svg")],
        [
            "assign",
            *model,
            "--sequences-fasta",
            str(link),
            "--clade",
            "aves",
            "--output",
            str(table),
        ],
        ["compare", "--assignments", str(table), "--symbols", "x", "--output", str(link)],
        ["compare", "--assignments", "x", "--symbols", str(table), "--output", str(table)],
    ):
        assert main(command) == 2
        assert "it is the input" in capsys.readouterr().err
        assert table.read_bytes() == before


def test_a_network_without_pytorch_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "neural"]:
        monkeypatch.delitem(sys.modules, name)
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "torch" else find(name)
    )
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.json").write_text('{"kind": "symbol-transformer"}')
    (tmp_path / "x.fa").write_text(">a\nMKV\n")
    assign = ["assign", "--checkpoint", str(model), "--sequences-fasta", str(tmp_path / "x.fa")]
    assert main([*assign, "--clade", "aves", "--output", str(tmp_path / "s.tsv")]) == 2
    assert "need PyTorch: pip install 'genestruct[neural]'" in capsys.readouterr().err


def test_slips_are_told(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assign = ["assign", "--checkpoint", str(folder / "model"), "--output", str(tmp_path / "t.tsv")]
    fasta = ["--sequences-fasta", str(folder / "families.fa")]
    dna = tmp_path / "dna.fa"
    dna.write_text(">a\nACGTACGTACGTACGTACGTACGT\n")
    for arguments, message in (
        ([*assign, *fasta], "Give --scientific-name, or --clade"),
        (
            [*assign, *fasta, "--scientific-name", "Foo bar"],
            "no clade is known of species 'Foo bar'",
        ),
        ([*assign, *fasta, "--clade", "fish"], "no clade 'fish'"),
        (
            [*assign, "--sequences-fasta", str(dna), "--clade", "aves"],
            "line 1: 100% of the first letters are those of bases",
        ),
        (["train", "--output", str(tmp_path / "m")], "one set of proteins is needed"),
        (
            ["train", "--dataset", "x", "--test-species", "y", "--output", str(tmp_path / "m")],
            "--test-species is for --sequences",
        ),
        (
            ["train", "--descriptions", str(dna), "--sequences", "x", "--output", "m"],
            "dna.fa, line 1: no column 'symbol'",
        ),
        (
            [
                "train",
                "--sequences",
                str(folder / "families.fa"),
                "--clade",
                "fish",
                "--output",
                "m",
            ],
            "no clade 'fish'",
        ),
        (
            ["evaluate", "--checkpoint", str(folder), "--sequences", "x", "--output", "x.png"],
            "not a picture format",
        ),
    ):
        assert main(arguments) == 2
        assert message in capsys.readouterr().err
    (tmp_path / "t.tsv").write_text("stable_id\tsymbol\tprobability\nz\tA\t1\n")
    compare = ["compare", "--assignments", str(tmp_path / "t.tsv"), "--output", str(tmp_path / "c")]
    assert main([*compare, "--symbols", str(folder / "families.fa")]) == 2
    assert "none of its proteins is in" in capsys.readouterr().err
