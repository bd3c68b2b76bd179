"""Run a command's coroutine on an event loop, which ctrl-c, SIGTERM and SIGHUP cancel: `run_stoppable`.

A module of its own, because `asyncio` takes longer to import than `batchtui help` may take to start.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from batchtui.cli.exit_codes import ExitCode, Stopped

if TYPE_CHECKING:
    from collections.abc import Coroutine


def run_stoppable(body: Coroutine[Any, Any, int | None]) -> int | None:
    """Run a coroutine to its end and return its exit code; canceled, it finishes what must not stay half done.

    Raises:
        Stopped: it was canceled.
    """
    try:
        return asyncio.run(_stoppable(body))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise Stopped(ExitCode.INTERRUPTED) from None


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
