from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features.genome import Codes
from neural.language_model import DnaLanguageModel
from neural.language_model.corpus import corpus_from_sequences


def random_bases(count: int, length: int, seed: int = 0) -> list[Codes]:
    return list(np.random.default_rng(seed).integers(0, 4, (count, length)).astype(np.uint8))


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny language model of k 3, stride 2, after a few steps."""
    model = DnaLanguageModel(seed=1, threads=1, k=3, stride=2, size="tiny", streams=8)
    model.fit(corpus_from_sequences(random_bases(40, 300), document=300))
    folder = tmp_path_factory.mktemp("language_model")
    model.save(folder)
    return folder
