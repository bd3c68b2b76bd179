"""`run_guarded` and `run_worker` run work beside the keys, and `CoalescedWorker` merges requests for the same work.

All background work of the dashboard goes through here, so that there is one answer to the question what a failure does:
a BatchtuiError is shown, any other exception ends the program.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError
from batchtui.tui.messages import ActionFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from textual.dom import DOMNode
    from textual.worker import Worker


def run_guarded(node: DOMNode, work: Callable[[], Awaitable[object]], *, group: str, exclusive: bool = False) -> None:
    """Run `work` in a Textual worker of `node`, which ends with the node. A BatchtuiError is shown by the app.

    Args:
        node: whose worker it is. Work that must survive its screen belongs to the app.
        work: makes the coroutine.
        group: the name of a group of workers.
        exclusive: whether what the node still runs in that group is canceled first.
    """
    run_worker(node, partial(_guarded, node, work), group=group, exclusive=exclusive)


def run_worker(
    node: DOMNode, work: Callable[[], Coroutine[Any, Any, None]], *, group: str, exclusive: bool = False
) -> Worker[None]:
    """Run `work` in a Textual worker of `node`. Every exception is a fault of the program and ends it."""
    # The coroutine is made within the worker: of one that is dropped before its first step nothing is left behind.
    worker: Worker[None] = node.run_worker(work, group=group, exclusive=exclusive)
    return worker


async def _guarded(node: DOMNode, work: Callable[[], Awaitable[object]]) -> None:
    try:
        await work()
    except BatchtuiError as error:
        node.app.post_message(ActionFailed(error))


class CoalescedWorker:
    """Runs one coroutine at a time; requests that arrive while it runs are merged into one further run.

    Unlike an exclusive worker it never cancels: under a stream of events the work still comes to its end.
    """

    def __init__(self, owner: DOMNode, work: Callable[[], Awaitable[None]]) -> None:
        self._owner = owner
        self._work = work
        self._is_running = False
        self._is_asked = False
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    def request(self) -> None:
        """Run the work: now, or once more after the run that is under way. It sees the state of its own start."""
        self._is_asked = True
        # A widget that has been removed can run no worker.
        if not self._is_running and self._owner.is_attached:
            self._is_running = True
            self._is_idle.clear()
            run_worker(self._owner, self._run, group=f"latest-{id(self)}")

    async def _run(self) -> None:
        try:
            # A request that comes while the work runs sets this again, and the loop goes round once more.
            while self._is_asked:
                self._is_asked = False
                await _guarded(self._owner, self._work)
        finally:
            self._is_running = False
            self._is_idle.set()

    async def settled(self) -> None:
        """Return when nothing that was asked for is still to be done."""
        await self._is_idle.wait()
