"""One search through the answers of a batch at a time, on a thread: it says how far it is, and can be stopped."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.registry.results.reader import ResultReader

SAYING = 0.1
"""Seconds between two words about how far it is; what is found sooner needs none."""


class ResultSearch:
    """Looks for one text; another text, or an end, stops what is under way within a block of the file."""

    def __init__(self, say: Callable[[int, int], None]) -> None:
        """`say` hears, on the loop, the bytes searched and the bytes in all."""
        self._say = say
        self.text = ""
        """What is to be found; empty for everything."""

    def stop(self) -> None:
        """Give up."""
        self.text = ""

    async def run(self, reader: ResultReader) -> Sequence[int] | None:
        """Return what is found; None where nothing is looked for. Stopped, it returns what it has so far."""
        text, loop, said = self.text, asyncio.get_running_loop(), time.monotonic()
        if not text:
            return None

        def heard(done: int, total: int) -> None:
            nonlocal said
            if done < total and time.monotonic() - said > SAYING:
                said = time.monotonic()
                loop.call_soon_threadsafe(self._say, done, total)

        return await asyncio.to_thread(reader.search, text, on_progress=heard, is_stopped=lambda: self.text != text)
