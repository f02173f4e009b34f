"""``polyregions verify``: counts beside theorems, with a proof."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .certify import print_certificate
from .common import (
    CHECK_FAILED,
    STOPPED_EARLY,
    Sides,
    box_option,
    check_targets,
    complain,
    engine_option,
    file_option,
    json_option,
    limit_option,
    quiet_option,
    stages,
    workers_option,
    write_json,
)
from .subject import ListCommand, choose, parameter_options

if TYPE_CHECKING:
    from ..verification import Report

STYLES: dict[str, dict[str, Any]] = {
    "PASS": {"fg": "green"},
    "FAIL": {"fg": "red", "bold": True},
    "not applicable": {"dim": True},
}


@click.command("verify", cls=ListCommand)
@click.argument("net", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@parameter_options
@box_option(required=False)
@engine_option
@workers_option
@limit_option
@click.option(
    "--certify/--no-certify",
    "certified",
    default=True,
    show_default=True,
    help="Prove the result in exact arithmetic too.",
)
@json_option
@file_option("--report", "report_path", "Write a page: .md (with pictures beside it) or .html (one file).")
@quiet_option
def verify_command(
    net: Path | None,
    construction: str | None,
    arrangement: str | None,
    sides: Sides,
    engine: str,
    workers: int,
    limit: int | None,
    certified: bool,
    json_path: str | None,
    report_path: Path | None,
    quiet: bool,
    **parameters: Any,
) -> None:
    """Hold the enumeration of a network against theory.

    \b
    The network is a file, or made by name. Examples:
      polyregions verify net.json --box -1 1
      polyregions verify --construction montufar --inputs 2 --widths 4 4 3
      polyregions verify --arrangement shi --n 4 --report shi.html

    Regions are counted by all definitions; each theorem is listed with its value and PASS, FAIL or "not
    applicable" with the reason; and the result is proven independently. The exit code is 1 if anything fails.
    """  # noqa: D301  click needs the character that the escape stands for
    from ..verification import check_page, verify, write_page

    subject = choose(net, construction, arrangement, sides, parameters)
    if report_path is not None:
        check_page(report_path)
    check_targets([("--json", json_path), ("--report", report_path)], net)
    shown = not quiet and sys.stderr.isatty()
    with stages(shown) as progress:
        report = verify(
            subject.network,
            subject.box,
            predictions=subject.predictions,
            title=subject.title,
            source=subject.source,
            engine=engine,
            workers=workers,
            limit=limit,
            certified=certified,
            progress=progress,
        )
    if json_path != "-" and not quiet:
        _print(report)
    if json_path is not None:
        write_json(report.summary(), json_path)
    if report_path is not None:
        write_page(report, report_path)
    context = click.get_current_context()
    if not report.passed:
        complain(report.verdict)
        context.exit(CHECK_FAILED)
    if not report.complex.complete:
        click.echo(f"partial: stopped early ({report.complex.stopped})", err=True)
        context.exit(STOPPED_EARLY)


def _print(report: Report) -> None:
    click.echo(f"{report.title}\n")
    # No tables: long sources would be wrapped in narrow columns.
    name_width = max(len(name) for name, _ in report.facts())
    for name, value in report.facts():
        click.echo(f"{click.style(f'{name:<{name_width}}', dim=True)}  {value}")
    click.echo()
    statement = max((len(claim.statement) for claim in report.claims), default=0)
    found = max((len(claim.measured) for claim in report.claims), default=0)
    for claim in report.claims:
        verdict = click.style(f"{claim.verdict:<14}", **STYLES[claim.verdict])
        why = claim.reason or claim.source
        click.echo(f"{verdict}  {claim.statement:<{statement}}  {claim.measured:<{found}}  {why}")
    if report.folding is not None:
        click.echo(f"\n{report.folding}")
    if report.certificate is not None:
        click.echo()
        print_certificate(report.certificate)
    click.echo(f"\n{report.verdict}")
