"""One hint at a time in a line above the footer: what there is to know now, and the key to try next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from batchtui.tui.commands.table import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Collection


@dataclass(frozen=True, slots=True)
class Hint:
    """What is said to a person who is new here."""

    id: str
    """Stable; what is remembered once it was followed or put away."""
    chip: str
    """What it belongs to, like `tour 3/26`."""
    said: str = ""
    """What happens now; `{batch.retry}` becomes the key of that command, names stand in backticks."""
    command: str = ""
    """The id of the command to try; empty where there is nothing to do but to look."""
    does: str = ""
    """What trying it does, after its key: "opens the batch"."""
    place: Scope | None = None
    """Where it is meant to be tried; None for wherever the command is heard."""
    is_done: bool = False
    """Whether it was followed just now."""


class Guide(Protocol):
    """Decides which hint stands on the screen. It draws nothing."""

    @property
    def hint(self) -> Hint | None:
        """The hint of this moment."""
        ...

    def followed(self, command_id: str) -> None:
        """A command was carried out."""
        ...

    def skip(self) -> None:
        """The hint was read; the next one may come."""
        ...

    def dismiss(self) -> None:
        """No more hints are wanted."""
        ...

    async def run(self, changed: Callable[[], None]) -> None:
        """Go on until cancelled, and call `changed` whenever there is another hint, or none any more."""
        ...


def way_to(scope: Scope, scopes: Collection[Scope]) -> tuple[str, str]:
    """Say how to come to where a command is heard, as a command's id and what it does; empty where one is there."""
    if scope in scopes or scope in (Scope.DIALOG, Scope.LIST, Scope.TEXT):
        return "", ""
    is_deeper = Scope.BATCHES in scopes and scope in (Scope.BATCH, Scope.RESULT)
    is_deeper = is_deeper or (Scope.BATCH in scopes and scope is Scope.RESULT)
    return ("list.open", "opens it, and there") if is_deeper else ("app.back", "goes back, and there")
