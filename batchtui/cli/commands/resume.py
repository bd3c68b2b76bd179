"""`batchtui resume`: what a crash, a full queue or a lost answer left open is finished."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.confirm import ask_yes_no
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.flows import send_progress as telling
from batchtui.cli.options import Count, DurationType
from batchtui.cli.views import batches as sheets
from batchtui.cli.views import json_documents as documents
from batchtui.domain.errors import ConsentNeeded
from batchtui.text.batch_names import part_label
from batchtui.text.durations import stamp

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from batchtui.cli.session import Session
    from batchtui.domain.batch import RemoteBatch
    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.submission.resume import Resumed
    from batchtui.services.workspace import Workspace


@define_command(
    "resume",
    examples=[
        "batchtui resume",
        "batchtui resume nightly --yes",
        "batchtui resume --grace 5m --json",
        "batchtui resume nightly --adopt msgbatch_01Hk…",
    ],
)
@click.argument("names", type=BatchName(), metavar="[JOB…]", nargs=-1)
@click.option(
    "--grace", type=DurationType(), metavar="SECONDS", help="How long a lost batch may take to turn up (default 60)."
)
@click.option("--yes", is_flag=True, help="Send again what the API does not show after that time, without asking.")
@click.option("--adopt", metavar="ID", help="Take this batch of the API for the unknown part that it is.")
@click.option("--part", type=Count(), metavar="N", help="With --adopt: which part of the job is meant.")
async def command(
    session: Session, names: tuple[str, ...], grace: float | None, yes: bool, adopt: str | None, part: int | None
) -> int:
    """Send parts that were not sent yet, and settle those whose answer was lost.

    What the API shows is adopted; where several batches could be the part, a person chooses. What it does not show for
    the grace time is sent again, having asked or with --yes.
    """
    from batchtui.services.submission import resume as service

    async with session.acting_workspace() as workspace:
        jobs = await _jobs(workspace, names)
        if adopt is not None:
            adopted = await service.adopt(workspace, jobs, adopt, part=part)
            session.notes.say(f"{part_label(adopted)} is {adopted.id}.")
        resumed = await service.resume(
            workspace,
            jobs,
            grace=timedelta(seconds=workspace.settings.submit.grace if grace is None else grace),
            consent=_asker(session, yes=yes),
            choose=_chooser(session),
            on_event=telling.send_listener(session.notes),
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
    return ExitCode.FATE_UNKNOWN if resumed.unknown else ExitCode.DONE


async def _jobs(workspace: Workspace, names: tuple[str, ...]) -> list[str]:
    from batchtui.services.batches.targets import find_targets

    return [target.batches[0].job for target in await find_targets(workspace, names) if target.batches]


def _asker(session: Session, *, yes: bool) -> Callable[[Reconciliation], Awaitable[bool]]:
    """Return the function that asks before a part is sent again; without a terminal it answers no."""

    async def ask(finding: Reconciliation) -> bool:
        if yes:
            return True
        question = (
            f"The API does not show {part_label(finding.batch)} ({finding.batch.requests:,} requests)."
            " Send it again? It would be billed twice if it turned up after all."
        )
        try:
            return ask_yes_no(session.notes, question)
        except ConsentNeeded:
            return False
        finally:
            await asyncio.sleep(0)

    return ask


def _chooser(session: Session) -> Callable[[Reconciliation], Awaitable[RemoteBatch | None]]:
    """Return the function that asks which batch an unknown part is; without a terminal it takes none."""

    async def choose(finding: Reconciliation) -> RemoteBatch | None:
        try:
            for remote in finding.candidates:
                counts = f"{remote.counts.total:,} requests, created {stamp(remote.created_at)}"
                if ask_yes_no(session.notes, f"Is {part_label(finding.batch)} the batch {remote.id} ({counts})?"):
                    return remote
        except ConsentNeeded:
            return None
        finally:
            await asyncio.sleep(0)
        return None

    return choose


def _undecided_words(finding: Reconciliation) -> str:
    name = part_label(finding.batch)
    if not finding.candidates:
        return f"{name}: the API does not show it. `batchtui resume --yes` sends it again."
    shown = ", ".join(f"{remote.id} (created {stamp(remote.created_at)})" for remote in finding.candidates)
    return (
        f"{name}: it could be any of {shown}. `batchtui resume {finding.batch.job} --adopt ID` takes one; once one of"
        " them has ended, its results tell: resume again then."
    )


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
