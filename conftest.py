"""Readers of frameworks that are not installed cannot be imported, and hold no doctests to run."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore: list[str] = []
if find_spec("torch") is None:
    collect_ignore += ["polyregions/network/formats/torch", "polyregions/network/formats/keras.py"]
