"""`batchtui log`: the journal of what batchtui did and what the API said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.options import Count
from batchtui.cli.views import json_documents as documents
from batchtui.text.durations import stamp
from batchtui.text.layout.tables import TextColumn
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from batchtui.cli.session import Session
    from batchtui.registry.journal import Entry
    from batchtui.services.workspace import Workspace

_COLUMNS = (
    TextColumn("TIME", worth=100),
    TextColumn("WHAT", worth=95),
    TextColumn("STATUS", right=True, worth=80),
    TextColumn("MS", right=True, worth=50),
    TextColumn("BATCH", worth=60, least=17),
    TextColumn("REQUEST ID", worth=40, least=16),
    TextColumn("DETAIL", worth=70, least=10),
)


@define_command("log", examples=["batchtui log", "batchtui log @last --limit 20", "batchtui log --json"])
@click.argument("named", type=BatchName(), metavar="[ID]", required=False)
@click.option(
    "--limit",
    type=Count(),
    default=200,
    show_default=True,
    metavar="N",
    help="Show only the latest N entries.",
)
async def command(session: Session, named: str | None, limit: int) -> None:
    """Show what batchtui did and what the API responded, oldest first: for one batch or job, or for all."""
    async with session.workspace() as workspace:
        entries = await _entries(workspace, named, limit)
    if session.json:
        session.out.document([documents.entry_document(entry) for entry in entries])
    elif entries:
        session.out.table(_COLUMNS, [_row(entry) for entry in entries])
    else:
        session.notes.say("The log is empty.")


async def _entries(workspace: Workspace, named: str | None, limit: int) -> list[Entry]:
    if named is None:
        return await workspace.registry.journal.entries(limit=limit)
    from batchtui.services.batches.targets import find_target

    # Not `find_or_import`: the journal has nothing about a batch that was never seen here.
    target = await find_target(workspace, named)
    if target.job is not None:
        return await workspace.registry.journal.entries(job=target.job.id, limit=limit)
    return await workspace.registry.journal.entries(batch_id=target.batches[0].id, limit=limit)


def _row(entry: Entry) -> tuple[str, ...]:
    return (
        stamp(entry.at),
        one_line(entry.event),
        "" if entry.status is None else str(entry.status),
        "" if entry.milliseconds is None else str(entry.milliseconds),
        one_line(entry.batch_id or entry.job or ""),
        one_line(entry.request_id or ""),
        one_line(entry.error or entry.detail),
    )
