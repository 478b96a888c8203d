"""What tests share: a cache of their own, the data root, a small simulated dataset and models of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings

from baselines.hmm import HmmDecoder, training
from baselines.xgb import XgbScorer, cascade, second_pass
from features.annotation import write_gff3
from features.datasets import Dataset, dataset_from_files
from features.datasets.simulator import write_simulation
from features.labelled import LabelledChromosome, ScoredChromosome
from features.scorers.strands import score_both_strands
from features.site_matrix import SiteFeatures

# A first example may wait for a kernel to compile.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

LENGTHS = {"a": 200_000, "b": 100_000, "c": 60_000}
"""Training, validation and test chromosome of the simulated dataset."""

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


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of ``genome.fa`` and ``annotation.gff3``."""
    folder = tmp_path_factory.mktemp("simulated") / "files"
    write_simulation(folder, LENGTHS, 7)
    return folder


@pytest.fixture(scope="session")
def dataset(files: Path) -> Dataset:
    return dataset_from_files(
        files / "genome.fa", files / "annotation.gff3", ["a"], ["b"], test=["c"]
    )


@pytest.fixture(scope="session")
def intronless(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An annotation of the same genes as if each were one exon."""
    path = tmp_path_factory.mktemp("intronless") / "annotation.gff3"
    single = [
        replace(t, exons=((t.start, t.end),), cds=((t.cds[0][0], t.cds[-1][1]),))
        for t in dataset.transcripts
        if t.coding
    ]
    write_gff3(single, path)
    return path


@pytest.fixture(scope="session")
def chromosomes(dataset: Dataset) -> dict[str, LabelledChromosome]:
    return {name: dataset.chromosome(name) for name in LENGTHS}


@pytest.fixture(scope="session")
def site_features(chromosomes: dict[str, LabelledChromosome]) -> SiteFeatures:
    return SiteFeatures.fit([chromosomes["a"]])


@pytest.fixture(scope="session")
def few_rounds() -> Iterator[None]:
    """Boosters and weight searches of a few rounds, for the whole session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cascade, "ROUNDS", 12)
        patch.setattr(cascade, "SCREEN_ROUNDS", 6)
        patch.setattr(second_pass, "ROUNDS", 8)
        patch.setattr(training, "ROUNDS", ((1.5, 1.0),))
        patch.setattr(training, "JUMPS", 4)
        yield


@pytest.fixture(scope="session")
def xgb_scorer(few_rounds: None, chromosomes: dict[str, LabelledChromosome]) -> XgbScorer:
    fitted = XgbScorer(seed=3, threads=1)
    fitted.fit([chromosomes["a"]], [chromosomes["b"]])
    return fitted


@pytest.fixture(scope="session")
def scored(
    xgb_scorer: XgbScorer, chromosomes: dict[str, LabelledChromosome]
) -> dict[str, ScoredChromosome]:
    """The validation and the test chromosome with the scores of ``xgb_scorer``."""
    return {
        name: ScoredChromosome(
            chromosomes[name], *score_both_strands(xgb_scorer, chromosomes[name].sequence)
        )
        for name in "bc"
    }


@pytest.fixture(scope="session")
def hmm_decoder(
    few_rounds: None,
    chromosomes: dict[str, LabelledChromosome],
    scored: dict[str, ScoredChromosome],
) -> HmmDecoder:
    fitted = HmmDecoder()
    fitted.fit([chromosomes["a"]], [scored["b"]])
    return fitted
