from __future__ import annotations

import pytest
import torch

from neural.language_model import network
from neural.language_model.network import PRESETS, Classifier, Dropout, Encoder, LanguageModel

TINY = PRESETS["tiny"]


def tokens(length: int, sequences: int, words: int = 65) -> torch.Tensor:
    return torch.randint(
        1, words, (length, sequences), generator=torch.Generator().manual_seed(length)
    )


def test_base_has_the_published_size() -> None:
    """Embedding 1,025 x 400 (shared by the decoder), LSTM 400-1150-1150-400, decoder bias."""
    model = LanguageModel(1025, PRESETS["base"])
    layers = sum(4 * n * (m + n + 2) for m, n in ((400, 1150), (1150, 1150), (1150, 400)))
    count = sum(parameter.numel() for parameter in model.parameters())
    assert count == 1025 * 400 + layers + 1024


@pytest.mark.parametrize("place", range(5))
def test_every_dropout_acts_in_training_alone(place: int) -> None:
    rates = Dropout(*(0.5 * (number == place) for number in range(5)))
    encoder = Encoder(65, TINY, rates)
    read = tokens(12, 3)
    encoder.train()
    assert not torch.equal(encoder(read).dropped, encoder(read).dropped)
    encoder.eval()
    assert torch.equal(encoder(read).dropped, encoder(read).dropped)
    encoder.rates = rates.times(0)
    expected = encoder(read).dropped
    encoder.train()
    torch.testing.assert_close(encoder(read).dropped, expected)


def test_dropout_is_variational() -> None:
    """The same features of a sequence at every token, others in another sequence."""
    encoder = Encoder(65, TINY, Dropout(0.5, 0, 0, 0, 0)).train()
    dropped = encoder(tokens(9, 4)).dropped == 0
    assert (dropped == dropped[:1]).all()
    assert not (dropped[:, 0] == dropped[:, 1]).all()


def test_dropped_weights_get_gradients_where_they_are_kept() -> None:
    encoder = Encoder(65, TINY, Dropout(0, 0, 0, 0, 0.5)).train()
    encoder(tokens(9, 4)).raw.square().sum().backward()
    gradient = encoder.layers[0].get_parameter("weight_hh_l0").grad
    assert gradient is not None
    assert 0.4 < (gradient == 0).float().mean() < 0.6


def test_a_state_carries_the_past() -> None:
    model = LanguageModel(65, TINY).eval()
    read = tokens(20, 3)
    whole, _ = model(read)
    first, encoded = model(read[:13])
    second, _ = model(read[13:], encoded.state)
    torch.testing.assert_close(torch.cat([first, second]), whole)


def test_embedding_and_decoder_share_weights() -> None:
    model = LanguageModel(65, TINY, 0).eval()
    with torch.no_grad():
        model.encoder.embedding.weight[7] += 1
    encoded = model.encoder(tokens(4, 2))
    expected = encoded.dropped @ model.encoder.embedding.weight[1:].T
    torch.testing.assert_close(model(tokens(4, 2))[0], expected)


def test_the_groups_hold_every_parameter_once() -> None:
    for model in (LanguageModel(65, TINY), Classifier(65, TINY, 3)):
        grouped = [id(each) for group in model.groups() for each in group]
        assert sorted(grouped) == sorted(map(id, model.parameters()))


@pytest.mark.parametrize("reach", [1400, 7, 30])
def test_pooling_is_of_the_words_of_the_whole_sequence(
    reach: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Last, highest and mean, that of each part, whatever the padding and the neighbours; also read in pieces."""
    monkeypatch.setattr(network, "REACH", reach)
    classifier = Classifier(65, TINY, 3, parts=10).eval()
    read = tokens(30, 3)
    read[11:, 1] = 0
    read[:, 2] = 0
    read[4:6, 0] = 0  # unknown bases move nothing behind them into another part
    pooled = classifier.pool(read)
    for column, length in ((0, 30), (1, 11)):
        output = classifier.encoder(read[:length, column : column + 1]).raw[:, 0]
        word = read[:length, column] != 0
        part = torch.arange(length) * 10 // length
        parts = [output[word & (part == each)].mean(0) for each in range(10)]
        output = output[word]
        expected = torch.cat([output[-1], output.amax(0), output.mean(0), *parts])
        torch.testing.assert_close(pooled[column], expected)
    assert not pooled[2].any()


def test_the_published_head_pools_the_whole_alone() -> None:
    read = tokens(30, 3)
    torch.manual_seed(0)
    published = Classifier(65, TINY, 3).eval()
    torch.manual_seed(0)
    ours = Classifier(65, TINY, 3, parts=4).eval()
    whole = published.pool(read)
    assert whole.shape == (3, 3 * TINY.embedding)
    torch.testing.assert_close(ours.pool(read)[:, : whole.shape[1]], whole)
    assert published(read).shape == (3, 3)


def test_gradients_flow_through_the_reach_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "REACH", 10)
    classifier = Classifier(65, TINY, 3, 0).eval()
    read = torch.arange(1, 31)[:, None]  # every token once
    classifier.pool(read).sum().backward()
    gradient = classifier.encoder.embedding.weight.grad
    assert gradient is not None
    reached = gradient.abs().sum(1) > 0
    assert not reached[:21].any()
    assert reached[21:31].all()
