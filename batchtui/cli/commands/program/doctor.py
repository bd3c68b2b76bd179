"""`batchtui doctor`: what batchtui stands on, examined."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.views import json_documents as documents
from batchtui.text.durations import stamp
from batchtui.text.layout.widths import pad
from batchtui.text.numbers import amount
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from batchtui.cli.session import Session

_MARKS = {"good": "ok", "note": "note", "bad": "BAD"}


@define_command("doctor", examples=["batchtui doctor", "batchtui doctor --offline", "batchtui doctor --repair"])
@click.option("--offline", is_flag=True, help="Do not call the API (one free call otherwise).")
@click.option(
    "--repair", is_flag=True, help="Rebuild a damaged registry from its last backup and from what is still readable."
)
async def command(session: Session, offline: bool, repair: bool) -> int:
    """Examine versions, folders, settings, credentials, the API, the clocks and the terminal.

    The registry is backed up once a day. With --repair a damaged one is moved aside and rebuilt; requests and results
    are files of their own and stay as they are. Close all other batchtui windows first.
    """
    from batchtui.services.insights.doctor import run_checks

    # Before a workspace is opened: a damaged registry cannot be.
    if repair:
        return _repair(session)
    async with session.workspace() as workspace:
        findings = await run_checks(workspace, offline=offline)
    rows = [(finding.topic, str(finding.health), finding.message, finding.hint) for finding in findings]
    # Found out here: services know no terminal.
    rows.append(("terminal", "good", _terminal(), ""))
    if session.json:
        keys = ("topic", "health", "message", "hint")
        session.out.document({"findings": [dict(zip(keys, row, strict=True)) for row in rows]})
    else:
        room = max(len(topic) for topic, *_ in rows)
        for topic, health, message, hint in rows:
            session.out.line(f"{pad(_MARKS[health], 4)}  {pad(topic, room)}  {one_line(message)}")
            if hint:
                session.out.line(f"{' ' * (room + 8)}{one_line(hint)}")
    return ExitCode.FAILED if any(health == "bad" for _, health, *_ in rows) else ExitCode.DONE


def _repair(session: Session) -> int:
    from batchtui.services.insights.repair import repair_registry

    done = repair_registry(session.paths)
    if session.json:
        session.out.document(
            {
                "damaged": done.was_damaged,
                "batches": done.batches,
                "backup": documents.moment(done.from_backup) if done.from_backup else None,
                "kept": str(done.kept) if done.kept else None,
            }
        )
    elif not done.was_damaged:
        session.out.line(
            f"The registry is not damaged: {amount(done.batches, 'batch', 'batches')}. Nothing was changed."
        )
    else:
        source = f"the backup of {stamp(done.from_backup)} and " if done.from_backup else ""
        session.out.line(f"The registry was rebuilt from {source}what was still readable.")
        session.out.line(f"It knows {amount(done.batches, 'batch', 'batches')}; `batchtui sync` imports the others.")
        if done.kept:
            session.out.line(f"The damaged file is kept: {done.kept}")
    return ExitCode.DONE


def _terminal() -> str:
    """Return the terminal's name by the environment, and how the dashboard treats it."""
    from batchtui.tui.terminal.environment import EVERY_COLOUR, TerminalInfo

    if not sys.stdout.isatty():
        return "none: output goes to a pipe or a file"
    terminal = TerminalInfo.of(os.environ)
    colours = {0: "no colour (NO_COLOR)", EVERY_COLOUR: "24-bit colour"}
    size = os.get_terminal_size(sys.stdout.fileno())
    facts = [
        f"TERM={os.environ.get('TERM', '')}",
        f"{size.columns}x{size.lines}",
        colours.get(terminal.colours, f"{terminal.colours} colours"),
        f"encoding {sys.stdout.encoding}",
        "over SSH" if terminal.remote else "",
        f"in {terminal.multiplexer}" if terminal.multiplexer else "",
    ]
    return ", ".join(filter(None, facts))
