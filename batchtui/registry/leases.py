"""Let several processes agree, through the registry alone, on which one does something: `Leases`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.registry.batches.transitions import fetch
from batchtui.registry.database.codecs import encode_time
from batchtui.runtime.process_identity import is_gone

if TYPE_CHECKING:
    from datetime import timedelta

    from batchtui.domain.clock import Clock
    from batchtui.registry.database.connection import Database


class Leases:
    """Named locks that expire, so that a killed process does not block others for long.

    The holder is the token of this registry object: two workspaces in one process are two holders.
    """

    def __init__(self, database: Database, clock: Clock, holder: str) -> None:
        self._database = database
        self._clock = clock
        self.holder = holder

    async def take(self, name: str, ttl: timedelta) -> bool:
        """Take or prolong a lease. Returns False as long as another holder has it.

        Another's lease ends with its time, or at once where its process is known to have ended.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            holder = await fetch(tx, "SELECT holder FROM leases WHERE name = ?", (name,))
            if holder is not None and holder["holder"] != self.holder and is_gone(holder["holder"]):
                await tx.execute("DELETE FROM leases WHERE name = ? AND holder = ?", (name, holder["holder"]))
            # One statement decides: two processes that ask at once cannot both find it free.
            cursor = await tx.execute(
                "INSERT INTO leases VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder,"
                " until = excluded.until WHERE holder = excluded.holder OR until <= ?",
                (name, self.holder, encode_time(now + ttl), encode_time(now)),
            )
            return cursor.rowcount == 1

    async def release(self, name: str) -> None:
        """Give a lease back before it expires; another holder's stays."""
        async with self._database.transaction() as tx:
            await tx.execute("DELETE FROM leases WHERE name = ? AND holder = ?", (name, self.holder))
