"""How long the journal keeps what: calls for a while, acts for good, and room that is given back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.api_call import ApiCall
from tests.support.builders import job, part

if TYPE_CHECKING:
    from datetime import datetime

    from batchtui.registry.registry import Registry
    from tests.support.clock import TurnedClock


def call(at: datetime) -> ApiCall:
    return ApiCall(operation="list", method="GET", path="/v1/messages/batches", at=at, milliseconds=3, status=200)


async def events(registry: Registry) -> list[str]:
    return [entry.event for entry in await registry.journal.entries(limit=100)]


async def test_calls_go_after_their_days_and_acts_stay(registry: Registry, clock: TurnedClock) -> None:
    await registry.jobs.plan(job("job_1"), [part(1)])
    await registry.journal.record_call(call(clock.now()))
    clock.turn(days=100)
    await registry.journal.record_call(call(clock.now()))
    assert await registry.trim_journal_daily(90) == 1
    assert await events(registry) == ["job.planned", "list"]


async def test_it_is_done_once_a_day(registry: Registry, clock: TurnedClock) -> None:
    await registry.trim_journal_daily(1)
    await registry.journal.record_call(call(clock.now() - timedelta(days=9)))
    await registry.journal.record(clock.now(), "something.done")
    assert await registry.trim_journal_daily(1) == 0
    clock.turn(days=1)
    assert await registry.trim_journal_daily(1) == 1


async def test_the_newest_entry_stays_so_that_no_number_is_given_twice(registry: Registry, clock: TurnedClock) -> None:
    """What was seen before a send is told by these numbers: they must only grow."""
    for _ in range(3):
        await registry.journal.record_call(call(clock.now()))
    last = await registry.journal.last()
    clock.turn(days=100)
    await registry.journal.trim(clock.now(), at_once=1)
    assert await registry.journal.last() == last
    await registry.journal.record(clock.now(), "something.done")
    assert await registry.journal.last() == last + 1


async def test_the_room_of_old_calls_is_given_back_to_the_disk(registry: Registry, clock: TurnedClock) -> None:
    async with registry._database.transaction() as tx:
        await tx.executemany(
            "INSERT INTO journal (at, kind, event, detail) VALUES (?, 'call', 'list', ?)",
            [("2020-01-01T00:00:00.000000+00:00", "x" * 200)] * 20_000,
        )
    await registry.journal.record(clock.now(), "something.done")
    assert await registry.reclaimable_bytes(90) > 1 << 20
    await registry.reclaim(90)
    assert registry.path.stat().st_size < 1 << 20
    assert await registry.reclaimable_bytes(90) == 0
    assert await events(registry) == ["something.done"]
