"""``polyregions certify``: prove a saved result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .common import check_targets, input_file, json_option, quiet_option
from .output import CHECK_FAILED, Styled, complain, say, stop_early, write_json
from .progress import progress_bar

if TYPE_CHECKING:
    from ..certification import Certificate
    from ..complex.region_complex import RegionComplex


@click.command("certify")
@click.argument("file", type=input_file)
@json_option
@quiet_option
def certify_command(file: Path, json_path: str | None, quiet: bool) -> None:
    """Prove that the result in FILE is right, independently of what made it.

    \b
    FILE is written by --save. Examples:
      polyregions enumerate net.json --box -1 1 --save result.npz
      polyregions certify result.npz

    The exit code is 1 if a statement fails, and 3 if all that the result says is proven, but it does not
    claim to hold all regions.
    """  # noqa: D301  click needs the character that the escape stands for
    from ..complex.region_complex import load_result

    check_targets([("--json", json_path)], file)
    cx = load_result(file)
    certificate = certify_shown(cx, not quiet)
    try:
        if json_path != "-" and not quiet:
            print_certificate(certificate)
    finally:  # a stdout that is lost loses no file
        if json_path is not None:
            write_json(certificate.summary(), json_path)
    for text in certificate.failures:
        complain(text)
    if not certificate.valid:
        click.get_current_context().exit(CHECK_FAILED)
    if not certificate.complete:
        stop_early(cx.stopped or "unknown why", "there may be more regions than these")


def certify_shown(cx: RegionComplex, shown: bool) -> Certificate:
    """Prove a result, and show how far that is if it is to be shown."""
    from ..certification import certify

    with progress_bar(shown, "certifying", "{done:,} of {total:,} regions, {rate:,.0f} a second") as progress:
        return certify(cx, progress)


def print_certificate(certificate: Certificate) -> None:
    """Print the statements and the verdict."""
    styles: dict[str, dict[str, Any]] = {
        "yes": {"color": "green"},
        "no": {"color": "red", "bold": True},
        "not checked": {"dim": True},
    }
    claims = max(len(s.claim) for s in certificate.statements)
    for s in certificate.statements:
        verdict = Styled(f"{s.verdict:<11}", **styles[s.verdict])
        say(f"{s.claim:<{claims}}", verdict, f"{s.count:>9,}", s.note)
    say(certificate.verdict)
