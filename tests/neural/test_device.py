from __future__ import annotations

import pytest
import torch

from features.errors import ModelError
from neural.device import choose_device, describe_precision, mixed_precision, threads


def test_a_device_that_is_absent_is_told() -> None:
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type in ("cpu", "cuda")
    for name in ("nonsense", "gpu", "meta", "cuda:x", "cpu:0", "mps", ""):
        with pytest.raises(
            ModelError, match=f"{name!r} cannot be used here .devices are auto, cpu"
        ):
            choose_device(name)
    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="'cuda' cannot be used here.*name cpu"):
            choose_device("cuda")


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    with threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_the_precision_is_what_products_come_in() -> None:
    device = torch.device("cpu")
    with mixed_precision(device):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    told = describe_precision(device)
    assert told["device"] == "cpu"
    assert str(product.dtype) == f"torch.{told['precision']}"
