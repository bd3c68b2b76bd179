"""Blocking work on a thread that whoever asked for it always waits for."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


async def run_in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work on a thread. Who is cancelled meanwhile still waits for it: it has files open."""
    working = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])
        raise


async def run_cancellable(
    work: Callable[[Callable[[R], None]], T],
    heard: Callable[[R], object] | None = None,
    *,
    give_up: Callable[[], object] | None = None,
    let_go: Callable[[T], object] | None = None,
) -> T:
    """Run blocking work on a thread, which ends soon after whoever asked for it was cancelled.

    Args:
        work: takes what it is to say its progress with, now and then; that raises where nobody wants it any more.
        heard: hears that progress, on the thread.
        give_up: makes it end sooner.
        let_go: takes back what came of it all the same.
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
        # The thread cannot be cancelled: tell it, wait until it has let go of its files, and leave nothing behind.
        is_given_up.set()
        if give_up:
            give_up()
        await asyncio.wait({working})
        if let_go and not working.cancelled() and working.exception() is None:
            let_go(working.result())
        raise
