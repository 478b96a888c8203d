from __future__ import annotations

import re

import pytest

from features.datasets import dataset_names
from features.datasets.fetch import fetch_files
from features.errors import DatasetError, InputFileError
from features.sequence_sets import sequence_set_names
from features.sequence_sets.manifest import (
    Source,
    SplitRule,
    parse_sequence_manifest,
    read_sequence_manifest,
)

FILE = '[files.a]\npath = "x/a.fa"\n'
HEAD = 'title = "t"\nsource = "s"\n'
SPLIT = '[splits.clean]\nrule = "random"\n'


@pytest.mark.parametrize("name", sequence_set_names())
def test_every_manifest_can_be_used(name: str) -> None:
    manifest = read_sequence_manifest(name)
    upstream = all(entry.sha256 is None for entry in manifest.files.values())
    assert next(iter(manifest.splits)) == ("by-gene" if name.startswith("taxonomy") else "clean")
    for role, entry in manifest.files.items():
        assert upstream or (entry.sha256 is not None and len(entry.sha256) == 64)
        assert entry.path.startswith("tasks/") != upstream
        assert entry.url is None or entry.url.endswith("/" + entry.path.rpartition("/")[2])
        pattern = manifest.sources[role].pattern
        assert pattern is None or re.compile(pattern).groups
    for source in manifest.sources.values():
        if source.form != "other":
            stated = {
                *source.fields,
                *source.columns,
                *re.findall(r"\?P<(\w+)>", source.pattern or ""),
            }
            assert "label" in stated or source.form == "promoters"
    for subset in manifest.subsets.values():
        assert not subset.structure or subset.structure in manifest.files


def test_the_names_asked_for() -> None:
    assert {
        "ecoli-promoters",
        "bacterial-promoters-ecoli",
        "bacterial-promoters-bsubtilis",
        "regulondb-promoters",
        "regulondb-sigma",
        "mouse-promoters",
        "arabidopsis-promoters-tata",
        "arabidopsis-promoters-non-tata",
        "human-promoters-tata",
        "human-promoters-all",
        "human-promoters-core",
        "vista-human",
        "vista-mouse",
        "vista-cross",
        "enhancers-ienhancer",
        "enhancers-strength",
        "mrna-lncrna",
        "mrna-lncrna-mouse",
        "taxonomy-16s-full",
        "taxonomy-16s-amplicon",
        "taxonomy-16s-shotgun",
        "splice-hs3d-donor",
        "splice-hs3d-acceptor",
        "splice-uci",
    } <= set(sequence_set_names())


def test_an_unknown_set_lists_the_known_ones() -> None:
    with pytest.raises(DatasetError, match=r"no sequence set 'vista-mose'. Did you mean vista-mou"):
        read_sequence_manifest("vista-mose")


def test_defaults() -> None:
    text = f'{HEAD}word = 16\n{FILE}[files.b]\npath = "x/b.csv.gz"\n{SPLIT}folds = 5\n'
    manifest = parse_sequence_manifest(text, "mine", "mine.toml")
    assert manifest.sources == {"a": Source(), "b": Source("table")}
    assert manifest.splits == {"clean": SplitRule("random", folds=5)}
    assert manifest.words == (16,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "not valid TOML"),
        (f"{FILE}{SPLIT}", "no title"),
        (f"{HEAD}{SPLIT}", r"no \[files.NAME\]"),
        (f"{HEAD}{FILE}", r"no \[splits.NAME\]"),
        (f"{HEAD}{FILE}colour = 1\n{SPLIT}", r"\[files.a\] has a wrong or a missing key"),
        (f'{HEAD}{FILE}form = "xml"\n{SPLIT}', r"\[files.a\] is of no known kind: 'xml'. Known: f"),
        (f"{HEAD}{FILE}[splits.clean]\nfolds = 3\n", r"\[splits.clean\] has .* It may have rule, "),
        (f'{HEAD}{FILE}{SPLIT}[subsets.x]\nrule = "y"\n', r"\[subsets.x\] is of no known kind"),
        (f"{HEAD}{FILE.replace('x/', '../')}{SPLIT}", "leaves the data root"),
    ],
)
def test_a_bad_manifest_names_its_file(text: str, said: str) -> None:
    with pytest.raises(InputFileError, match=f"mine.toml.*{said}"):
        parse_sequence_manifest(text, "mine", "mine.toml")


def test_sets_and_genomes_have_different_names() -> None:
    assert not set(dataset_names()) & set(sequence_set_names())


def test_files_without_an_address_cannot_be_fetched() -> None:
    with pytest.raises(DatasetError, match="vista-mouse: tasks/.* has no upstream address"):
        fetch_files(read_sequence_manifest("vista-mouse"))
