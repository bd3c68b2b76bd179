"""`batchtui watch`: what the dashboard does in the background, without a screen."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.flows import send_progress
from batchtui.cli.options import DurationType
from batchtui.cli.views import json_documents as documents
from batchtui.services.polling.poller import PollerState
from batchtui.text.durations import countdown, stamp
from batchtui.text.layout.widths import pad
from batchtui.text.numbers import amount
from batchtui.text.safe import sanitize
from batchtui.text.sentences import events as event_words
from batchtui.text.sentences.batch_names import part_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from batchtui.cli.session import Session
    from batchtui.services.polling.poller import PollStatus
    from batchtui.services.polling.watch import WatchEvent
    from batchtui.services.workspace import Workspace

_TROUBLE = (PollerState.OFFLINE, PollerState.RATE_LIMITED, PollerState.NO_CREDENTIALS)
_WORD = max(map(len, event_words.WORDS.values()))


def _argv(context: click.Context, option: click.Parameter, value: str | None) -> tuple[str, ...]:
    try:
        argv = tuple(shlex.split(value or ""))
    except ValueError:
        raise click.BadParameter("an unclosed quotation mark", context, option) from None
    if value is not None and not argv:
        raise click.BadParameter("no program given", context, option)
    return argv


@define_command(
    "watch",
    examples=[
        "batchtui watch",
        "batchtui watch --until-idle && ./next-step",
        "batchtui watch --exec './on-batch --from stdin'",
        "batchtui watch --json | jq 'select(.event == \"batch.ended\")'",
    ],
)
@click.option("--interval", type=DurationType(least=0.01), metavar="S", help="The polling interval (default: adapts).")
@click.option("--until-idle", is_flag=True, help="Exit when no batch is in progress and all results are saved.")
@click.option(
    "--exec",
    "argv",
    metavar="CMD",
    callback=_argv,
    help="Run this for each notice, with the batch as JSON on its stdin; no shell is involved.",
)
async def command(session: Session, interval: float | None, until_idle: bool, argv: tuple[str, ...]) -> int:
    """Refresh, download results, send parts that wait for room, and print one line per event until interrupted.

    Bell, desktop notice, command and webhook follow [notify] in the settings. However many dashboards and watches are
    open, each notice is sent once. With --json each line is a JSON document. It waits while the network is down.

    If another file takes the registry's place it is opened and watched, but no parts are sent from it.

    With --until-idle it exits with 6 if a part is unknown and needs a decision.
    """
    from batchtui.services.notifications.channels import channels
    from batchtui.services.polling.watch import Listeners, watch

    if interval is not None and interval < 1:
        raise click.UsageError("--interval must be 1 second or more.")
    async with session.workspace() as workspace:
        watched = await watch(
            workspace,
            Listeners(_teller(session), _status_teller(session, workspace), session.notes.failure, session.notes.say),
            channels(workspace, say=send_progress.terminal_notifier(session.notes, workspace), also=[argv]),
            interval=interval,
            until_idle=until_idle,
        )
    if watched.elsewhere:
        session.notes.say(
            f"{amount(watched.elsewhere, 'batch', 'batches')} of another account not refreshed; run `batchtui watch`"
            " with the credentials that submitted them."
        )
    if watched.unknown:
        session.notes.say(f"{amount(watched.unknown, 'part')} unknown; run `batchtui resume`.")
        return ExitCode.FATE_UNKNOWN
    return ExitCode.FAILED if watched.uncollected else ExitCode.DONE


def _teller(session: Session) -> Callable[[WatchEvent], None]:
    def tell(told: WatchEvent) -> None:
        if session.json:
            # A line each and no array: the end of an array never comes while it watches.
            session.out.record(_document(told))
        else:
            session.out.line(_line(told))
            # A pipe is buffered by blocks: a script that reads along would wait for the next hundred lines.
            session.out.flush()

    return tell


def _line(told: WatchEvent) -> str:
    entry, batch = told.entry, told.batch
    said = [
        stamp(entry.at),
        pad(event_words.event_word(entry.event), _WORD),
        part_name(batch) if batch else sanitize(entry.job or ""),
        sanitize(entry.batch_id or ""),
        event_words.event_sentence(entry.event, entry.detail, batch),
    ]
    return "  ".join(filter(None, said)).rstrip()


def _document(told: WatchEvent) -> documents.Document:
    entry = told.entry
    return {
        "at": documents.moment(entry.at),
        "event": entry.event,
        "job": entry.job,
        "batch": None if told.batch is None else documents.batch_document(told.batch),
        "detail": event_words.details(entry.detail) or None,
    }


def _status_teller(session: Session, workspace: Workspace) -> Callable[[PollStatus], None]:
    """Return a listener that reports once when the API becomes unreachable, and once when it answers again."""
    said = ""

    def tell(status: PollStatus) -> None:
        nonlocal said
        if status.state in _TROUBLE and status.message != said:
            said = status.message
            session.notes.say(f"{said.rstrip('.')}.{_retry(status, workspace.clock.now())}")
        # Only after trouble was reported: each look ends in WAITING.
        elif status.state is PollerState.WAITING and said:
            said = ""
            session.notes.say("The API responds again.")

    return tell


def _retry(status: PollStatus, now: datetime) -> str:
    return f" Next try in {countdown(status.next_at - now)}." if status.next_at else ""
