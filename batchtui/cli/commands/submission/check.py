"""`batchtui check`: everything a submission would check, and nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from batchtui.cli.command import define_command
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.options import intake_of, intake_options, samples_option
from batchtui.cli.views import canary as canary_view
from batchtui.cli.views import check_report
from batchtui.cli.views import json_documents as documents
from batchtui.text.sentences.estimates import estimate_lines
from batchtui.text.sentences.known_requests import known_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.cli.session import Session
    from batchtui.domain.submission.canary import CanaryVerdict


@define_command(
    "check",
    examples=[
        "batchtui check tickets.jsonl",
        "batchtui check parts/ --json",
        "zcat big.gz | batchtui check -",
        "batchtui check tickets.jsonl --canary",
    ],
)
@click.argument("sources", type=click.Path(allow_dash=True), metavar="FILE…", nargs=-1, required=True)
@intake_options
@samples_option
@click.option("--canary", is_flag=True, help="Also send one request of each shape in real time, after asking.")
@click.option("--yes", is_flag=True, help="With --canary: do not ask.")
async def command(
    session: Session, sources: tuple[str, ...], samples: int, canary: bool, yes: bool, **options: Any
) -> int:
    """Check request files as a submission would; sends nothing, unless --canary is given.

    FILE is JSONL of {"custom_id", "params"}, the same as one JSON array, a task file, any of these as .gz, a folder
    of such files, or - for stdin. Problems are shown as FILE:LINE: error CODE message.
    """
    from batchtui.services.spending.budget import enforce_limits
    from batchtui.services.submission.canary import only_canary
    from batchtui.services.submission.check import check

    chosen = intake_of(options)
    # A canary is billed, so read-only refuses it; a check alone changes nothing.
    async with session.acting_workspace() if canary else session.workspace() as workspace:
        progress = check_report.progress_of(session)
        checked = await check(workspace, sources, chosen, progress, canary=canary, samples=samples)
        if not session.json:
            session.out.lines(check_report.problem_lines(checked.report.problems))
        verdicts: Sequence[CanaryVerdict] = ()
        if checked.canary:
            await enforce_limits(workspace, only_canary(checked.estimate, checked.canary), None)
            verdicts = await canary_view.run_canary(session, workspace, checked.canary, yes=yes)
    if session.json:
        document = documents.check_document(checked.report, checked.parts, checked.estimate)
        document["known"] = documents.known_document(checked.known)
        session.out.document({**document, "canary": canary_view.verdict_documents(verdicts)} if canary else document)
    else:
        session.out.lines(canary_view.verdict_lines(verdicts))
        session.out.lines(check_report.report_lines(checked.report, checked.parts))
        if checked.parts:
            session.out.lines(estimate_lines(checked.estimate))
            session.out.lines(known_lines(checked.known, checked.estimate))
        if checked.report.problems:
            session.notes.say(check_report.help_hint(checked.report.problems))
    is_refused = any(verdict.is_refused for verdict in verdicts)
    return ExitCode.INPUT if checked.report.errors or is_refused else ExitCode.DONE
