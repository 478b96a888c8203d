from __future__ import annotations

import numpy as np
import pytest

from features.errors import ModelError
from features.genome import encode
from neural.sequences.tokens import PAD, PUBLISHED, Tokeniser


def reference(text: str, k: int, stride: int) -> list[str]:
    """Genomic-ULMFiT's tokeniser, in plain Python; a word with an unknown base is none."""
    pieces = [text[i : i + k] for i in range(0, len(text), stride)]
    return [piece if set(piece) <= set("ACGT") else "" for piece in pieces if len(piece) == k]


@pytest.mark.parametrize(("k", "stride"), PUBLISHED)
@pytest.mark.parametrize("length", [0, 2, 5, 8, 9, 200])
def test_tokens_are_the_published_words(k: int, stride: int, length: int) -> None:
    rng = np.random.default_rng(length)
    text = "".join(rng.choice(list("ACGTN"), length, p=[0.24, 0.24, 0.24, 0.24, 0.04]))
    tokeniser = Tokeniser(k, stride)
    names = tokeniser.words()
    tokens = tokeniser.encode(encode(text))
    assert [names[token] for token in tokens] == reference(text, k, stride)
    assert tokeniser.count(np.array([length]))[0] == len(tokens)
    assert len(names) == tokeniser.size == 1 + 4**k


def test_a_batch_is_padded_behind() -> None:
    batch = Tokeniser(2, 2).batch([encode("ACGTA"), encode("A"), encode("ANTTGG")])
    np.testing.assert_array_equal(batch.T, [[2, 12, PAD], [PAD] * 3, [PAD, 16, 11]])
    assert Tokeniser().batch([encode("")]).shape == (1, 1)


@pytest.mark.parametrize(("k", "stride"), [(0, 1), (9, 1), (3, 4), (3, 0), (3.0, 1)])
def test_tokens_that_cannot_be_are_told(k: int, stride: int) -> None:
    with pytest.raises(ModelError, match="k must be 1 to 8, the stride 1 to k"):
        Tokeniser(k, stride)
