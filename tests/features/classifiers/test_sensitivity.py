from __future__ import annotations

import numpy as np

from features.classifiers.sensitivity import draw_sensitivity, measure_sensitivity
from features.genome import Codes, encode

MOTIF = encode("TATAAT")


def tell(sequences: list[Codes]) -> np.ndarray:
    """1 where the motif stands at base 10, else 0."""
    return np.array([float(np.array_equal(codes[10:16], MOTIF)) for codes in sequences])


def test_only_windows_on_the_motif_matter() -> None:
    codes = encode("C" * 10 + "TATAAT" + "C" * 14)
    found = measure_sensitivity(tell, codes, windows=(3, 8), draws=20, seed=1)
    assert found.probability == 1
    assert found.replaced.shape == (2, 30)
    assert found.replaced[0, 13] < 0.3
    assert found.replaced[1, 12] < 0.1
    apart = np.r_[:8, 18:30]
    np.testing.assert_array_equal(found.replaced[0, apart], 1)
    again = measure_sensitivity(tell, codes, windows=(3, 8), draws=20, seed=1)
    np.testing.assert_array_equal(found.replaced, again.replaced)


def test_the_picture_marks_the_start(tmp_path) -> None:
    found = measure_sensitivity(tell, encode("C" * 10 + "TATAAT" + "C" * 4), windows=(3,), draws=2)
    draw_sensitivity(found, tmp_path / "x.svg", "a title", mark=10)
    text = (tmp_path / "x.svg").read_text()
    assert "a title" in text
    assert "3 bases random" in text
    assert ">start<" in text
