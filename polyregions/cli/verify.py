"""``polyregions verify``: counts beside theorems, with a proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .certify import print_certificate
from .common import (
    certify_option,
    check_targets,
    engine_option,
    file_option,
    input_file,
    json_option,
    limit_option,
    quiet_option,
    workers_option,
)
from .epilog import SHIPPED, examples
from .lists import ListCommand
from .loading import loading_options
from .output import CHECK_FAILED, Styled, complain, print_table, say, stop_early, write_json
from .progress import stages
from .subject import Subject, choose, parameter_options
from .where import Where, domain_rows, where_options

if TYPE_CHECKING:
    from ..verification import Report

STYLES: dict[str, dict[str, Any]] = {
    "PASS": {"color": "green"},
    "FAIL": {"color": "red", "bold": True},
    "not applicable": {"dim": True},
}


@click.command(
    "verify",
    cls=ListCommand,
    epilog=examples(
        "polyregions verify iris_mixed_2d.json --box -1.6 1.8",
        "polyregions verify --construction montufar --inputs 2 --widths 4 4 3",
        "polyregions verify --arrangement shi --n 4 --report shi.html",
        folder=SHIPPED,
    ),
)
@click.argument("net", required=False, type=input_file)
@parameter_options
@where_options(through=True)
@loading_options
@engine_option
@workers_option
@limit_option
@certify_option
@json_option
@file_option("--report", "report_path", "Write a page: .md (with pictures beside it) or .html (one file).")
@quiet_option
def verify_command(
    net: Path | None,
    construction: str | None,
    arrangement: str | None,
    engine: str,
    workers: int,
    limit: int | None,
    certified: bool | None,
    json_path: str | None,
    report_path: Path | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Hold the enumeration of a network against theory.

    The network is a file NET, or made by name. Regions are counted by all definitions; each theorem is listed
    with its value and PASS, FAIL or "not applicable" with the reason; and the result is proven independently.
    The exit code is 1 if anything fails.
    """
    from ..verification import check_page, verify, write_page

    where = Where.taken_from(options)
    subject = choose(net, construction, arrangement, where, options)
    if report_path is not None:
        check_page(report_path)
    check_targets([("--json", json_path), ("--report", report_path)], net, *where.files)
    with stages(not quiet) as progress:
        report = verify(
            subject.network,
            subject.box,
            predictions=subject.predictions,
            title=subject.title,
            source=subject.source,
            engine=engine,
            workers=workers,
            limit=limit,
            certified=certified is not False,
            progress=progress,
        )
    try:
        if json_path != "-" and not quiet:
            _print(report, subject)
    finally:  # a stdout that is lost loses no file
        if report_path is not None:
            write_page(report, report_path)
        if json_path is not None:
            write_json(report.summary() | subject.domain.numbers(), json_path)
    if not report.passed:
        complain(report.verdict)
        click.get_current_context().exit(CHECK_FAILED)
    stop_early(report.complex.stopped)


def _print(report: Report, subject: Subject) -> None:
    say(report.title)
    say()
    print_table([*report.facts(), *domain_rows(subject.domain.numbers())])
    say()
    statement = max((len(claim.statement) for claim in report.claims), default=0)
    found = max((len(claim.measured) for claim in report.claims), default=0)
    for claim in report.claims:
        verdict = Styled(f"{claim.verdict:<14}", **STYLES[claim.verdict])
        why = claim.reason or claim.source
        say(verdict, f"{claim.statement:<{statement}}", f"{claim.measured:<{found}}", why)
    if report.folding is not None:
        say()
        for line in str(report.folding).splitlines():
            say(line)
    if report.certificate is not None:
        say()
        print_certificate(report.certificate)
    say()
    say(report.verdict)
