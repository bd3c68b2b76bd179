"""The workspace for programs without an event loop: each call blocks until it is done: `BlockingWorkspace`."""

from __future__ import annotations

import asyncio
import threading
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, cast

from batchtui.library.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
    from contextlib import AbstractAsyncContextManager

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 200
"""Items fetched from the thread of the event loop at once."""


def _blocking(
    method: Callable[Concatenate[Workspace, P], Awaitable[T]],
) -> Callable[Concatenate[BlockingWorkspace, P], T]:
    """Return a blocking version of a coroutine method, with the same signature and docstring."""

    def call(self: BlockingWorkspace, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.run(method(self.workspace, *args, **kwargs))

    # mypy cannot follow `wraps` from one first parameter to another.
    return cast("Callable[Concatenate[BlockingWorkspace, P], T]", wraps(method)(call))


def _iterating(
    method: Callable[Concatenate[Workspace, P], AsyncGenerator[T]],
) -> Callable[Concatenate[BlockingWorkspace, P], Iterator[T]]:
    """Return a plain version of an asynchronous generator method."""

    def call(self: BlockingWorkspace, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        source = method(self.workspace, *args, **kwargs)
        try:
            # In batches: a visit to the other thread costs more than a result.
            while items := self.run(_some(source)):
                yield from items
        finally:
            # Also after a `break` in the caller's loop: the generator holds files open.
            self.run(source.aclose())

    return cast("Callable[Concatenate[BlockingWorkspace, P], Iterator[T]]", wraps(method)(call))


class BlockingWorkspace:
    """A `Workspace` on an event loop of its own thread, so that it works in a notebook, too. It is closed by `with`."""

    def __init__(self, opening: AbstractAsyncContextManager[Workspace]) -> None:
        self._opening = opening
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        # A thread of its own: in a notebook another loop is running in this one.
        self._thread = threading.Thread(target=self._loop.run_forever, name="batchtui", daemon=True)
        self._thread.start()
        try:
            self.workspace = self.run(opening.__aenter__())
        except BaseException:
            self._stop()
            raise

    check = _blocking(Workspace.check)
    estimate = _blocking(Workspace.estimate)
    known = _blocking(Workspace.known)
    submit = _blocking(Workspace.submit)
    resume = _blocking(Workspace.resume)
    pilot = _blocking(Workspace.pilot)
    send_rest = _blocking(Workspace.send_rest)
    find = _blocking(Workspace.find)
    batches = _blocking(Workspace.batches)
    refresh = _blocking(Workspace.refresh)
    wait = _blocking(Workspace.wait)
    collect = _blocking(Workspace.collect)
    results = _iterating(Workspace.results)
    export = _blocking(Workspace.export)
    marks = _blocking(Workspace.marks)
    mark = _blocking(Workspace.mark)
    retry = _blocking(Workspace.retry)
    continue_job = _blocking(Workspace.continue_job)
    judge = _blocking(Workspace.judge)
    verdict = _blocking(Workspace.verdict)
    cancel = _blocking(Workspace.cancel)
    delete = _blocking(Workspace.delete)
    cost = _blocking(Workspace.cost)
    create_batch = _blocking(Workspace.create_batch)
    wait_for_batch = _blocking(Workspace.wait_for_batch)
    cancel_batch = _blocking(Workspace.cancel_batch)
    execute_batch = _blocking(Workspace.execute_batch)

    def run(self, work: Awaitable[T]) -> T:
        """Run something on the workspace's event loop, and wait for it. Ctrl-C cancels it cleanly."""
        future = asyncio.run_coroutine_threadsafe(self._tracked(work), self._loop)
        try:
            return future.result()
        except (KeyboardInterrupt, SystemExit):
            # Canceling returns at once, while the coroutine may still be noting what became of a send.
            future.cancel()
            asyncio.run_coroutine_threadsafe(self._settled(), self._loop).result()
            raise

    async def _tracked(self, work: Awaitable[T]) -> T:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            return await work
        finally:
            self._tasks.discard(task)

    async def _settled(self) -> None:
        """Wait until the canceled tasks have ended: a send must note what it knows before the loop stops."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def close(self) -> None:
        """Close connections and files, and stop the thread."""
        try:
            self.run(self._opening.__aexit__(None, None, None))
        finally:
            self._stop()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        # The loop may be closed only when its thread has left it.
        self._thread.join()
        self._loop.close()


async def _some(source: AsyncIterator[T]) -> list[T]:
    """Fetch the next few items in one visit to the event loop."""
    found: list[T] = []
    async for item in source:
        found.append(item)
        if len(found) == AT_ONCE:
            break
    return found
