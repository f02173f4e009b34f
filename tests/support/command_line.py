"""Commands run in this process, and the numbers that they print."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from polyregions import cli


def run(*arguments: str, **more: Any) -> Result:
    return CliRunner().invoke(cli.main, list(arguments), **more)


def numbers(*arguments: str) -> dict[str, Any]:
    """Run with --json -; stdout must be one JSON object, and stderr empty."""
    result = run(*arguments, "--json", "-")
    assert (result.exit_code, result.stderr) == (0, "")
    data: dict[str, Any] = json.loads(result.stdout)
    return data
