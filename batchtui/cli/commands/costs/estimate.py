"""`batchtui estimate`: what request files would cost; nothing is kept or sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from batchtui.cli.command import define_command
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.options import count_option, intake_of, intake_options, samples_option
from batchtui.cli.views import check_report
from batchtui.cli.views import json_documents as documents
from batchtui.text.numbers import amount
from batchtui.text.sentences.estimates import estimate_lines
from batchtui.text.sentences.known_requests import known_lines

if TYPE_CHECKING:
    from batchtui.cli.session import Session


@define_command(
    "estimate",
    examples=[
        "batchtui estimate tickets.jsonl",
        "batchtui estimate tickets.jsonl --model claude-haiku-5-5",
        "batchtui estimate tickets.jsonl --count",
        "batchtui estimate parts/ --json | jq -r .at_most",
    ],
)
@click.argument("sources", type=click.Path(allow_dash=True), metavar="FILE…", nargs=-1, required=True)
@intake_options
@samples_option
@count_option
async def command(session: Session, sources: tuple[str, ...], *, samples: int, count: bool, **options: Any) -> int:
    """Estimate what request files would cost in a batch: at least, likely, at most; and at standard prices.

    Input is estimated from its size, or with --count from the API's count of a few requests. Output is between nothing
    and max_tokens; earlier batches of the same template, name or model narrow it to a range with a likely value.
    Requests with errors are left out, and the exit code is 3 if there are any.
    """
    from batchtui.services.submission.check import check

    async with session.workspace() as workspace:
        progress = check_report.progress_of(session)
        checked = await check(workspace, sources, intake_of(options), progress, count=count, samples=samples)
    # Facts and the progress line share the terminal: the line has to go first.
    session.notes.close()
    requests = checked.report.requests
    # Nothing that could be sent costs nothing that could be said: $0 would look like an answer.
    if session.json:
        known = {"known": documents.known_document(checked.known)}
        costs = {**documents.estimate_document(checked.estimate), **known} if requests else {}
        session.out.document({"requests": requests, **costs})
    else:
        session.out.line(amount(requests, "request"))
        session.out.lines(estimate_lines(checked.estimate) if requests else ())
        session.out.lines(known_lines(checked.known, checked.estimate))
    if checked.report.errors:
        session.notes.say(f"{amount(checked.report.errors, 'error')}; `batchtui check` lists them.")
        return ExitCode.INPUT
    return ExitCode.DONE
