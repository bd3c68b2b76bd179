"""Keys in turn: each is heard by what the one before has brought about, however fast they come."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ScreenStackError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.app import App
    from textual.events import Key, Paste
    from textual.message_pump import MessagePump

LAPS = 4
"""A key is bound to an action on its first way up, what that posts is heard on the second, and opens something on the
third; then the keys belong to that."""
PATIENCE = 0.3
"""Seconds after which a key counts as done: what it went through may be gone."""


class Turns:
    """Lets keys in one at a time. It knows no key, and delays none that comes alone.

    Textual gives every key to what has the focus when it arrives. Over a slow line, or where somebody knows the way by
    heart, keys come in bursts: of `/tick` the list would hear the last four.
    """

    def __init__(self, app: App[int], let_in: Callable[[Key | Paste], Awaitable[None]]) -> None:
        self._app = app
        self._let_in = let_in
        self._waiting: deque[Key | Paste] = deque()
        self._turn = 0
        self._is_taken = False

    async def hear(self, key: Key | Paste) -> None:
        """Let a key in, now or when it is its turn."""
        if self._is_taken:
            self._waiting.append(key)
            if len(self._waiting) == 1:
                self._app.set_timer(PATIENCE, partial(self._end, self._turn))
        else:
            await self._take(key)

    async def _take(self, key: Key | Paste) -> None:
        self._is_taken = True
        self._turn += 1
        heard_by = self._listener
        await self._let_in(key)
        self._pass(heard_by, self._turn, LAPS)

    @property
    def _listener(self) -> MessagePump:
        """What hears the next key; at the very beginning and end there is no screen."""
        try:
            return self._app.focused or self._app.screen
        except ScreenStackError:
            return self._app

    def _pass(self, pump: MessagePump, turn: int, laps: int) -> None:
        """Follow the key on its way up: behind it in every queue, so that it is done there when we come through."""
        if turn == self._turn:
            pump.call_later(self._passed, pump, turn, laps)

    async def _passed(self, pump: MessagePump, turn: int, laps: int) -> None:
        if pump is not self._app:
            self._pass(pump._parent or self._app, turn, laps)  # noqa: SLF001  (`parent` leaves out the app)
        elif laps > 1:
            self._pass(self._listener, turn, laps - 1)
        else:
            await self._end(turn)

    async def _end(self, turn: int) -> None:
        if turn != self._turn or not self._is_taken:
            return
        self._is_taken = False
        if self._waiting:
            await self._take(self._waiting.popleft())
            if self._waiting:
                self._app.set_timer(PATIENCE, partial(self._end, self._turn))
