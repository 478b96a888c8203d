from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.datasets.manifest import ManifestFile
from features.errors import DatasetError, InputFileError
from features.sequence_sets.assemble import assemble
from features.sequence_sets.manifest import SequenceManifest, Source, SplitRule, SubsetRule
from features.sequence_sets.reads import ReadModel

RANDOM = SplitRule("random", folds=3)


def bases(number: int, length: int = 60) -> str:
    letters = np.array(list("ACGT"))
    return "".join(letters[np.random.default_rng(number).integers(0, 4, length)])


def fasta(path: Path, headers: list[str], first: int = 0) -> Path:
    path.write_text("".join(f">{h}\n{bases(first + n)}\n" for n, h in enumerate(headers)))
    return path


def manifest(**changes: object) -> SequenceManifest:
    made = SequenceManifest(
        name="toy",
        title="Toy",
        source="here",
        files={"x": ManifestFile("x.fa"), "y": ManifestFile("y.fa")},
        sources={"x": Source(fields={"label": "x"}), "y": Source(fields={"label": "y"})},
        splits={"clean": RANDOM},
        positive="x",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, Path]:
    return {
        "x": fasta(tmp_path / "x.fa", ["a", "b", "a", "a#2"]),
        "y": fasta(tmp_path / "y.fa", ["a", "c", "d"], 10),
    }


def test_a_set_of_two_files(paths: dict[str, Path]) -> None:
    made = assemble(manifest(), paths)
    assert made.ids == ["a", "b", "a#2", "a#2#2", "a#3", "c", "d"]
    assert made.labels.tolist() == ["x"] * 4 + ["y"] * 3
    assert (made.name, made.positive, made.ranks, made.subsets) == ("toy", "x", {}, {})
    assert made.groups.tolist() == list(range(7))
    assert list(made.folds) == ["clean"]


def test_unknown_letters_are_left_out_where_asked_for(paths: dict[str, Path]) -> None:
    paths["x"].write_text(f"{paths['x'].read_text()}>n\nACGTN\n")
    assert len(assemble(manifest(), paths).ids) == 8
    assert len(assemble(manifest(known_only=True), paths).ids) == 7


def test_copies_are_apart_where_asked_for(paths: dict[str, Path]) -> None:
    paths["x"].write_text(f">a\n{bases(50)}\n>b\n{bases(50)}\n" * 3)
    assert len(set(assemble(manifest(), paths).groups.tolist())) == 4
    assert len(set(assemble(manifest(join_copies=False), paths).groups.tolist())) == 9


def test_groups_are_of_a_field_and_of_shared_words(paths: dict[str, Path]) -> None:
    lines = paths["y"].read_text().splitlines()
    lines[3] = lines[3][:20] + bases(1)[20:45] + lines[3][45:]
    paths["y"].write_text("\n".join(lines))
    sources = {
        "x": Source(fields={"label": "x"}),
        "y": Source(pattern="(?P<gene>[ad])?", fields={"label": "y"}),
    }
    fields = assemble(manifest(sources=sources, group="gene"), paths).groups
    assert len(set(fields.tolist())) == 7
    sources["y"] = Source(fields={"label": "y", "gene": "g"})
    fields = assemble(manifest(sources=sources, group="gene"), paths).groups
    assert len(set(fields.tolist())) == 5
    both = assemble(manifest(sources=sources, group="gene", words=(25,)), paths).groups
    assert both.tolist() == [0, 1, 2, 3, 1, 1, 1]
    # Of several words the first that makes small groups: at 3 bases everything is alike.
    chosen = assemble(manifest(words=(3, 25, 26)), paths).groups
    assert chosen.tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_a_stated_split_is_that_of_its_column_in_the_data(tmp_path: Path) -> None:
    roles = ("train", "test") * 6
    rows = [f"{bases(n)}\t{'xy'[n // 2 % 2]}\t{role}" for n, role in enumerate(roles)]
    table = tmp_path / "t.tsv"
    table.write_text("\n".join(["sequence\tlabel\tset_2019", *rows, ""]))
    columns = {"sequence": "sequence", "label": "label", "old": "set_2019"}
    made = assemble(
        manifest(
            files={"t": ManifestFile("t.tsv")},
            sources={"t": Source("table", columns=columns)},
            splits={"stated": SplitRule("stated", field="old")},
        ),
        {"t": table},
    )
    assert made.explained == {"stated": "As the column `set_2019` of the data says."}
    assert len(made.folds["stated"][0].test) == 6


