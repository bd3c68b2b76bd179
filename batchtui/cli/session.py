"""What a command works with: stdout, stderr, paths, the workspace; and how its coroutine is run: `Session`."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from batchtui.cli.exit_codes import ExitCode, Stopped
from batchtui.cli.output import log_file
from batchtui.cli.output.stderr import Stderr
from batchtui.cli.output.stdout import Stdout
from batchtui.settings.paths import Paths

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from batchtui.cli.global_options import GlobalOptions
    from batchtui.domain.clock import Clock
    from batchtui.services.workspace import Workspace


class Session:
    """What one run of a command works with."""

    def __init__(self, chosen: GlobalOptions) -> None:
        self.json = chosen.json
        self.profile = chosen.profile
        self.read_only = chosen.read_only
        self.paths = Paths.locate(chosen.home)
        self.notes = Stderr()
        self.out = Stdout(self.notes.close)

    @asynccontextmanager
    async def workspace(self, *, base_url: str | None = None, clock: Clock | None = None) -> AsyncIterator[Workspace]:
        """Open the registry. Raises `StorageError`."""
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
        try:
            return asyncio.run(_stoppable(body))
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise Stopped(ExitCode.INTERRUPTED) from None
        finally:
            self.notes.close()


async def _stoppable(body: Coroutine[Any, Any, int | None]) -> int | None:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(body)
    told_to_end = False

    def end() -> None:
        nonlocal told_to_end
        told_to_end = True
        task.cancel()

    # asyncio.run handles SIGINT only; a closed terminal and `kill` must let a send be noted, too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:  # as `nohup` has asked for
            continue
        with suppress(NotImplementedError, RuntimeError):
            loop.add_signal_handler(number, end)
    try:
        return await task
    except asyncio.CancelledError:
        if told_to_end:
            raise Stopped(ExitCode.TERMINATED) from None
        raise
