"""The profile of hypothesis: see ``support/profiles.py``."""

from __future__ import annotations

from support import profiles

profiles.load()
