"""Remember single values between runs, such as when the API was last asked: `KeyValueStore`.

The names are on people's disks: a renamed one loses its value.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batchtui.registry.database.codecs import decode_time, encode_time

if TYPE_CHECKING:
    from datetime import datetime

    from batchtui.domain.clock import Clock
    from batchtui.registry.database.connection import Database


class KeyValueStore:
    """Named JSON values, each with the time it was written."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def put(self, name: str, value: Any) -> None:
        """Write a value; the former one is replaced."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "INSERT INTO facts VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at",
                # JSON, as values of another version may have another form: readers check what they get.
                (name, json.dumps(value), encode_time(self._clock.now())),
            )

    async def get(self, name: str) -> tuple[Any, datetime] | None:
        """Return a value and when it was written; None where there is none."""
        row = await self._database.one("SELECT value, at FROM facts WHERE name = ?", (name,))
        return (json.loads(row["value"]), decode_time(row["at"])) if row else None
