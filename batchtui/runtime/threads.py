"""Run blocking work in a thread and wait for it even when canceled: `run_in_thread`, `run_cancellable`.

`asyncio.to_thread` alone returns at once when canceled, while the thread still has its files open.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


async def run_in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work in a thread and return its result. When canceled, wait for the thread before raising."""
    working = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        # The thread has files open that the caller is about to close.
        await _wait_whatever_comes(working)
        raise


async def run_cancellable(
    work: Callable[[Callable[[R], None]], T],
    heard: Callable[[R], object] | None = None,
    *,
    give_up: Callable[[], object] | None = None,
    let_go: Callable[[T], object] | None = None,
) -> T:
    """Run blocking work in a thread and return its result; when canceled, have it end early and wait for that.

    Args:
        work: is given a function to report progress with; that raises CancelledError once the caller was canceled.
        heard: is called with each progress, in the thread.
        give_up: is called when canceled, to make the work end sooner.
        let_go: is given the result where the work finished although it was canceled, to undo it.
    """
    is_given_up = threading.Event()

    def tell(progress: R) -> None:
        if is_given_up.is_set():
            raise asyncio.CancelledError
        if heard:
            heard(progress)

    working = asyncio.ensure_future(asyncio.to_thread(work, tell))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        # The thread cannot be canceled: tell it, wait until it has let go of its files, and leave nothing behind.
        is_given_up.set()
        if give_up:
            give_up()
        await _wait_whatever_comes(working)
        if let_go and not working.cancelled() and working.exception() is None:
            let_go(working.result())
        raise


async def _wait_whatever_comes(working: asyncio.Future[T]) -> None:
    """Wait for the end of a thread's work, also where the caller is canceled once more; what it raises is dropped.

    A watch that ends cancels its loops, and they cancel what they have begun: the second cancellation must not let the
    caller close a file that the thread still writes to.
    """
    while not working.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([working])
    if not working.cancelled():
        working.exception()
