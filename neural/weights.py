"""Weights of networks as safetensors: the same weights give the same bytes, and reading them executes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from features.errors import ModelError
from features.storage import atomic_file

__all__ = ["contiguous", "load_weights", "save_weights"]


def contiguous(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors as safetensors stores them: on the processor, without gaps."""
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def save_weights(model: nn.Module, path: Path) -> None:
    """Write the weights as safetensors, atomically; the same weights give the same bytes."""
    with atomic_file(path) as scratch:
        scratch.write_bytes(save(contiguous(model.state_dict())))


def load_weights(model: nn.Module, path: Path) -> None:
    """Read weights of the same architecture; ``ModelError`` where they are missing, damaged or of another one."""
    try:
        tensors = load(path.read_bytes())
    except (OSError, ValueError, SafetensorError) as error:
        raise ModelError(f"{path}: no readable weights ({error}). Train the model again.") from None
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if wanted != found:
        differing = sorted(_differing(wanted, found))
        raise ModelError(
            f"{path}: weights of another architecture ({', '.join(differing[:3])}). "
            "Give the folder of a model of this kind and size."
        )
    model.load_state_dict(tensors)


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterable[str]:
    return (name for name in {*one, *other} if one.get(name) != other.get(name))
