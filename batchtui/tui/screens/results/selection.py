"""`ResultSelection` says which results of a batch are shown, and `ResultSearch` finds a text in their answers."""

from __future__ import annotations

import asyncio
import time
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.results.result import Outcome
    from batchtui.registry.results.job_results import ResultList

SAYING = 0.1
"""Seconds between two messages about the progress of a search; a quick one needs none."""


@dataclass(frozen=True, slots=True)
class ResultSelection:
    """Which results are shown; without any value all of them."""

    outcome: Outcome | None = None
    group: int | None = None
    """The number of a group of failures."""
    found: Sequence[int] | None = None
    """The seqs that a search found, in order of arrival."""


def order_of(reader: ResultList, choice: ResultSelection) -> Sequence[int]:
    """Return the seqs that are shown, in order of arrival. Blocking.

    Without a filter that is a range: a list of a million numbers would take time and memory for nothing.
    """
    outcomes = None if choice.outcome is None else {choice.outcome}
    if choice.group is None and choice.found is None:
        return reader.order(outcomes)
    shown = reader.order(group=choice.group) if choice.group is not None else choice.found or ()
    if choice.group is not None and choice.found is not None:
        shown = _common(shown, choice.found, reader.count)
    if outcomes is None:
        return shown
    mask = reader.mask(outcomes)
    # Four bytes a number, where a list takes forty.
    return array("I", (seq for seq in shown if mask[seq]))


def _common(one: Sequence[int], other: Sequence[int], number: int) -> Sequence[int]:
    """Return those of `one` that are in `other` as well, in their order."""
    is_there = bytearray(number + 1)
    for seq in other:
        is_there[seq] = 1
    return array("I", (seq for seq in one if is_there[seq]))


class ResultSearch:
    """Runs one search at a time on a thread. Another text, or `stop`, ends it within a block of the file."""

    def __init__(self, say: Callable[[int, int], None]) -> None:
        """`say` is called on the loop with the bytes searched and the bytes in all."""
        self._say = say
        self.text = ""
        """The text to find; empty for none."""

    def stop(self) -> None:
        """End the search that runs."""
        self.text = ""

    async def run(self, reader: ResultList) -> Sequence[int] | None:
        """Return the seqs of answers with the text, None without a text. Stopped, it returns those found so far."""
        text, loop, said = self.text, asyncio.get_running_loop(), time.monotonic()
        if not text:
            return None

        def heard(done: int, total: int) -> None:
            nonlocal said
            if done < total and time.monotonic() - said > SAYING:
                said = time.monotonic()
                # The search runs on a thread; widgets may only be touched on the loop.
                loop.call_soon_threadsafe(self._say, done, total)

        return await asyncio.to_thread(reader.search, text, on_progress=heard, is_stopped=lambda: self.text != text)
