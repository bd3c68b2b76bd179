"""`batchtui` without a command: open the dashboard, or print the list where there is no terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command

if TYPE_CHECKING:
    from batchtui.cli.session import Session


@define_command("dashboard", examples=["batchtui"])
def command(session: Session) -> int | None:
    """Show the dashboard; without a terminal, or with TERM=dumb, the list of batches."""
    # A script that runs `batchtui` alone wants facts, and cannot press a key to leave the dashboard.
    if session.json or not has_screen():
        from batchtui.cli.commands.batches.list import command as listing

        code: int | None = click.get_current_context().invoke(listing)
        return code
    from batchtui.tui.app.run import run_dashboard

    return run_dashboard(session.workspace)


def has_screen() -> bool:
    """Return whether all three standard streams are a terminal that can show a full screen."""
    terminals = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
    # The shell of Emacs and some CI systems set TERM=dumb: they cannot move the cursor.
    return terminals and os.environ.get("TERM", "") not in ("", "dumb")
