"""What tests share: a cache of their own, and the data root of the real genomes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A first example may wait for a kernel to compile.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

BESIDE_CHECKOUT = Path(__file__).parents[1].parent / "shared" / "data"


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder for this session, so that tests neither read nor fill the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENESTRUCT_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of the real genomes; tests that need it are skipped where it is missing."""
    stated = os.environ.get("GENESTRUCT_DATA")
    folder = Path(stated) if stated else BESIDE_CHECKOUT
    if not (folder / "pombe").is_dir():
        pytest.skip(f"no real genomes in {folder}; set GENESTRUCT_DATA")
    return folder
