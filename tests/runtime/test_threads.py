"""Blocking work that nobody wants any more ends at its next word, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING

import pytest

from batchtui.runtime.threads import run_cancellable, run_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable


async def test_work_says_how_far_it_is_and_gives_what_it_made() -> None:
    heard: list[int] = []

    def work(tell: Callable[[int], None]) -> str:
        tell(1)
        tell(2)
        return "made"

    assert await run_cancellable(work, heard.append) == "made"
    assert heard == [1, 2]


async def test_work_that_was_given_up_ends_at_its_next_word_and_is_waited_for() -> None:
    begun, wanted = threading.Event(), threading.Event()
    ended: list[str] = []

    def work(tell: Callable[[int], None]) -> None:
        begun.set()
        wanted.wait()
        try:
            tell(1)
            ended.append("went on")
        finally:
            ended.append("let go of its files")

    working = asyncio.ensure_future(run_cancellable(work, give_up=wanted.set))
    await asyncio.to_thread(begun.wait)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert ended == ["let go of its files"]


async def test_a_result_that_came_after_the_cancellation_is_undone() -> None:
    begun, wanted = threading.Event(), threading.Event()
    taken_back: list[str] = []

    def work(_: Callable[[int], None]) -> str:
        begun.set()
        wanted.wait()
        return "made"

    working = asyncio.ensure_future(run_cancellable(work, give_up=wanted.set, let_go=taken_back.append))
    await asyncio.to_thread(begun.wait)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert taken_back == ["made"]


@pytest.mark.long
async def test_a_thread_is_waited_for_also_where_its_caller_is_canceled_twice() -> None:
    begun, wanted, unheard = threading.Event(), threading.Event(), list[dict[str, object]]()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, said: unheard.append(said))
    ended: list[str] = []

    def work() -> None:
        begun.set()
        wanted.wait()
        ended.append("let go of its files")
        raise ValueError("closed meanwhile")

    working = asyncio.ensure_future(run_in_thread(work))
    await asyncio.to_thread(begun.wait)
    for _ in range(3):
        working.cancel()
        await asyncio.sleep(0)
    assert not working.done()
    wanted.set()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert ended == ["let go of its files"]
    del working
    gc.collect()
    assert unheard == []
