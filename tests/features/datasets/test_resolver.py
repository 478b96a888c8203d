from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from features.datasets.holdout import Holdout
from features.datasets.manifest import Manifest, ManifestFile
from features.datasets.resolver import resolve_files
from features.errors import DatasetError


def manifest(url: str | None = None) -> Manifest:
    digest = None if url else hashlib.sha256(b"genome").hexdigest()
    files = {"genome": ManifestFile("toy/genome.fa", digest, url)}
    return Manifest("toy", "Toy", "here", files, Holdout(("c",), ("b",), ("a",)), {}, 0)


def put(root: Path, content: bytes = b"genome") -> Path:
    path = root / "toy" / "genome.fa"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """An empty folder for each place where data may lie."""
    places = {name: tmp_path / name for name in ("explicit", "variable", "cache")}
    for place in places.values():
        place.mkdir()
    monkeypatch.setenv("GENESTRUCT_DATA", str(places["variable"]))
    monkeypatch.setenv("GENESTRUCT_CACHE", str(places["cache"]))
    return places


def test_the_explicit_root_comes_before_the_variable_and_that_before_the_cache(
    roots: dict[str, Path],
) -> None:
    in_cache = put(roots["cache"])
    assert resolve_files(manifest()) == {"genome": in_cache}
    by_variable = put(roots["variable"])
    assert resolve_files(manifest()) == {"genome": by_variable}
    explicit = put(roots["explicit"])
    assert resolve_files(manifest(), roots["explicit"]) == {"genome": explicit}


def test_an_explicit_root_is_the_only_place_looked_at(roots: dict[str, Path]) -> None:
    put(roots["cache"])
    with pytest.raises(
        DatasetError, match="no genome file .*explicit.*Point --data or GENESTRUCT_DATA"
    ):
        resolve_files(manifest(), roots["explicit"])


def test_nothing_anywhere_says_what_to_do(roots: dict[str, Path]) -> None:
    with pytest.raises(DatasetError, match="no folder 'toy' in .*variable, .*cache"):
        resolve_files(manifest())
    with pytest.raises(DatasetError, match="Run `python -m benchmarks fetch toy`, or point --data"):
        resolve_files(manifest("http://example.org/genome.fa"))


def test_a_root_that_is_no_folder(roots: dict[str, Path]) -> None:
    with pytest.raises(DatasetError, match="missing .--data. is not a folder"):
        resolve_files(manifest(), roots["explicit"] / "missing")


def test_a_damaged_file_is_refused(roots: dict[str, Path]) -> None:
    put(roots["variable"], b"genom")
    with pytest.raises(DatasetError, match="genome.fa: its SHA-256 is"):
        resolve_files(manifest())
