"""DIAMOND and MMseqs2: how they are called and read, by a program that stands in for them, and they themselves."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from baselines.gene_finders.program import MissingProgramError, ProgramError
from baselines.protein_symbols.search import Diamond, Mmseqs
from benchmarks.contracts import SymbolModel
from features.errors import ModelError, TrainingError
from features.proteins import ProteinSet
from tests.protein_families import families

STAND_IN = """#!{python}
import sys
def read(path):
    name = ""
    for line in open(path):
        if line[0] == ">":
            name = line[1:].strip()
        else:
            yield name, {{line[i:i + 3] for i in range(len(line) - 3)}}
if sys.argv[1] in ("blastp", "easy-search"):
    targets = list(read("target.fa"))
    with open("found.tsv", "w") as out:
        for name, own in read("query.fa"):
            for target, words in targets:
                if own & words:
                    print(name, target, 2 * len(own & words), sep="\\t", file=out)
"""


@pytest.fixture(scope="module")
def proteins(tmp_path_factory: pytest.TempPathFactory) -> ProteinSet:
    return families(tmp_path_factory.mktemp("families"), symbols=20)


@pytest.fixture
def binary(tmp_path: Path) -> str:
    path = tmp_path / "search"
    path.write_text(STAND_IN.format(python=sys.executable))
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("kind", [Diamond, Mmseqs])
def test_the_best_alignment_gives_the_symbol(
    kind: type[Diamond], proteins: ProteinSet, binary: str
) -> None:
    model = kind(1, 1, binary=binary)
    assert isinstance(model, SymbolModel)
    fold = proteins.fold("held-out-species")
    model.fit(proteins.take(fold.train), proteins.take(fold.validation))
    tested = proteins.take(fold.test)
    found = model.assign(tested)
    assert (found.symbols == tested.symbols).mean() > 0.9
    assert np.isfinite(found.probability).all()
    assert model.usage.cpu_seconds > 0


@pytest.mark.parametrize(("kind", "package"), [(Diamond, "diamond-aligner"), (Mmseqs, "mmseqs2")])
def test_a_missing_program_is_told_before_anything_runs(
    kind: type[Diamond], package: str, proteins: ProteinSet
) -> None:
    everything = proteins.take(np.arange(len(proteins.ids)))
    with pytest.raises(
        MissingProgramError, match=f"not installed: no-such .Debian package {package}"
    ):
        kind(binary="no-such").fit(everything, everything)


def test_what_goes_wrong_is_told(proteins: ProteinSet, tmp_path: Path, binary: str) -> None:
    everything = proteins.take(np.arange(len(proteins.ids)))
    with pytest.raises(ModelError, match="diamond: not fitted"):
        Diamond().assign(everything)
    strangers = everything._replace(symbols=np.full(len(everything.symbols), "NONE1"))
    with pytest.raises(TrainingError, match="no validation protein"):
        Diamond(binary=binary).fit(everything, strangers)
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexit 0\n")
    silent.chmod(0o755)
    with pytest.raises(ProgramError, match="wrote no table"):
        Diamond(binary=str(silent)).fit(everything, everything)


@pytest.mark.parametrize("kind", [Diamond, Mmseqs])
def test_the_programs_themselves(kind: type[Diamond], proteins: ProteinSet) -> None:
    if shutil.which(kind.binary) is None:
        pytest.skip(f"{kind.binary} is not installed")
    model = kind(1, 1)
    fold = proteins.fold("held-out-species")
    model.fit(proteins.take(fold.train), proteins.take(fold.validation))
    tested = proteins.take(fold.test)
    assert (model.assign(tested).symbols == tested.symbols).mean() > 0.9
