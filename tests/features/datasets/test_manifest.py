from __future__ import annotations

import pytest

from features.datasets import dataset_names
from features.datasets.manifest import parse_manifest, read_manifest
from features.errors import DatasetError, InputFileError

HOLDOUT = '[holdout]\ntrain = ["a"]\nvalidation = ["b"]\ntest = ["c"]\n'
FILES = '[genome]\npath = "x/g.fa"\n[annotation]\npath = "x/a.gtf"\n'


@pytest.mark.parametrize("name", dataset_names())
def test_every_manifest_can_be_used(name: str) -> None:
    manifest = read_manifest(name)
    roles = [manifest.holdout.train or (), manifest.holdout.validation or (), manifest.holdout.test]
    named = [chromosome for role in roles for chromosome in role]
    assert len(named) == len(set(named))
    if manifest.simulated:
        assert set(named) == set(manifest.simulation)
    for entry in manifest.files.values():
        assert entry.path.startswith(f"{name}/")
        assert (entry.sha256 is None) == (entry.url is not None)
        assert entry.sha256 is None or len(entry.sha256) == 64
        assert entry.url is None or entry.url.endswith(entry.path.removeprefix(name))


def test_the_fixed_holdouts() -> None:
    assert {"demo", "pombe", "falciparum", "worm", "human", "gencode47"} <= set(dataset_names())
    tests = {name: read_manifest(name).holdout.test for name in dataset_names()}
    assert tests["worm"] == ("IV", "X")
    assert tests["pombe"] == ("II",)
    assert tests["falciparum"] == ("11", "12", "14")
    assert tests["human"] == tests["gencode47"] == ("1", "3", "5", "7", "9")


def test_an_unknown_dataset_lists_the_known_ones() -> None:
    with pytest.raises(DatasetError, match=r"Did you mean worm\? Known: demo, "):
        read_manifest("wurm")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "not valid TOML"),
        (f'source = "s"\n{FILES}{HOLDOUT}', "no title"),
        (f'title = "t"\nsource = "s"\n{HOLDOUT}', r"neither a \[simulation\]"),
        (f'title = "t"\nsource = "s"\n{FILES}[holdout]\ntrain = ["a"]\n', "list of validation"),
        (
            f'title = "t"\nsource = "s"\n{FILES.replace("x/g.fa", "../g.fa")}{HOLDOUT}',
            "leaves the data root",
        ),
    ],
)
def test_a_bad_manifest_names_its_file(text: str, said: str) -> None:
    with pytest.raises(InputFileError, match=f"mine.toml.*{said}"):
        parse_manifest(text, "mine", "mine.toml")
