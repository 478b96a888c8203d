from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from features.errors import ModelError
from neural.weights import load_weights, save_weights


def network() -> nn.Linear:
    return nn.Linear(3, 4)


def test_weights_come_back_and_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = network(), network()
    nn.init.zeros_(second.weight)
    save_weights(first, tmp_path / "a")
    save_weights(first, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    load_weights(second, tmp_path / "a")
    assert torch.equal(first.weight, second.weight)


def test_weights_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    save_weights(network(), tmp_path / "w")
    with pytest.raises(ModelError, match="another architecture"):
        load_weights(nn.Linear(2, 2), tmp_path / "w")
    (tmp_path / "w").write_bytes((tmp_path / "w").read_bytes()[:-5])
    with pytest.raises(ModelError, match="no readable weights"):
        load_weights(network(), tmp_path / "w")
    with pytest.raises(ModelError, match="no readable weights"):
        load_weights(network(), tmp_path / "missing")
