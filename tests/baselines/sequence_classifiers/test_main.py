from __future__ import annotations

import json
from pathlib import Path

import pytest

from baselines.sequence_classifiers.__main__ import main
from features.genome import Codes
from tests.baselines.sequence_classifiers.drawn import motifs

LETTERS = "ACGTN"


def text_of(codes: Codes) -> str:
    return "".join(LETTERS[code] for code in codes)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    sequences, labels = motifs(200, 1)
    paths = {}
    for label in set(labels):
        paths[label] = tmp_path / f"{label}.fa"
        rows = [
            f">{label}{number}\n{text_of(codes)}\n"
            for number, (codes, own) in enumerate(zip(sequences, labels, strict=True))
            if own == label
        ]
        paths[label].write_text("".join(rows))
    return paths


@pytest.fixture
def model(files: dict[str, Path], tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    classes = [part for name, path in files.items() for part in ("--class", f"{name}={path}")]
    done = main(["train", "--kind", "kmer-svm", *classes, "--output", str(folder), "--quiet"])
    assert done == 0
    return folder


def test_train_predict(model: Path, files: dict[str, Path], tmp_path: Path, capsys) -> None:
    card = json.loads((model / "model.json").read_text())
    assert card["kind"] == "kmer-svm"
    assert card["trained_on"]["split"] == "clean"
    output = tmp_path / "classes.tsv"
    assert (
        main(
            [
                "predict",
                "--model",
                str(model),
                "--sequences",
                str(files["here"]),
                "--output",
                str(output),
            ]
        )
        == 0
    )
    header, *rows = [line.split("\t") for line in output.read_text().splitlines()]
    assert header == ["id", "class", "elsewhere", "here"]
    assert len(rows) == 100
    assert sum(row[1] == "here" for row in rows) > 90


def test_what_cannot_be_read_has_no_class(tmp_path: Path, capsys) -> None:
    rows = ["sequence\tlabel", *(f"{'ACGT'[n % 2] * (20 + n)}\tc{n % 2}" for n in range(40))]
    (tmp_path / "t.tsv").write_text("\n".join(rows) + "\n")
    model, out = str(tmp_path / "m"), tmp_path / "out.tsv"
    train = ["train", "--kind", "kmer-bayes", "--table", str(tmp_path / "t.tsv"), "--word", "15"]
    assert main([*train, "--folds", "3", "--output", model, "--quiet"]) == 2
    assert "in one group" in capsys.readouterr().err
    rows = [f"{row}\t{('train', 'test', 'validation')[n % 3]}" for n, row in enumerate(rows[1:])]
    (tmp_path / "t.tsv").write_text("\n".join(["sequence\tlabel\tset", *rows]) + "\n")
    assert main([*train[:-2], "--output", model, "--quiet"]) == 0
    (tmp_path / "x.fa").write_text(">a\nAAAAAAAAAA\n>n\nNNNNNNNNNN\n")
    predict = ["predict", "--model", model, "--sequences", str(tmp_path / "x.fa")]
    assert main([*predict, "--output", str(out)]) == 0
    told = capsys.readouterr().err
    assert "1 of 2 sequences: too short or unknown for a word of the model" in told
    assert "1 of 2 sequences: not of 20 to 59 bases, as those of the set" in told
    assert [line.split("\t")[1] for line in out.read_text().splitlines()] == ["class", "c0", "NA"]
    assert out.read_text().splitlines()[2] == "n\tNA\tNA\tNA"


def test_options_of_own_sequences_and_of_the_kmers(
    files: dict[str, Path], tmp_path: Path, capsys
) -> None:
    folder = tmp_path / "model"
    classes = [part for name, path in files.items() for part in ("--class", f"{name}={path}")]
    own = ["--positive", "here", "--word", "12", "--folds", "3", "--fold", "3"]
    kmers = ["--kind", "kmer-svm", "--k", "3", "--canonical"]
    command = ["train", *classes, *own, "--output", str(folder), "--quiet"]
    assert main([*command, *kmers]) == 0
    card = json.loads((folder / "model.json").read_text())
    assert card["options"] == {"seed": 1, "k": 3, "canonical": True}
    assert (card["trained_on"]["positive"], card["trained_on"]["fold"]) == ("here", 3)
    other = ["train", *classes, *own, "--output", str(tmp_path / "other"), "--quiet"]
    assert main([*other, "--kind", "coding-xgb", "--k", "3"]) == 2
    assert "--k: coding-xgb has no such option" in capsys.readouterr().err
    assert main([*command, "--kind", "coding-xgb"]) == 2
    assert "exists and is no earlier model of the same kind" in capsys.readouterr().err
    assert main([*command, "--kind", "kmer-svm", "--k", "8"]) == 2
    assert "k must be 1 to 7, not 8" in capsys.readouterr().err
    named = ["--dataset", "ecoli-promoters", "--word", "9", "--output", str(tmp_path / "other")]
    assert main(["train", *named]) == 2
    assert "--word: set ecoli-promoters says that itself" in capsys.readouterr().err


def test_explain_of_a_sequence_shorter_than_the_default_windows(
    files: dict[str, Path], tmp_path: Path
) -> None:
    folder, short, output = tmp_path / "bayes", tmp_path / "short.fa", tmp_path / "why.svg"
    classes = [part for name, path in files.items() for part in ("--class", f"{name}={path}")]
    train = ["train", "--kind", "kmer-bayes", *classes, "--canonical", "--output", str(folder)]
    assert main([*train, "--quiet"]) == 0
    short.write_text(">s\nACGTTATAATCC\n")
    asked = ["--sequences", str(short), "--class", "here", "--draws", "2", "--output", str(output)]
    assert main(["explain", "--model", str(folder), *asked]) == 0
    header, *rows = output.with_suffix(".tsv").read_text().splitlines()
    assert header == "base\twindow_5\twindow_10\twindow_20"
    assert len(rows) == 12


def test_explain(model: Path, files: dict[str, Path], tmp_path: Path, capsys) -> None:
    output = tmp_path / "why.svg"
    arguments = [
        "--sequences",
        str(files["here"]),
        "--class",
        "here",
        "--windows",
        "6,12",
        "--draws",
        "3",
    ]
    assert main(["explain", "--model", str(model), *arguments, "--output", str(output)]) == 0
    header, *rows = [
        line.split("\t") for line in output.with_suffix(".tsv").read_text().splitlines()
    ]
    assert header == ["base", "window_6", "window_12"]
    values = [float(row[1]) for row in rows]
    assert min(range(60), key=values.__getitem__) in range(18, 28)
    assert main(["explain", "--model", str(model), *arguments, "--output", "x.png"]) == 2
    assert "Give a name that ends with .svg" in capsys.readouterr().err
    for option, value, complaint in (
        ("--mark", "61", "has 60 bases, not 61"),
        ("--windows", "1,2,3,4,5,6,7,8,9", "9 sizes; give 8 at most"),
        ("--windows", "5,61", "has 60 bases, not 61"),
    ):
        asked = [*arguments, option, value, "--output", str(output)]
        assert main(["explain", "--model", str(model), *asked]) == 2
        assert complaint in capsys.readouterr().err
    wrong = [*arguments[:3], "nowhere", *arguments[4:]]
    assert main(["explain", "--model", str(model), *wrong, "--output", str(output)]) == 2
    assert "the model has the classes elsewhere, here" in capsys.readouterr().err


def test_scan(model: Path, tmp_path: Path, capsys) -> None:
    genome = tmp_path / "genome.fa"
    sequences, _ = motifs(8, 3)
    genome.write_text(">chr\n" + "".join(map(text_of, sequences)) + "\n")
    annotation = tmp_path / "genes.gff3"
    annotation.write_text(
        "##gff-version 3\nchr\tx\tgene\t441\t476\t.\t+\t.\tID=g\n"
        "chr\tx\tmRNA\t441\t476\t.\t+\t.\tID=t;Parent=g\nchr\tx\tCDS\t441\t476\t.\t+\t0\tID=c;Parent=t\n"
    )
    stem = tmp_path / "scan"
    arguments = [
        "scan",
        "--model",
        str(model),
        "--genome",
        str(genome),
        "--window",
        "60",
        "--class",
        "here",
    ]
    further = [
        "--step",
        "1",
        "--annotation",
        str(annotation),
        "--offset",
        "20",
        "--output",
        str(stem),
    ]
    assert main([*arguments, "--region", "chr:1-480", *further]) == 0
    told = capsys.readouterr()
    assert "1 of 1 first coding bases have a call" in told.out
    assert not told.err
    calls = [line.split("\t") for line in (tmp_path / "scan.bed").read_text().splitlines()]
    assert ["chr", "420", "480", "here"] in [call[:4] for call in calls]
    for suffix in (".svg", ".forward.bw", ".reverse.bw"):
        assert stem.with_name(f"scan{suffix}").stat().st_size > 0
    for region, complaint in (("chr:1-500", "480 bases"), ("chr:1-20", "less than a window")):
        assert main([*arguments, "--region", region, *further]) == 2
        assert complaint in capsys.readouterr().err
    genome.write_text(genome.read_text().replace(">chr", ">I"))
    renamed = tmp_path / "names.tsv"
    renamed.write_text("chr\tI\n")
    arguments += ["--region", "I"]
    assert main([*arguments, *further]) == 2
    assert "Map the names with --chromosome-names" in capsys.readouterr().err
    assert main([*arguments, *further, "--chromosome-names", str(renamed)]) == 0
    assert "1 of 1 first coding bases have a call" in capsys.readouterr().out
    assert main([*arguments, "--offset", "20", "--output", str(stem)]) == 2
    assert "--offset: is of the annotation. Give --annotation" in capsys.readouterr().err


def test_wrong_options_are_told(files: dict[str, Path], tmp_path: Path, capsys) -> None:
    here = f"here={files['here']}"
    output = ["--output", str(tmp_path / "m")]
    for arguments, complaint in (
        ([], "one set of sequences is needed"),
        (["--class", here, "--class", here], "a class is named twice"),
        (["--class", here, "--class", f"else={files['elsewhere']}", "--fold", "9"], "not 9"),
        (
            ["--class", here, "--class", f"else={files['elsewhere']}", "--split", "x"],
            "no split 'x'",
        ),
        (["--class", "here"], "not NAME=FASTA"),
    ):
        assert main(["train", *arguments, *output]) == 2
        assert complaint in capsys.readouterr().err
