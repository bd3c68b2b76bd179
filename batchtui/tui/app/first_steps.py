"""`FirstSteps` gives the hints of the first days: each where it is of use, until it was followed or put away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.tui.commands.table import BY_ID, Scope
from batchtui.tui.hints.guide import Hint

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from batchtui.registry.key_value import KeyValueStore
    from batchtui.tui.host import Status

REMEMBERED = "hints"
"""The name of the fact that stores which hints are done: their ids, or `all`."""
ALL = "all"
SEVERAL = 4
"""Number of batches from which on finding one is worth a hint."""


def _hint(command: str, does: str) -> Hint:
    return Hint(command, "hint", command=command, does=does)


HINTS: Sequence[Hint] = (
    _hint("list.open", "opens a batch; {app.back} comes back"),
    _hint("app.help", "lists every key that works here"),
    _hint("app.warnings", "shows warnings, and what to do about each"),
    _hint("batch.outcomes", "shows only what failed, was truncated, refused…"),
    _hint("batch.retry", "sends again only what failed"),
    _hint("result.view", "shows it as text, rendered or as a tree"),
    _hint("result.next", "goes to the next result"),
    _hint("app.activity", "shows what batchtui did, call by call"),
    _hint("batches.filter", "finds: words, status:ended, model:opus, age:<2d"),
    _hint("list.mark", "marks; commands then apply to all marked rows"),
    _hint("app.palette", "finds any command by its name"),
)
"""In the order in which they come, where several are of use."""


class FirstSteps:
    """A `Guide` for people who open the dashboard for the first times. What was learnt is stored in the registry."""

    def __init__(
        self, facts: KeyValueStore, status: Callable[[], Status], scopes: Callable[[], Collection[Scope]]
    ) -> None:
        """Build it over the status bar, and over the scopes of the screen in front."""
        self._facts = facts
        self._status = status
        self._scopes = scopes
        self._done: set[str] = {ALL}  # until it is known what was learnt before
        self._changed = asyncio.Event()

    @property
    def hint(self) -> Hint | None:
        """The first hint that is of use here and not done yet."""
        if ALL in self._done:
            return None
        scopes, status = self._scopes(), self._status()
        return next((hint for hint in HINTS if hint.id not in self._done and _is_of_use(hint, scopes, status)), None)

    def followed(self, command_id: str) -> None:
        """Take the hint of this command as done, whether it was shown or not."""
        if ALL not in self._done and command_id not in self._done and any(hint.id == command_id for hint in HINTS):
            self._learn(command_id)

    def skip(self) -> None:
        """Take the hint that is shown as done."""
        if self.hint is not None:
            self._learn(self.hint.id)

    def dismiss(self) -> None:
        """Take all hints as done."""
        self._learn(ALL)

    def _learn(self, done: str) -> None:
        self._done.add(done)
        self._changed.set()

    async def run(self, changed: Callable[[], None]) -> None:
        """Read what was learnt before, then store what is learnt now."""
        kept = await self._facts.get(REMEMBERED)
        self._done = set(kept[0]) if kept is not None and isinstance(kept[0], list) else set()
        changed()
        while ALL not in self._done:
            await self._changed.wait()
            self._changed.clear()
            changed()
            if self._done.issuperset(hint.id for hint in HINTS):
                self._done.add(ALL)
            await self._facts.put(REMEMBERED, sorted(self._done))


def _is_of_use(hint: Hint, scopes: Collection[Scope], status: Status) -> bool:
    scope = BY_ID[hint.command].scope
    if scope not in scopes and scope is not Scope.EVERYWHERE:
        return False
    total = status.tally.total
    match hint.command:
        case "list.open":
            return total > 0 and Scope.BATCHES in scopes
        case "app.warnings":
            return status.warnings > 0 and Scope.BATCHES in scopes
        case "app.activity":
            return bool(status.tally.states.get(BatchState.ENDED)) and Scope.BATCHES in scopes
        case "batches.filter" | "list.mark" | "app.palette":
            return total >= SEVERAL and Scope.BATCHES in scopes
    return total > 0
