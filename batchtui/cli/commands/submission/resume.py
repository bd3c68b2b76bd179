"""`batchtui resume`: what a crash, a full queue or a lost answer left open is finished."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.confirm import ask_yes_no, require_yes
from batchtui.cli.exit_codes import ExitCode, exit_for
from batchtui.cli.flows import send_progress
from batchtui.cli.options import Count, DurationType
from batchtui.cli.views import batches as batch_views
from batchtui.cli.views import json_documents as documents
from batchtui.domain.errors import ConsentNeeded
from batchtui.domain.submission.send_evidence import CREATE_PATIENCE, SendVerdict, VerdictKind
from batchtui.text.durations import stamp
from batchtui.text.numbers import amount
from batchtui.text.sentences.batch_names import part_label
from batchtui.text.sentences.pilots import pilot_lines, rest_words
from batchtui.text.sentences.verdicts import undecided_words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from batchtui.cli.session import Session
    from batchtui.domain.batches.batch import RemoteBatch
    from batchtui.domain.submission.send_evidence import Account
    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.submission.resume import Resumed
    from batchtui.services.workspace import Workspace

_GRACE_WARNING = (
    "Warning: the API may work on a create for 10 minutes after its client has gone. With a shorter --grace, a batch"
    " that turns up later is a second one, and is billed."
)


@define_command(
    "resume",
    examples=[
        "batchtui resume",
        "batchtui resume nightly --yes",
        "batchtui resume --grace 5m --json",
        "batchtui resume nightly --adopt msgbatch_01Hk…",
        "batchtui resume nightly --reject msgbatch_01Hk…",
    ],
)
@click.argument("names", type=BatchName(), metavar="[JOB…]", nargs=-1)
@click.option(
    "--grace",
    type=DurationType(),
    metavar="SECONDS",
    help="Wait only this long for an unknown batch to appear (default: as long as the API may still be creating it).",
)
@click.option(
    "--yes", is_flag=True, help="Send parts again that are not found at the API after that time, without asking."
)
@click.option("--adopt", metavar="ID", help="Adopt this batch of the API for its unknown part.")
@click.option("--reject", metavar="ID", help="Rule out this batch of the API: it is not one of the job's open parts.")
@click.option("--part", type=Count(), metavar="N", help="With --adopt: which part of the job is meant.")
async def command(
    session: Session,
    names: tuple[str, ...],
    grace: float | None,
    yes: bool,
    adopt: str | None,
    reject: str | None,
    part: int | None,
) -> int:
    """Send parts that were not sent yet, and resolve those whose create got no response.

    Of a job that began with a pilot (`submit --pilot`) the other requests are sent once it is named here, after a
    question that says what they will cost.

    A batch that is proved to be the part, or is the only one that fits, is adopted; if several fit, you choose. A part
    that the API does not show, and cannot have created any more, is sent again after asking, or with --yes. Parts of
    another account than the credentials in use are listed and not changed.
    """
    from batchtui.services.submission import resume as resume_service

    async with session.acting_workspace() as workspace:
        jobs = await _jobs(workspace, names)
        # Before the look: what a person says about a batch outweighs its size and time.
        await _take_word(session, workspace, jobs, adopt, reject, part)
        if grace is not None and timedelta(seconds=grace) < CREATE_PATIENCE:
            session.notes.say(_GRACE_WARNING)
        await _release(session, workspace, jobs, named=bool(names), yes=yes)
        resumed = await resume_service.resume(
            workspace,
            jobs,
            grace=None if grace is None else timedelta(seconds=grace),
            consent=_asker(session, yes=yes),
            choose=_chooser(session),
            on_event=send_progress.send_listener(session.notes),
        )
        now, account = workspace.clock.now(), workspace.account
    if session.json:
        session.out.document(_document(resumed))
    elif resumed.batches:
        batch_views.show_batches(session.out, resumed.batches, now)
    else:
        session.notes.say("Nothing to resume.")
    _report(session, resumed, account)
    if resumed.failed:
        return exit_for(resumed.failed[0][1])
    if resumed.unknown or any(finding.kind is VerdictKind.ASK for finding in resumed.undecided):
        return ExitCode.FATE_UNKNOWN
    return ExitCode.FAILED if resumed.elsewhere and names else ExitCode.DONE


async def _release(session: Session, workspace: Workspace, jobs: Sequence[str], *, named: bool, yes: bool) -> None:
    """Ask whether the rest of jobs follows their pilots, and release what does. Only of jobs that were named."""
    from batchtui.services.polling.pilot.decision import held_of, release, report_ended
    from batchtui.services.polling.pilot.report import pilot_of
    from batchtui.services.polling.refresh import refresh_batches

    for job in await held_of(workspace, jobs):
        if not named:
            session.notes.say(f"{job} waits for the decision about its pilot: `batchtui resume {job}`.")
            continue
        pilot = pilot_of(await workspace.registry.queries.of_job(job))
        if pilot is not None and pilot.state.is_running:
            await refresh_batches(workspace, [pilot])
        report = await report_ended(workspace, job)
        has_ended = pilot is not None and not pilot.state.is_open and not pilot.state.is_running
        if has_ended and not yes:
            for line in pilot_lines(report) if report else ():
                session.notes.say(line)
            question = "The pilot has no results. Send the other requests without knowing their cost?"
            if report is not None:
                question = f"Send the other {amount(report.waiting, 'request')}, {rest_words(report)}?"
            require_yes(session.notes, question, yes=False, lost="Nothing more was sent.")
        await release(workspace, job)


async def _take_word(
    session: Session,
    workspace: Workspace,
    jobs: Sequence[str],
    adopt: str | None,
    reject: str | None,
    part: int | None,
) -> None:
    """Do what a person says about which batch a part is, before anything is looked for."""
    from batchtui.services.submission import resume as resume_service

    if adopt is not None:
        adopted = await resume_service.adopt(workspace, jobs, adopt, part=part)
        session.notes.say(f"{part_label(adopted)} is {adopted.id}.")
    if reject is not None:
        for batch in await resume_service.reject(workspace, jobs, reject):
            session.notes.say(f"{part_label(batch)} is not {reject}.")


def _report(session: Session, resumed: Resumed, account: Account | None) -> None:
    """Print what was not touched and what could not be sent, each with its reason."""
    for finding in resumed.undecided:
        session.notes.say(undecided_words(finding.batch, finding.verdict, finding.account, finding.wait))
    for batch in resumed.elsewhere:
        session.notes.say(undecided_words(batch, SendVerdict(VerdictKind.OTHER_ACCOUNT), account, 0.0))
    for batch, error in resumed.failed:
        session.notes.say(f"{part_label(batch)}:")
        session.notes.failure(error)


async def _jobs(workspace: Workspace, names: tuple[str, ...]) -> list[str]:
    from batchtui.services.batches.targets import find_targets

    return [target.batches[0].job for target in await find_targets(workspace, names) if target.batches]


def _asker(session: Session, *, yes: bool) -> Callable[[Reconciliation], Awaitable[bool]]:
    """Return a function that asks before a part is sent again; without a terminal it returns False."""

    async def ask(finding: Reconciliation) -> bool:
        if yes:
            return True
        question = (
            f"{part_label(finding.batch)} was not found at the API ({finding.batch.requests:,} requests)."
            " Send it again? If it exists after all, it is billed twice."
        )
        try:
            return ask_yes_no(session.notes, question)
        except ConsentNeeded:
            return False
        finally:
            # Reading the terminal has held up the event loop: what became due meanwhile goes before the next question.
            await asyncio.sleep(0)

    return ask


def _chooser(session: Session) -> Callable[[Reconciliation], Awaitable[RemoteBatch | None]]:
    """Return a function that asks which batch an unknown part is; without a terminal it chooses none."""

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


def _document(resumed: Resumed) -> documents.Document:
    return {
        "batches": documents.batch_documents(resumed.batches),
        "undecided": [
            {
                "batch": documents.batch_document(finding.batch),
                "verdict": _verdict_word(finding),
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
        "elsewhere": documents.batch_documents(resumed.elsewhere),
        "failed": [
            {"batch": documents.batch_document(batch), "error": documents.failure_document(error)}
            for batch, error in resumed.failed
        ],
    }


def _verdict_word(finding: Reconciliation) -> str:
    """Return the word that scripts know: `ambiguous` where several batches could be it, `too_early` while waiting."""
    if finding.verdict.choices:
        return "ambiguous"
    return "too_early" if finding.kind is VerdictKind.WAIT else str(finding.kind)
