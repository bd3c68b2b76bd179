"""The registry as one object: everything that batchtui remembers, opened and closed together: `Registry`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from batchtui.registry.batches.changes import Batches
from batchtui.registry.batches.queries import BatchQueries
from batchtui.registry.database.connection import Database
from batchtui.registry.database.origin import Origin
from batchtui.registry.jobs.conversation_limits import ConversationTable
from batchtui.registry.jobs.estimate_history import EstimateHistoryTable
from batchtui.registry.jobs.jobs import Jobs
from batchtui.registry.jobs.labels import Labels
from batchtui.registry.jobs.lineage import LineageTable
from batchtui.registry.jobs.tool_calls import ToolCalls
from batchtui.registry.journal import Journal
from batchtui.registry.key_value import KeyValueStore
from batchtui.registry.leases import Leases
from batchtui.registry.notices import Notices
from batchtui.registry.requests.store import RequestStore
from batchtui.registry.sends.sends import Sends
from batchtui.registry.sends.verdicts import Verdicts
from batchtui.registry.spending import SpendingTable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batchtui.domain.clock import Clock
    from batchtui.registry.digests import DigestIndex
    from batchtui.registry.jobs.judges import JudgeTable
    from batchtui.registry.results.marks import MarkTable
    from batchtui.registry.results.store import ResultStore


TRIMMED = "journal_trimmed"
"""Name of the value that tells all processes when calls were last deleted from the journal, and how many."""
BYTES_OF_A_CALL = 150
"""What a call takes in the journal and its indexes, about."""


class Registry:
    """Everything that is remembered, table by table. It decides nothing, and never talks to the API."""

    def __init__(
        self, database: Path, requests: Path, results: Path, *, clock: Clock, holder: str, machine: str = ""
    ) -> None:
        """`machine`: names this machine across boots; empty where nothing does."""
        self._database = Database(database, clock)
        origin = Origin(database, machine)
        self.path = database
        self._clock = clock
        self._backup_tried: datetime | None = None
        self.jobs = Jobs(self._database, clock, origin)
        self.labels = Labels(self._database, clock)
        self.lineage = LineageTable(self._database)
        self.sends = Sends(self._database, clock, origin, self._move_results)
        self.verdicts = Verdicts(self._database, clock, self._move_results)
        self.batches = Batches(self._database, clock)
        self.queries = BatchQueries(self._database, clock)
        self.spending = SpendingTable(self._database)
        self.estimate_history = EstimateHistoryTable(self._database)
        self.journal = Journal(self._database)
        self.leases = Leases(self._database, clock, holder)
        self.tool_calls = ToolCalls(self._database, clock, holder)
        self.conversations = ConversationTable(self._database)
        self.notices = Notices(self._database, clock, holder)
        self.values = KeyValueStore(self._database, clock)
        self.requests = RequestStore(requests)
        self._results = results

    @cached_property
    def results(self) -> ResultStore:
        """Where results are kept; imported with the first use, as a list of batches needs none."""
        from batchtui.registry.results.store import ResultStore

        return ResultStore(self._results)

    @cached_property
    def judges(self) -> JudgeTable:
        """What judges said; imported with the first use, as results are."""
        from batchtui.registry.jobs.judges import JudgeTable

        return JudgeTable(self._database)

    @cached_property
    def marks(self) -> MarkTable:
        """What reviewers say of answers; imported with the first use, as results are."""
        from batchtui.registry.results.marks import MarkTable

        return MarkTable(self._database, self._clock)

    @cached_property
    def digests(self) -> DigestIndex:
        """What requests were asked before; imported with the first use, as results are."""
        from batchtui.registry.digests import DigestIndex

        return DigestIndex(self.path.with_name("digests.db"), self.requests.folder)

    def _move_results(self, old: int, new: int, batch_id: str) -> None:
        self.results.move(old, new, batch_id)

    async def open(self) -> None:
        """Open the database, made or migrated where needed. Raises `StorageError`."""
        await self._database.open()

    async def back_up_daily(self) -> bool:
        """Copy the registry beside itself where the last copy is a day old, checked. Returns whether it was.

        Raises:
            RegistryDamaged: the registry is damaged; its last copy stays as it is.
            StorageError: the disk refuses.
        """
        from batchtui.registry.database.backup import back_up, backup_path
        from batchtui.runtime.threads import run_in_thread

        now = self._clock.now()
        try:
            last = datetime.fromtimestamp(backup_path(self.path).stat().st_mtime, UTC)
        except OSError:
            last = None
        # Where the disk refuses, it is asked again after an hour and not with every round.
        for before, pause in ((last, timedelta(days=1)), (self._backup_tried, timedelta(hours=1))):
            if before is not None and timedelta() <= now - before < pause:
                return False
        self._backup_tried = now
        await run_in_thread(back_up, self.path, now)
        return True

    async def trim_journal_daily(self, days: int) -> int:
        """Delete calls from the journal that are older than so many days, once a day. Returns how many there were.

        Raises:
            StorageError: the registry cannot be written.
        """
        now = self._clock.now()
        last = await self.values.get(TRIMMED)
        if last is not None and timedelta() <= now - last[1] < timedelta(days=1):
            return 0
        trimmed = await self.journal.trim(now - timedelta(days=days))
        await self.values.put(TRIMMED, trimmed)
        return trimmed

    async def reclaimable_bytes(self, days: int) -> int:
        """Return about how many bytes `reclaim` would give back."""
        calls = await self.journal.count_calls(self._clock.now() - timedelta(days=days))
        return await self._database.unused_bytes() + calls * BYTES_OF_A_CALL

    async def reclaim(self, days: int) -> None:
        """Delete calls that are older than so many days, and give back the room that deleted rows have left.

        Raises:
            StorageError: the disk refuses, or another process is at work for long.
        """
        await self.journal.trim(self._clock.now() - timedelta(days=days))
        await self._database.vacuum()

    def refuse_if_replaced(self) -> None:
        """Refuse to go on with a file that was deleted or replaced meanwhile. Raises `RegistryReplaced`."""
        self._database.refuse_if_replaced()

    @property
    def is_replaced(self) -> bool:
        """Whether the file was deleted, or another one has its name, since it was opened."""
        return self._database.is_replaced

    async def reopen(self) -> None:
        """Go on with the file that has the registry's name now. Raises `StorageError`: the old one stays open."""
        await self._database.reopen()

    async def close(self) -> None:
        """Close the database."""
        await self._database.close()

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each transaction of this process; it must be quick and must not raise."""
        self._database.on_commit(listener)
