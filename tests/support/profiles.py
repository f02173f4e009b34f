"""How hard the tests look: profiles of hypothesis, chosen by ``HYPOTHESIS_PROFILE``.

``quick``
    A tenth of the examples, for the minutes between two edits.
``ci``
    The examples that the tests name, the same in every run. The default.
``explore``
    Twenty times as many, other ones in every run.
"""

from __future__ import annotations

import os

from hypothesis import settings

#: Examples of a test that names no number.
USUAL = 100
#: Fewer tell nothing.
LEAST = 5

settings.register_profile("quick", max_examples=USUAL // 10, derandomize=True, deadline=None)
settings.register_profile("ci", max_examples=USUAL, derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=20 * USUAL, print_blob=True, deadline=None)


def load() -> None:
    """The profile of the environment; what is none of them is refused by hypothesis."""
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def examples(n: int) -> int:
    """Number of examples in the loaded profile, for a test that has ``n`` in the profile ``ci``.

    What ``@settings`` names wins over the profile, so a bare number would make all profiles the same.
    """
    return max(LEAST, n * settings.default.max_examples // USUAL)
