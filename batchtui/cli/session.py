"""What a command works with: stdout, stderr, paths, the workspace; and how its coroutine is run: `Session`."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from batchtui.cli.output.stderr import Stderr
from batchtui.cli.output.stdout import Stdout

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from batchtui.cli.global_options import GlobalOptions
    from batchtui.domain.clock import Clock
    from batchtui.services.workspace import Workspace
    from batchtui.settings.paths import Paths


class Session:
    """What one run of a command works with."""

    def __init__(self, chosen: GlobalOptions) -> None:
        self.json = chosen.json
        self.profile = chosen.profile
        self.read_only = chosen.read_only
        self._home = chosen.home
        self.notes = Stderr()
        self.out = Stdout(self.notes.close)

    @cached_property
    def paths(self) -> Paths:
        """Where files are: in --home, in BATCHTUI_HOME, or in the system's own places."""
        # Imported in the call, like the event loop below: `batchtui help` needs neither.
        from batchtui.settings.paths import Paths

        return Paths.locate(self._home)

    @asynccontextmanager
    async def workspace(self, *, base_url: str | None = None, clock: Clock | None = None) -> AsyncIterator[Workspace]:
        """Open the registry. Raises `StorageError`."""
        from batchtui.cli.output import log_file
        from batchtui.services.workspace import open_workspace

        async with open_workspace(
            self.paths, profile=self.profile, base_url=base_url, clock=clock, read_only=self.read_only
        ) as workspace:
            # After opening, which creates the folders with their modes (`Paths.prepare`).
            log_file.attach(self.paths)
            yield workspace

    @asynccontextmanager
    async def acting_workspace(self) -> AsyncIterator[Workspace]:
        """Open the registry for a command that changes something at the API.

        Raises:
            StorageError: as `workspace`.
            UsageError: it is read-only, or the settings are wrong.
        """
        async with self.workspace() as workspace:
            # Again where the API is called; here it comes before anything is read, checked or asked.
            workspace.refuse_if_read_only()
            yield workspace

    def run(self, body: Coroutine[Any, Any, int | None]) -> int | None:
        """Run a coroutine to its end and return its exit code.

        Ctrl-C, SIGTERM and SIGHUP cancel it, which lets it finish what must not stay half done.

        Raises:
            Stopped: it was canceled.
        """
        from batchtui.cli.event_loop import run_stoppable

        try:
            return run_stoppable(body)
        finally:
            self.notes.close()
