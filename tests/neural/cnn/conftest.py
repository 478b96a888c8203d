from __future__ import annotations

import pytest

from features.labelled import LabelledChromosome
from neural.cnn import CnnScorer


@pytest.fixture(scope="session")
def cnn_scorer(chromosomes: dict[str, LabelledChromosome]) -> CnnScorer:
    """A tiny network after a few steps."""
    fitted = CnnScorer(seed=3, threads=1, size="tiny", steps=150)
    fitted.fit([chromosomes["a"]], [chromosomes["b"]])
    return fitted
