"""One row of a table of speeds."""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["Timing"]


class Timing(NamedTuple):
    """Rate of one stage, in ``unit``, on ``cores`` cores; ``peer_rate`` is the same for ``peer``, NaN without one."""

    stage: str
    rate: float
    unit: str
    cores: int
    peer: str = ""
    peer_rate: float = math.nan
