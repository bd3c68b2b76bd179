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
        """What was typed: a text to find, and terms such as `score:<3`; empty for none."""
        self.words = ""
        """The text to find in answers, without those terms."""

    def stop(self) -> None:
        """End the search that runs."""
        self.text = self.words = ""

    async def run(
        self, reader: ResultList, select: Callable[[str], tuple[Sequence[int] | None, str]] | None = None
    ) -> Sequence[int] | None:
        """Return the seqs of what was typed, None where that is nothing. Stopped, it returns those found so far.

        `select` returns the seqs that terms about columns beside the answers ask for, and the rest of the text.
        """
        text, loop, said = self.text, asyncio.get_running_loop(), time.monotonic()
        selected: Sequence[int] | None = None
        words = text
        if select is not None and ":" in text:
            selected, words = await asyncio.to_thread(select, text)
        if self.text == text:
            self.words = words
        if not words:
            return selected

        def heard(done: int, total: int) -> None:
            nonlocal said
            if done < total and time.monotonic() - said > SAYING:
                said = time.monotonic()
                # The search runs on a thread; widgets may only be touched on the loop.
                loop.call_soon_threadsafe(self._say, done, total)

        found = await asyncio.to_thread(reader.search, words, on_progress=heard, is_stopped=lambda: self.text != text)
        return found if selected is None else await asyncio.to_thread(_common, found, selected, reader.count)
