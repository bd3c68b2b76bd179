"""Work done beside the keys, and the one way that its failures take."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError
from batchtui.tui.messages import ActionFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from textual.dom import DOMNode
    from textual.worker import Worker


def run_guarded(node: DOMNode, work: Callable[[], Awaitable[None]], *, group: str, exclusive: bool = False) -> None:
    """Do this beside the keys; it ends with the node. `exclusive`: what the node still does in that group is dropped.

    A failure that was understood is shown by the app; any other is a fault of the program and ends it.
    """
    run_worker(node, partial(_guarded, node, work), group=group, exclusive=exclusive)


def run_worker(
    node: DOMNode, work: Callable[[], Coroutine[Any, Any, None]], *, group: str, exclusive: bool = False
) -> Worker[None]:
    """Do this beside the keys; every failure is a fault of the program and ends it."""
    # The coroutine is made within the worker: of one that is dropped before its first step nothing is left behind.
    worker: Worker[None] = node.run_worker(work, group=group, exclusive=exclusive)
    return worker


async def _guarded(node: DOMNode, work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except BatchtuiError as error:
        node.app.post_message(ActionFailed(error))


class CoalescedWorker:
    """Runs a coroutine in the background, once at a time; asked meanwhile, it runs once more. It starves nobody."""

    def __init__(self, owner: DOMNode, work: Callable[[], Awaitable[None]]) -> None:
        self._owner = owner
        self._work = work
        self._is_running = False
        self._is_asked = False

    def request(self) -> None:
        """Have it done, with the state of things at the time when it starts."""
        self._is_asked = True
        if not self._is_running and self._owner.is_attached:
            self._is_running = True
            run_worker(self._owner, self._run, group=f"latest-{id(self)}")

    async def _run(self) -> None:
        try:
            while self._is_asked:
                self._is_asked = False
                await _guarded(self._owner, self._work)
        finally:
            self._is_running = False
