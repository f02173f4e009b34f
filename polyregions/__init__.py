"""polyregions: the linear regions of a piecewise-linear network, exactly."""

from __future__ import annotations

from .box import Box
from .network import Network

__all__ = ["Box", "Network"]
