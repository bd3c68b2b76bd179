"""Single facts worth remembering between runs: when the API was last asked, how far the clocks are apart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batchtui.registry.codecs import decode_time, encode_time

if TYPE_CHECKING:
    from datetime import datetime

    from batchtui.domain.clock import Clock
    from batchtui.registry.database import Database


class KeyValueStore:
    """A small store of named JSON values with the time they were noted."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def put(self, name: str, value: Any) -> None:
        """Note a value, replacing the former one."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "INSERT INTO facts VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at",
                (name, json.dumps(value), encode_time(self._clock.now())),
            )

    async def get(self, name: str) -> tuple[Any, datetime] | None:
        """Read a value and when it was noted."""
        row = await self._database.one("SELECT value, at FROM facts WHERE name = ?", (name,))
        return (json.loads(row["value"]), decode_time(row["at"])) if row else None
