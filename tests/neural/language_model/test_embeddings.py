from __future__ import annotations

from pathlib import Path

import numpy as np

from neural.language_model import DnaLanguageModel
from neural.language_model.embeddings import draw_embeddings, embed_words


def test_words_are_placed_and_drawn(model_folder: Path, tmp_path: Path) -> None:
    model = DnaLanguageModel.load(model_folder, threads=1)
    found = embed_words(model)
    assert found.words[:2] == ["AAA", "AAC"]
    assert found.gc[:3].tolist() == [0, 1 / 3, 1 / 3]
    assert found.places.shape == (64, 2)
    np.testing.assert_array_equal(found.places, embed_words(model).places)
    for name in ("one.svg", "other.svg"):
        draw_embeddings(found, tmp_path / name, "3-mers")
    text = (tmp_path / "one.svg").read_text()
    assert "AAC" in text
    assert "share of G and C" in text
    assert (tmp_path / "other.svg").read_text() == text
