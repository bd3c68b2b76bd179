"""`batchtui sync`: the registry compared with the API's workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.options import Moment
from batchtui.cli.views import batches as batch_views
from batchtui.cli.views import json_documents as documents
from batchtui.text.numbers import amount

if TYPE_CHECKING:
    from datetime import datetime

    from batchtui.cli.session import Session
    from batchtui.services.batches.sync import SyncReport


FIRST_ROWS = 20
"""Batches of each group that are shown as text."""


@define_command(
    "sync", examples=["batchtui sync", "batchtui sync --since 2026-11-01", "batchtui sync --since 7d --json"]
)
@click.option("--since", type=Moment(), metavar="DATE", help="Only batches created since then: 2026-11-21, or 7d.")
async def command(session: Session, since: datetime | None) -> None:
    """Import batches created elsewhere in the workspace; show which are only here, and which are gone there."""
    from batchtui.services.batches.sync import sync

    async with session.workspace() as workspace:
        report = await sync(
            workspace,
            since,
            lambda seen, new: session.notes.progress(f"{amount(seen, 'batch', 'batches')} at the API, {new:,} new"),
        )
        session.notes.close()
        now = workspace.clock.now()
    if session.json:
        session.out.document(_document(report))
        return
    session.out.line(f"{amount(report.seen, 'batch', 'batches')} at the API, {len(report.added):,} new.")
    groups = {
        "Imported": report.added,
        "Changed": report.updated,
        # Parts that were never sent, and batches of another account: the list shows only the credential's workspace.
        "Only here": report.only_here,
        "No longer at the API": report.gone,
    }
    for title, batches in groups.items():
        if batches:
            session.out.line(f"\n{title}: {amount(len(batches), 'batch', 'batches')}")
            batch_views.show_batches(session.out, batches[:FIRST_ROWS], now)
            if len(batches) > FIRST_ROWS:
                session.out.line(f"… and {len(batches) - FIRST_ROWS:,} more; --json has all of them.")
    for entry in report.unreadable:
        session.notes.say(f"Skipped {entry.id or 'an entry without an id'}: {entry.why}.")
    if not report.is_whole:
        session.notes.say("The API's list of batches repeats itself endlessly; batches may be missing here.")


def _document(report: SyncReport) -> documents.Document:
    return {
        "seen": report.seen,
        "added": documents.batch_documents(report.added),
        "updated": documents.batch_documents(report.updated),
        "only_here": documents.batch_documents(report.only_here),
        "gone": documents.batch_documents(report.gone),
        "unreadable": [{"id": entry.id, "why": entry.why} for entry in report.unreadable],
        "is_whole": report.is_whole,
    }
