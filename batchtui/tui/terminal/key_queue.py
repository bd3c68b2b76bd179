"""`KeyQueue` delivers key presses one at a time, each when the one before has had its effect.

Textual hands every key to the widget that has the focus when it arrives. In a burst, as from type-ahead over SSH,
`/tick` would reach the list instead of the filter that `/` opens.
"""

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
"""How often a marker follows a key up the chain of widgets: the key runs an action, what that posts is handled, and
what that opens takes the focus.
"""
LOOKING = 0.03
"""Seconds between two checks whether the widget that handles a key is still there, while others wait."""
PATIENCE = 2.0
"""Seconds after which a key counts as done, whatever it waits for."""


class KeyQueue:
    """Holds keys back while an earlier one is being handled. A key that comes alone is not delayed."""

    class Passing(Message):
        """A marker that follows a key from widget to widget up to the app, which hands it to `advance`."""

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
        """Deliver a key now, or when those before it are done."""
        if not self._is_taken:
            await self._take(key)
            return
        self._waiting.append(key)
        if len(self._waiting) == 1:
            await self._look(self._turn)

    async def _take(self, key: Key | Paste) -> None:
        # Asked before the key is delivered: the key may close it.
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
        """Go on where the widget that handled the key was closed by it: the marker would never arrive."""
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
        """What handles the next key; the app itself at the very beginning and end, when there is no screen."""
        try:
            return self._app.focused or self._app.screen
        except ScreenStackError:
            return self._app

    def _pass(self, pump: MessagePump, laps: int) -> None:
        """Post the marker to a widget, behind the key in its queue, so that it arrives after the key was handled."""
        self._goes_through = pump
        message = self.Passing(self._turn, laps)
        if not pump.post_message(message):  # it is closing
            self._app.post_message(message)

    async def passed(self, message: Passing) -> None:
        """Handle a marker that has arrived at the app: follow once more, or let the next key in."""
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
