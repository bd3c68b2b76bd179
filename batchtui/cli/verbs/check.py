"""`batchtui check`: everything a submission would check, and nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from batchtui.cli import documents, findings
from batchtui.cli.exits import Exit
from batchtui.cli.options import intake_of, intake_options
from batchtui.cli.verb import verb
from batchtui.text.estimates import estimate_lines

if TYPE_CHECKING:
    from batchtui.cli.session import Session


@verb(
    "check", examples=["batchtui check tickets.jsonl", "batchtui check parts/ --json", "zcat big.gz | batchtui check -"]
)
@click.argument("sources", type=click.Path(allow_dash=True), metavar="FILE…", nargs=-1, required=True)
@intake_options
async def command(session: Session, sources: tuple[str, ...], **options: Any) -> int:
    """Check request files as a submission would; sends nothing.

    FILE is JSONL of {"custom_id", "params"}, the same as one JSON array, a task file, any of these as .gz, a folder
    of such files, or - for stdin. Problems are shown as FILE:LINE: error CODE message.
    """
    from batchtui.services.check import check

    async with session.workspace() as workspace:
        checked = await check(workspace, sources, intake_of(options), findings.progress_of(session))
    if session.json:
        session.out.document(documents.check_document(checked.report, checked.parts, checked.estimate))
    else:
        session.out.lines(findings.problem_lines(checked.report.problems))
        session.out.lines(findings.report_lines(checked.report, checked.parts))
        if checked.parts:
            session.out.lines(estimate_lines(checked.estimate))
    return Exit.INPUT if checked.report.errors else Exit.DONE
