"""``polyregions certify``: prove a saved result."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import (
    CHECK_FAILED,
    STOPPED_EARLY,
    check_targets,
    complain,
    json_option,
    progress_bar,
    quiet_option,
    write_json,
)

if TYPE_CHECKING:
    from ..certification import Certificate
    from ..complex.region_complex import RegionComplex


@click.command("certify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@quiet_option
def certify_command(file: Path, json_path: str | None, quiet: bool) -> None:
    """Prove that the result in FILE is right, independently of what made it.

    \b
    FILE is written by: polyregions enumerate net.json --box -1 1 --save result.npz

    The exit code is 1 if a statement fails, and 3 if all that the result says is proven, but it does not
    claim to hold all regions.
    """  # noqa: D301  click needs the character that the escape stands for
    from ..export.results import load_result

    check_targets([("--json", json_path)], file)
    cx = load_result(file)
    shown = not quiet and sys.stderr.isatty()
    certificate = certify_shown(cx, shown)
    if json_path != "-" and not quiet:
        print_certificate(certificate)
    if json_path is not None:
        write_json(certificate.summary(), json_path)
    for text in certificate.failures:
        complain(text)
    if not certificate.valid:
        click.get_current_context().exit(CHECK_FAILED)
    if not certificate.complete:
        click.echo(f"partial: stopped early ({cx.stopped}), there may be more regions than these", err=True)
        click.get_current_context().exit(STOPPED_EARLY)


def certify_shown(cx: RegionComplex, shown: bool) -> Certificate:
    """Prove a result, with a bar if it is to be shown."""
    from ..certification import certify

    with progress_bar(shown, "certifying", "{done:,} certified of {total:,}") as progress:
        return certify(cx, progress)


def print_certificate(certificate: Certificate) -> None:
    """Print the statements and the verdict."""
    styles: dict[str, dict[str, Any]] = {
        "yes": {"fg": "green"},
        "no": {"fg": "red", "bold": True},
        "not checked": {"dim": True},
    }
    claims = max(len(s.claim) for s in certificate.statements)
    for s in certificate.statements:
        verdict = click.style(f"{s.verdict:<11}", **styles[s.verdict])
        click.echo(f"{s.claim:<{claims}}  {verdict}  {s.count:>9,}  {s.note}".rstrip())
    click.echo(certificate.verdict)
