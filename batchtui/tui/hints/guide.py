"""`Guide` is the protocol of what chooses a hint, and `Hint` one hint: what there is to know now, and a key to try.

There are two guides: the first steps of the dashboard, and the tour of `batchtui demo`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from batchtui.tui.commands.table import BY_ID, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


@dataclass(frozen=True, slots=True)
class Hint:
    """What is shown to a person who is new here."""

    id: str
    """Stable: it is stored once the hint was followed or put away."""
    chip: str
    """What it belongs to, such as `tour 3/26`."""
    said: str = ""
    """What happens now; `{batch.retry}` becomes the key of that command, names stand in backticks."""
    command: str = ""
    """The id of the command to try; empty where there is only something to look at."""
    does: str = ""
    """What trying it does, after its key: "opens the batch"."""
    place: Scope | None = None
    """Where it is to be tried; None for wherever the command is heard."""
    is_done: bool = False
    """Whether it was followed just now."""


class Guide(Protocol):
    """Decides which hint is on the screen. It draws nothing."""

    @property
    def hint(self) -> Hint | None:
        """The hint for this moment; None for none."""
        ...

    def followed(self, command_id: str) -> None:
        """Take note that a command was carried out."""
        ...

    def skip(self) -> None:
        """Go on to the next hint."""
        ...

    def dismiss(self) -> None:
        """Show no more hints."""
        ...

    async def run(self, changed: Callable[[], None]) -> None:
        """Run until canceled, and call `changed` whenever the hint is another one."""
        ...


_OPENERS = {
    Scope.RETRY: ("batches.retry", "batch.retry"),
    Scope.EXPORT: ("batches.export", "batch.export"),
    Scope.COMPOSE: ("batches.compose",),
    Scope.COMPARE: ("batches.compare", "batch.compare"),
    Scope.COLUMNS: ("batches.columns",),
    Scope.ACTIVITY: ("app.activity",),
    Scope.SPENDING: ("app.spending",),
    Scope.SETTINGS: ("app.settings",),
}
"""Screens that a command opens, with the commands that do."""


def way_to(scope: Scope, scopes: Collection[Scope]) -> tuple[str, str]:
    """Return how to get where a command is heard, as a command id and what it does; empty strings where one is."""
    if scope in scopes or scope in (Scope.DIALOG, Scope.LIST, Scope.TEXT):
        return "", ""
    for opener in _OPENERS.get(scope, ()):
        if BY_ID[opener].scope in scopes or BY_ID[opener].scope is Scope.EVERYWHERE:
            return opener, "opens it; there"
    # From the list to a batch, from a batch to a result: enter leads there. Everywhere else lies back.
    is_deeper = Scope.BATCHES in scopes and scope in (Scope.BATCH, Scope.RESULT)
    is_deeper = is_deeper or (Scope.BATCH in scopes and scope is Scope.RESULT)
    return ("list.open", "opens it; there") if is_deeper else ("app.back", "goes back; there")
