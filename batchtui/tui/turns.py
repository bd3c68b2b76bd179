"""Keys in turn: each is heard by what the one before has brought about, however fast they come."""

from __future__ import annotations

import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ScreenStackError
from textual.message import Message

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

    class Passing(Message):
        """Goes up from what heard a key to the app, which hands it to `passed`."""

        def __init__(self, turn: int, laps: int) -> None:
            super().__init__()
            self.turn = turn
            self.laps = laps

    def __init__(self, app: App[int], let_in: Callable[[Key | Paste], Awaitable[None]]) -> None:
        self._app = app
        self._let_in = let_in
        self._waiting: deque[Key | Paste] = deque()
        self._turn = 0
        self._is_taken = False
        self._since = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether a key has not had its effect yet."""
        return self._is_taken and time.monotonic() - self._since < PATIENCE

    async def hear(self, key: Key | Paste) -> None:
        """Let a key in, now or when it is its turn."""
        if self.is_busy:
            self._waiting.append(key)
            if len(self._waiting) == 1:
                self._app.set_timer(PATIENCE, partial(self._end, self._turn))
        else:
            await self._take(key)

    async def _take(self, key: Key | Paste) -> None:
        self._is_taken = True
        self._since = time.monotonic()
        self._turn += 1
        heard_by = self._listener
        await self._let_in(key)
        self._pass(heard_by, LAPS)

    @property
    def _listener(self) -> MessagePump:
        """What hears the next key; at the very beginning and end there is no screen."""
        try:
            return self._app.focused or self._app.screen
        except ScreenStackError:
            return self._app

    def _pass(self, pump: MessagePump, laps: int) -> None:
        """Follow the key on its way up: behind it in every queue, so that it is done there when we come through."""
        message = self.Passing(self._turn, laps)
        if not pump.post_message(message):  # it is closing
            self._app.post_message(message)

    async def passed(self, message: Passing) -> None:
        """Hear that the way up was gone once more."""
        if message.turn != self._turn:
            return
        if message.laps > 1:
            self._pass(self._listener, message.laps - 1)
        else:
            await self._end(message.turn)

    async def _end(self, turn: int) -> None:
        if turn != self._turn or not self._is_taken:
            return
        self._is_taken = False
        if self._waiting:
            await self._take(self._waiting.popleft())
            if self._waiting:
                self._app.set_timer(PATIENCE, partial(self._end, self._turn))
