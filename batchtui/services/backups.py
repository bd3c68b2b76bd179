"""Back the registry up once a day, whichever process is open: `back_up_daily`."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.errors import RegistryDamaged, StorageError

if TYPE_CHECKING:
    from batchtui.services.workspace import Workspace

log = logging.getLogger(__name__)
LAST_BACKUP = "last_backup"
"""Name of the value that tells all processes when the registry was last backed up."""
EVERY = timedelta(days=1)


async def back_up_daily(workspace: Workspace) -> bool:
    """Back the registry up where the last backup is a day old. Returns whether it was; a full disk is only logged.

    Raises:
        RegistryDamaged: the registry is damaged; its last backup stays as it is.
    """
    registry, now = workspace.registry, workspace.clock.now()
    last = await registry.facts.get(LAST_BACKUP)
    if last is not None and timedelta() <= now - last[1] < EVERY:
        return False
    try:
        # Written first: of several processes one makes the copy, and a full disk is not asked again at once.
        await registry.facts.put(LAST_BACKUP, workspace.name)
        await registry.back_up()
    except RegistryDamaged:
        raise
    except StorageError as error:
        log.warning("%s", error)
        return False
    return True
