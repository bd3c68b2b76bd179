"""`batchtui resume`: what a crash, a full queue or a lost answer left open is finished."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from batchtui.cli import documents, sheets, telling
from batchtui.cli.asking import answers_yes
from batchtui.cli.completing import Named
from batchtui.cli.exits import Exit
from batchtui.cli.options import Span
from batchtui.cli.verb import verb
from batchtui.domain.errors import ConsentNeeded
from batchtui.text.durations import stamp

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from batchtui.cli.session import Session
    from batchtui.services.reconcile import Finding
    from batchtui.services.resume import Resumed
    from batchtui.services.workspace import Workspace


@verb("resume", examples=["batchtui resume", "batchtui resume nightly --yes", "batchtui resume --grace 5m --json"])
@click.argument("names", type=Named(), metavar="[JOB…]", nargs=-1)
@click.option("--grace", type=Span(), metavar="SECONDS", help="How long a lost batch may take to turn up (default 60).")
@click.option("--yes", is_flag=True, help="Send again what the API does not show after that time, without asking.")
async def command(session: Session, names: tuple[str, ...], grace: float | None, yes: bool) -> int:
    """Send parts that were not sent yet, and settle those whose answer was lost.

    What the API shows is adopted. What it does not show for the grace time is sent again, having asked or with --yes.
    """
    from batchtui.services.resume import resume

    async with session.acting_workspace() as workspace:
        resumed = await resume(
            workspace,
            await _jobs(workspace, names),
            grace=timedelta(seconds=workspace.settings.submit.grace if grace is None else grace),
            consent=_asker(session, yes=yes),
            on_event=telling.teller(session.notes),
        )
        now = workspace.clock.now()
    if session.json:
        session.out.document(_document(resumed))
    elif resumed.batches:
        sheets.show_batches(session.out, resumed.batches, now)
    else:
        session.notes.say("Nothing is open.")
    for finding in resumed.undecided:
        session.notes.say(_undecided_words(finding))
    return Exit.FATE_UNKNOWN if resumed.unknown else Exit.DONE


async def _jobs(workspace: Workspace, names: tuple[str, ...]) -> list[str]:
    from batchtui.services.lookup import find_targets

    return [target.batches[0].job for target in await find_targets(workspace, names) if target.batches]


def _asker(session: Session, *, yes: bool) -> Callable[[Finding], Awaitable[bool]]:
    """Make the question that is put before a part is sent again. Nobody there to answer: not sent."""

    async def ask(finding: Finding) -> bool:
        if yes:
            return True
        question = (
            f"The API does not show {telling.which(finding.batch)} ({finding.batch.requests:,} requests)."
            " Send it again? It would be billed twice if it turned up after all."
        )
        try:
            return answers_yes(session.notes, question)
        except ConsentNeeded:
            return False
        finally:
            await asyncio.sleep(0)

    return ask


def _undecided_words(finding: Finding) -> str:
    name = telling.which(finding.batch)
    if not finding.candidates:
        return f"{name}: the API does not show it. `batchtui resume --yes` sends it again."
    shown = ", ".join(f"{remote.id} (created {stamp(remote.created_at)})" for remote in finding.candidates)
    return f"{name}: it could be any of {shown}. Once one of them has ended, its results tell: resume again then."


def _document(resumed: Resumed) -> documents.Document:
    return {
        "batches": documents.batch_documents(resumed.batches),
        "undecided": [
            {
                "batch": documents.batch_document(finding.batch),
                "verdict": str(finding.verdict),
                "candidates": [
                    {
                        "id": remote.id,
                        "created_at": documents.moment(remote.created_at),
                        "request_counts": documents.counts_document(remote.counts),
                    }
                    for remote in finding.candidates
                ],
            }
            for finding in resumed.undecided
        ],
    }