def test_written_labels_are_renamed(paths: dict[str, Path]) -> None:
    made = assemble(manifest(classes={"x": "one", "y": "two"}, positive="one"), paths)
    assert set(made.labels) == {"one", "two"}
    with pytest.raises(InputFileError, match=r"x.fa, line 1: label 'x' is of no class. Known: y"):
        assemble(manifest(classes={"y": "two"}), paths)


def test_only_the_sequences_asked_for(paths: dict[str, Path]) -> None:
    pattern = "^(?P<id>.)"
    sources = {
        "x": Source(fields={"label": "x"}),
        "y": Source(pattern=pattern, fields={"label": "y"}, only={"id": "c"}),
    }
    with pytest.raises(DatasetError, match=r"class y has 1 sequence\. .* leave the class out"):
        assemble(manifest(sources=sources), paths)


def test_lineages(paths: dict[str, Path]) -> None:
    sources = {
        "x": Source(fields={"label": "x", "family": "f"}),
        "y": Source(fields={"label": "y", "family": "f"}),
    }
    made = assemble(manifest(sources=sources, ranks=("family", "genus")), paths)
    assert made.ranks == {"family": {"x": "f", "y": "f"}, "genus": {"x": "x", "y": "y"}}
    sources["y"] = Source(fields={"label": "x", "family": "g"})
    sources["z"] = Source(fields={"label": "z", "family": "g"})
    files = {**manifest().files, "z": ManifestFile("z")}
    with pytest.raises(InputFileError, match="y.fa, line 1: x is of family g here and of f before"):
        assemble(
            manifest(sources=sources, files=files, ranks=("family",)), {**paths, "z": paths["x"]}
        )


def test_reads_inherit_from_their_gene(paths: dict[str, Path]) -> None:
    made = assemble(
        manifest(
            reads=ReadModel(4, 20, both_strands=True),
            splits={"by-gene": SplitRule("grouped", folds=3), "by-read": RANDOM},
            subsets={"alone": SubsetRule("alone")},
        ),
        {"x": paths["x"], "y": paths["y"]},
    )
    assert len(made.sequences) == 28
    assert made.ids[:5] == ["a/1", "a/2", "a/3", "a/4", "b/1"]
    assert made.labels.tolist() == ["x"] * 16 + ["y"] * 12
    assert made.groups.tolist() == [n for n in range(7) for _ in range(4)]
    for fold in made.folds["by-gene"]:
        assert not np.isin(made.groups[fold.test], made.groups[fold.train]).any()
    assert made.subsets["alone"].tolist() == list(range(28))


def test_subsets_of_test(paths: dict[str, Path], tmp_path: Path) -> None:
    bed = tmp_path / "c.bed"
    bed.write_text("chr1\t0\t60\ta\t0\t+\t0\t30\t0\t1\t60\t0\n")
    files = {**manifest().files, "bed": ManifestFile("c.bed")}
    made = assemble(
        manifest(
            files=files,
            sources={**manifest().sources, "bed": Source("other")},
            subsets={
                "length-matched": SubsetRule("length-matched"),
                "challenge": SubsetRule("challenge", "bed", 30),
            },
        ),
        {**paths, "bed": bed},
    )
    assert made.subsets["length-matched"].tolist() == [0, 1, 2, 4, 5, 6]
    # Of the sequences that are tested alone: one x, three y.
    roles = {"x": ["train", "test", "train", "train"], "y": ["train", "test", "test", "test"]}
    for name, of_file in roles.items():
        fasta(paths[name], [f"{number} {role}" for number, role in enumerate(of_file)], 10)
    pattern = r"^(?P<id>\S+) (?P<set>\S+)"
    tested = assemble(
        manifest(
            sources={name: Source(pattern=pattern, fields={"label": name}) for name in roles},
            splits={"clean": SplitRule("stated")},
            subsets={"length-matched": SubsetRule("length-matched")},
        ),
        paths,
    )
    assert tested.subsets["length-matched"].tolist() == [1, 5]
    assert 0 in made.subsets["challenge"]
    assert 1 not in made.subsets["challenge"]


def test_sequences_without_a_label_or_a_class(paths: dict[str, Path]) -> None:
    sources = {"x": Source(fields={"label": "x"}), "y": Source()}
    with pytest.raises(InputFileError, match="y.fa, line 1: a sequence without label"):
        assemble(manifest(sources=sources), paths)
    sources["y"] = Source(fields={"label": "x"})
    with pytest.raises(DatasetError, match="7 sequences of 1 class. Give two"):
        assemble(manifest(sources=sources), paths)
    with pytest.raises(DatasetError, match="no sequence of class z"):
        assemble(manifest(positive="z"), paths)
