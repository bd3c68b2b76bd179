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
LOOKING = 0.03
"""Seconds between two looks whether what a key goes through is still there, while others wait."""
PATIENCE = 2.0
"""Seconds after which a key counts as done, whatever keeps it."""


class KeyQueue:
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
        self._since = 0.0
        self._is_taken = False
        self._goes_through: MessagePump = app

    @property
    def is_busy(self) -> bool:
        """Whether a key has not had its effect yet."""
        return bool(self._waiting) or (self._is_taken and self._goes_through.is_attached)

    async def hear(self, key: Key | Paste) -> None:
        """Let a key in, now or when it is its turn."""
        if not self._is_taken:
            await self._take(key)
            return
        self._waiting.append(key)
        if len(self._waiting) == 1:
            await self._look(self._turn)

    async def _take(self, key: Key | Paste) -> None:
        heard_by = self._listener
        if heard_by is self._app:  # there is nothing left to hear it
            self._waiting.clear()
            return
        self._is_taken = True
        self._since = time.monotonic()
        self._turn += 1
        await self._let_in(key)
        self._pass(heard_by, LAPS)
        if self._waiting:
            self._look_again(self._turn)

    async def _look(self, turn: int) -> None:
        """What a key has closed lets nothing more through: it is done there, and its way goes on from what is left."""
        if turn != self._turn or not self._waiting:
            return
        if time.monotonic() - self._since > PATIENCE:
            await self._end(turn)
            return
        if not self._goes_through.is_attached:
            self._pass(self._listener, LAPS)
        self._look_again(turn)

    def _look_again(self, turn: int) -> None:
        self._app.set_timer(LOOKING, partial(self._look, turn))

    @property
    def _listener(self) -> MessagePump:
        """What hears the next key; at the very beginning and end there is no screen."""
        try:
            return self._app.focused or self._app.screen
        except ScreenStackError:
            return self._app

    def _pass(self, pump: MessagePump, laps: int) -> None:
        """Follow the key on its way up: behind it in every queue, so that it is done there when we come through."""
        self._goes_through = pump
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
