"""PyTorch models: ``pip install genestruct[neural]``."""

from __future__ import annotations

from importlib.util import find_spec

from features.errors import ModelError

if find_spec("torch") is None or find_spec("safetensors") is None:
    raise ModelError("The neural models need PyTorch: pip install 'genestruct[neural]'.")
