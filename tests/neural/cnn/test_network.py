from __future__ import annotations

import pytest
import torch

from neural.cnn.network import CONTENTS, SIZES, SiteNetwork

ABOUT = {"tiny": 10_000, "small": 100_000, "base": 700_000}


@pytest.mark.parametrize("name", SIZES)
def test_sizes_are_about_what_they_are_called(name: str) -> None:
    network = SiteNetwork(SIZES[name])
    count = sum(parameter.numel() for parameter in network.parameters())
    assert 0.8 * ABOUT[name] < count < 1.3 * ABOUT[name]


@pytest.mark.parametrize("name", ["tiny", "small"])
def test_an_answer_depends_on_its_context_and_nothing_beyond(name: str) -> None:
    torch.manual_seed(1)
    network = SiteNetwork(SIZES[name])
    for parameter in network.parameters():  # the last convolutions of blocks begin at zero
        torch.nn.init.normal_(parameter, 0, 0.1)
    context = network.context
    codes = torch.randint(0, 4, (1, 2 * context + 11))
    with torch.inference_mode():
        answer = network(codes)
        assert answer.shape == (1, 4 + CONTENTS, 11)
        middle = answer[..., 5]
        for place, matters in (
            (4, False),
            (5, True),
            (2 * context + 5, True),
            (2 * context + 6, False),
        ):
            changed = codes.clone()
            changed[0, place] = (changed[0, place] + 1) % 4
            assert torch.equal(network(changed)[..., 5], middle) != matters


def test_an_unknown_base_is_no_base() -> None:
    network = SiteNetwork(SIZES["tiny"])
    codes = torch.full((1, 2 * network.context + 3), 4)
    with torch.inference_mode():
        blank = network.from_one_hot(torch.zeros(1, codes.shape[1], 4))
        assert torch.equal(network(codes), blank)


def test_before_training_a_site_is_rare() -> None:
    network = SiteNetwork(SIZES["tiny"])
    with torch.inference_mode():
        logits = network(torch.randint(0, 4, (2, 2 * network.context + 50)))
    assert logits[:, :4].max() < -2
