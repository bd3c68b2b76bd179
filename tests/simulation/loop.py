"""An event loop with virtual time that runs several processes in one, and can pause or kill each between two steps.

A step is what runs between two awaits. Every process (a `Process`) has a queue of its own, first in, first out, as in a
loop of its own; which process takes the next step is drawn from the seed. Time moves only when nobody has anything to
do. There are no threads: work for an executor is done at once, so the same seed gives the same history.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import heapq
import sys
import warnings
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Coroutine, Iterator

T = TypeVar("T")
MOST_STEPS = 60_000
"""Steps of one history; the longest that comes to its end takes a third of it."""


class Halted(BaseException):
    """A process that was killed tried to do something: nothing may handle this, and nothing comes of it."""


class Endless(Exception):
    """A history took more steps than any that comes to its end."""


class Process:
    """What dies or sleeps as one: the tasks of one run of the program, with its connections and open files."""

    def __init__(self, number: int, name: str, *, dies_at: int | None = None) -> None:
        self.number = number
        self.name = name
        self.dies_at = dies_at
        """The step at which it is killed."""
        self.steps = 0
        self.is_dead = False
        self.is_paused = False
        self.queue: deque[asyncio.Handle] = deque()
        self.belongings: list[Callable[[], None]] = []
        """What the system takes back when it dies: connections are rolled back, files are closed."""
        self.ended: asyncio.Future[None] | None = None

    def kill(self) -> None:
        """End it as `kill -9` does: no handler runs, and what it had open is closed by the system."""
        self.is_dead = True
        self.belongings.append(self.queue.clear)
        for give_back in self.belongings:
            give_back()
        self.belongings.clear()
        if self.ended is not None and not self.ended.done():
            self.ended.set_result(None)

    def refuse_if_dead(self) -> None:
        """Raise `Halted` where the process is no more: what is left of it may only be thrown away."""
        if self.is_dead:
            raise Halted


NOBODY = Process(0, "the world")
_current: contextvars.ContextVar[Process] = contextvars.ContextVar("process", default=NOBODY)


def current() -> Process:
    """The process whose step is being taken; `NOBODY` in between."""
    return _current.get()


class _Queues:
    """Stands in for the loop's queue of ready handles: sorts them by process."""

    def __init__(self) -> None:
        self.processes: list[Process] = []
        """Those with something to do, in the order in which they got it."""

    def append(self, handle: asyncio.Handle) -> None:
        process: Process = handle._context.get(_current, NOBODY)  # type: ignore[attr-defined]
        if process.is_dead:
            return
        if not process.queue and not process.is_paused:
            self.processes.append(process)
        process.queue.append(handle)

    def wake(self, process: Process) -> None:
        process.is_paused = False
        if process.queue and process not in self.processes:
            self.processes.append(process)

    def take(self, dice: random.Random | None) -> tuple[Process, asyncio.Handle] | None:
        """The next handle; `dice` chooses among the processes, without it each has its turn."""
        while self.processes:
            at = dice.randrange(len(self.processes)) if dice and len(self.processes) > 1 else 0
            process = self.processes[at]
            if process.is_dead or process.is_paused or not process.queue:
                del self.processes[at]
                continue
            handle = process.queue.popleft()
            del self.processes[at]
            if process.queue:
                self.processes.append(process)
            return process, handle
        return None

    def clear(self) -> None:
        for process in self.processes:
            process.queue.clear()
        self.processes.clear()

    def __len__(self) -> int:
        return len(self.processes)


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs processes step by step in virtual time."""

    def __init__(self, dice: random.Random | None) -> None:
        super().__init__()
        self._scheduled: list[asyncio.TimerHandle] = []
        self._stopping = False
        self._virtual = 0.0
        self._dice = dice
        self._queues = _Queues()
        self._ready = self._queues
        self.steps = 0
        self.set_exception_handler(self._note)
        self.faults: list[str] = []
        """What no task has handled."""
        self._tasks: list[asyncio.Task[Any]] = []
        self.stop_with: Exception | None = None
        """Ends the run with this error after the step that is being taken."""

    def time(self) -> float:
        """Seconds of the world's time since the beginning of the history."""
        return self._virtual

    def spawn(self, process: Process, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin a task of a process. All that it starts in turn belongs to the process, too."""
        context = contextvars.copy_context()
        context.run(_current.set, process)
        return self.create_task(work, context=context)

    def create_task(self, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """Begin a task, and hold on to it: what a killed process was at must not be thrown away in the middle."""
        task = super().create_task(coro, **options)
        self._tasks.append(task)
        return task

    def at(self, seconds: float, happens: Callable[[], object]) -> None:
        """Have something happen in the world, so many seconds from now, whatever becomes of any process."""
        context = contextvars.copy_context()
        context.run(_current.set, NOBODY)
        self.call_later(max(seconds, 0.0), happens, context=context)

    def pause(self, process: Process) -> None:
        """Stop a process between two steps; what it has asked for goes on elsewhere."""
        process.is_paused = True

    def wake(self, process: Process) -> None:
        """Let a paused process go on."""
        self._queues.wake(process)

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """Do blocking work at once: no thread, so nothing that could come out otherwise the next time."""
        done: asyncio.Future[T] = self.create_future()
        try:
            current().refuse_if_dead()
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  (whoever awaits it gets it)
            done.set_exception(error)
        except asyncio.CancelledError:
            done.cancel()
        return done

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> asyncio.Handle:  # type: ignore[override]
        """There is one thread."""
        return self.call_soon(callback, *args, context=context)

    def _run_once(self) -> None:
        taken = self._queues.take(self._dice)
        if taken is None:
            if not self._stopping:
                self._let_time_pass()
            return
        process, handle = taken
        if handle.cancelled():
            return
        self.steps += 1
        process.steps += 1
        if self.steps > MOST_STEPS:
            raise Endless(f"{MOST_STEPS} steps, and no end.")
        if process.dies_at is not None and process.steps >= process.dies_at:
            process.kill()
            return
        handle._run()
        if self.stop_with is not None:
            raise self.stop_with

    def _let_time_pass(self) -> None:
        """Go on to the time of the next timer."""
        scheduled = self._scheduled
        while scheduled and scheduled[0].cancelled():
            heapq.heappop(scheduled)
        if not scheduled:
            raise Endless("Everybody waits for something that never happens.")
        self._virtual = max(self._virtual, scheduled[0].when())
        while scheduled and scheduled[0].when() <= self._virtual:
            timer = heapq.heappop(scheduled)
            if not timer.cancelled():
                self._queues.append(timer)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Cancelled timers are thrown away when their time comes."""

    def _process_events(self, event_list: object) -> None:
        """There is nothing outside."""

    def _write_to_self(self) -> None:
        """There is nobody else."""

    def _note(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None and not isinstance(error, Halted | asyncio.CancelledError):
            self.faults.append(f"{context.get('message')}: {error!r}")


def bury(loop: VirtualLoop) -> None:
    """Throw away what is left of all tasks: close their coroutines, which nothing will run again.

    What their `finally` blocks say about that is of no interest, and must not be heard by a later history.
    """
    with warnings.catch_warnings(), _unheard():
        warnings.simplefilter("ignore")
        running = asyncio._get_running_loop()
        asyncio._set_running_loop(loop)
        try:
            for task in loop._tasks:
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                _close(task.get_coro())
        finally:
            asyncio._set_running_loop(running)
        loop._scheduled.clear()
        loop._queues.clear()
        loop._tasks.clear()
        loop.close()
        gc.collect()
        # What is left is here to stay: the next collection need not look at it again.
        gc.freeze()


def _close(coroutine: Any) -> None:
    for _ in range(20):
        if getattr(coroutine, "cr_frame", None) is None or getattr(coroutine, "cr_running", False):
            return
        with suppress(BaseException):
            coroutine.close()


@contextmanager
def _unheard() -> Iterator[None]:
    before = sys.unraisablehook
    sys.unraisablehook = lambda _what: None
    try:
        yield
    finally:
        sys.unraisablehook = before
