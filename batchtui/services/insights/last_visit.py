"""Tell what happened since a dashboard was last open: `since_last_visit`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from batchtui.services.workspace import Workspace

LAST_HERE = "last_here"
"""Name of the value that keeps the last entry of the journal when a dashboard was last closed."""
MOST = 10_000
"""Actions that are counted."""


@dataclass(frozen=True, slots=True)
class SinceLastVisit:
    """What happened while no dashboard was open."""

    seq: int
    """The last entry of the journal that was there when a dashboard was last closed."""
    since: datetime
    actions: Mapping[str, int]
    """How often each action was noted since."""


async def since_last_visit(workspace: Workspace) -> SinceLastVisit | None:
    """Return what happened since a dashboard was last open; None where none ever was."""
    kept = await workspace.registry.values.get(LAST_HERE)
    # Values are JSON that another version may have written.
    if kept is None or not isinstance(kept[0], int):
        return None
    actions: dict[str, int] = {}
    for entry in await workspace.registry.journal.after(kept[0], actions_only=True, limit=MOST):
        actions[entry.event] = actions.get(entry.event, 0) + 1
    return SinceLastVisit(kept[0], kept[1], actions)


async def mark_visited(workspace: Workspace) -> None:
    """Note that a person has seen everything up to now."""
    await workspace.registry.values.put(LAST_HERE, await workspace.registry.journal.last())
