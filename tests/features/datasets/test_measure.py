from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.datasets.gene_model import read_figures
from features.datasets.loader import dataset_from_files
from features.datasets.measure import main, measure
from features.datasets.simulator import write_simulation


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("measure") / "toy"
    write_simulation(folder, {"a": 1_500_000, "b": 50_000, "c": 50_000}, 5)
    return folder / "genome.fa", folder / "annotation.gff3"


def test_measuring_a_simulated_genome_returns_its_figures(files: tuple[Path, Path]) -> None:
    dataset = dataset_from_files(*files, train=["a"], validation=["b"], test=["c"])
    found, put_in = measure(dataset), read_figures()
    assert found.keys() == put_in.keys()
    for name in ("donor_intron", "acceptor_intron", "start_upstream", "chains", "exon_counts"):
        assert _shape(found[name]) == _shape(put_in[name])
    for name in ("donor_exon", "acceptor_exon"):
        assert np.allclose(found[name], put_in[name], atol=0.1)
    assert np.array(found["donor_intron"])[1, 2, 3] > 0.98
    for kind in ("intron", "single_exon", "internal_exon", "utr_3"):
        middle = len(put_in["lengths"][kind]) // 2
        assert found["lengths"][kind][middle] == pytest.approx(
            put_in["lengths"][kind][middle], rel=0.25
        )
    assert np.allclose(found["chains"]["intergenic"], put_in["chains"]["intergenic"], atol=0.05)


def _shape(table: Any) -> tuple[int, ...]:
    return np.shape(next(iter(table.values())) if isinstance(table, dict) else table)


def test_the_command_writes_the_figures(files: tuple[Path, Path], tmp_path: Path) -> None:
    output = tmp_path / "figures.json"
    options = ["--genome", str(files[0]), "--annotation", str(files[1]), "--train", "a", "--quiet"]
    options += ["--validation", "b", "--test", "c", "--output", str(output)]
    assert main(options) == 0
    assert json.loads(output.read_text()).keys() == read_figures().keys()
