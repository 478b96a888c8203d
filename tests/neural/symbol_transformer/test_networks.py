from __future__ import annotations

import numpy as np
import torch

from features.proteins import Proteins
from features.proteins.alphabet import PADDING, encode_protein
from neural.symbol_transformer import PublishedTransformer
from neural.symbol_transformer.inputs import (
    LetterEncoder,
    ProteinBatches,
    WordEncoder,
    one_hot_clades,
    vary,
)
from neural.symbol_transformer.network import SIZES, WordNetwork
from neural.symbol_transformer.published import PUBLISHED, PublishedNetwork, PublishedSize

TINY = SIZES["tiny"]


def test_the_published_network_has_the_published_parameters() -> None:
    size = PUBLISHED["gst"]
    network = PublishedNetwork(size, 100)
    shapes = {name: tuple(each.shape) for name, each in network.named_parameters()}
    assert shapes["mlp.weight"] == (64, 28 * 1107)
    assert shapes["position"] == (1, 1107, 16)
    assert shapes["blocks.1.to_keys.weight"] == (8 * 16, 16)
    assert shapes["blocks.0.feed_forward.0.weight"] == (128, 16)
    assert shapes["final_layer.weight"] == (1107, 16)
    assert shapes["integration_layer.weight"] == (100, 64 + 1107 + 18)
    assert "blocks.2.to_keys.weight" not in shapes
    model = PublishedTransformer(preset="gst-development", device="cpu")
    assert (model.batch, model.learning_rate, model.epochs) == (16, 3e-4, 10)
    model = PublishedTransformer(batch=8, device="cpu")
    assert (model.batch, model.learning_rate) == (8, 1e-4)


def test_the_published_attention_is_the_wide_one_written_out() -> None:
    torch.manual_seed(0)
    block = PublishedNetwork(PublishedSize(9, 4, 3, 1, 8, "relu"), 5).blocks[0]
    x = torch.randn(2, 9, 4)
    keys, queries, values = (
        layer(x).view(2, 9, 3, 4).transpose(1, 2)
        for layer in (block.to_keys, block.to_queries, block.to_values)
    )
    weights = (queries @ keys.transpose(2, 3) / 4**0.5).softmax(-1)
    seen = block.unify_heads((weights @ values).transpose(1, 2).reshape(2, 9, 12))
    once = block.norm_1(seen + x)
    expected = block.norm_2(block.feed_forward(once) + once)
    torch.testing.assert_close(block(x), expected)


def test_the_published_network_pools_over_padding_and_tells_log_probabilities() -> None:
    torch.manual_seed(0)
    size = PublishedSize(12, 4, 2, 1, 8, "gelu")
    network = PublishedNetwork(size, 5).eval()
    letters = LetterEncoder(12).batch([encode_protein("MAC"), encode_protein("M" * 20)])
    assert letters.shape == (2, 12)
    assert letters[0, 3:].unique().tolist() == [PADDING]
    told = network(letters, one_hot_clades(np.array(["aves", ""])))
    torch.testing.assert_close(told.exp().sum(1), torch.ones(2))
    changed = network(letters, one_hot_clades(np.array(["rodentia", ""])))
    assert not torch.equal(told[0], changed[0])
    assert torch.equal(told[1], changed[1])


def test_words_stand_in_pieces() -> None:
    encoder = WordEncoder(TINY)
    residues = encode_protein("MKVLAAGGIWWYHKRDEMKV")
    found = encoder.batch([residues, encode_protein("XXXX")])
    assert found.shape == (2, 2, TINY.stride)
    words = TINY.words.of(residues) + 1
    assert found[0].flatten()[: len(words)].tolist() == words.tolist()
    assert not found[1].any()
    assert encoder.batch([]).shape[0] == 0
    longest = np.zeros(TINY.stride * (TINY.longest + 5), np.uint8)
    assert encoder.batch([longest]).shape[1] == TINY.longest


def test_what_is_told_does_not_depend_on_the_padding() -> None:
    torch.manual_seed(0)
    network = WordNetwork(TINY, 7).eval()
    encoder = WordEncoder(TINY)
    rng = np.random.default_rng(0)
    proteins = [rng.integers(0, 20, length).astype(np.uint8) for length in (30, 90, 400)]
    clades = one_hot_clades(np.array(["aves", "", "plants"]))
    together = network(encoder.batch(proteins), clades)
    for row, (residues, clade) in enumerate(zip(proteins, clades, strict=True)):
        alone = network(encoder.batch([residues]), clade[None])
        torch.testing.assert_close(together[row], alone[0], atol=1e-4, rtol=1e-4)
    nothing = network(encoder.batch([encode_protein("XX")]), clades[:1])
    assert torch.isfinite(nothing).all()


def test_a_clade_that_was_never_trained_adds_nothing() -> None:
    network = WordNetwork(TINY, 7).eval()
    read = WordEncoder(TINY).batch([encode_protein("MKVLAAGGIWWYHKRDE")])
    told = [network(read, one_hot_clades(np.array([name]))) for name in ("", "marsupials")]
    assert torch.equal(*told)


def test_the_default_has_far_fewer_parameters_than_the_published_network() -> None:
    own, published = (
        sum(each.numel() for each in network.parameters())
        for network in (WordNetwork(SIZES["small"], 7328), PublishedNetwork(PUBLISHED["gst"], 7328))
    )
    assert own < published / 2


def test_a_varied_protein_is_a_part_of_it() -> None:
    rng = np.random.default_rng(0)
    residues = rng.integers(0, 20, 300).astype(np.uint8)
    lengths, unknown = [], []
    for _ in range(50):
        varied = vary(residues, rng)
        known = varied < 20
        lengths.append(len(varied))
        unknown.append(1 - known.mean())
        assert any(
            (residues[first : first + len(varied)][known] == varied[known]).all()
            for first in range(len(residues) - len(varied) + 1)
        )
    assert min(lengths) < 300
    assert 0.02 < np.mean(unknown) < 0.2
    assert len(vary(residues[:1], rng)) == 1


def test_batches_are_the_same_every_time() -> None:
    rng = np.random.default_rng(0)
    proteins = Proteins(
        [rng.integers(0, 20, 40).astype(np.uint8) for _ in range(10)], np.full(10, "aves")
    )
    batches = [
        ProteinBatches(proteins, np.arange(10), WordEncoder(TINY), 4, 1, True) for _ in range(2)
    ]
    assert batches[0].steps == 2
    for step in (0, 3):
        for one, other in zip(*(each.draw(step) for each in batches), strict=True):
            assert torch.equal(one, other)
    assert batches[0].digest() == batches[1].digest()
