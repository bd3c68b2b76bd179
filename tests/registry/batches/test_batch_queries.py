"""Questions to the registry that decide what is fetched, sent again, thrown away or counted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from batchtui.domain.batches.states import ResultsState
from tests.registry.batches.test_batches import submitted
from tests.support.builders import job, part, remote
from tests.support.clock import START

if TYPE_CHECKING:
    from batchtui.registry.registry import Registry
    from tests.support.clock import TurnedClock


async def put(registry: Registry, key: int, **columns: Any) -> None:
    """Write columns of a batch as they would be after a longer history."""
    async with registry._database.transaction() as tx:
        marks = ", ".join(f"{name} = ?" for name in columns)
        await tx.execute(f"UPDATE batches SET {marks} WHERE key = ?", (*columns.values(), key))


async def test_results_that_run_out_first_are_fetched_first(registry: Registry) -> None:
    keys = [await submitted(registry, f"msgbatch_{n}", f"job_{n}") for n in range(3)]
    for key, days in zip(keys, (2, 3, 1), strict=True):
        batch = await registry.batches.get(key)
        ended = remote(batch.id or "", status="ended", created_at=START + timedelta(days=days))
        await registry.batches.heard([ended])
    waiting = await registry.queries.uncollected(START + timedelta(days=4))
    assert [batch.key for batch in waiting] == [keys[2], keys[0], keys[1]]


async def test_results_that_are_saved_stay_saved_when_the_api_lets_go_of_them(registry: Registry) -> None:
    saved, lost = await submitted(registry, "msgbatch_1"), await submitted(registry, "msgbatch_2", "job_2")
    ended = [remote(batch_id, status="ended") for batch_id in ("msgbatch_1", "msgbatch_2")]
    await registry.batches.heard(ended)
    await registry.batches.set_results(await registry.batches.get(saved), ResultsState.SAVED, size=10)
    archived = [remote(each.id, status="ended", archived_at=START + timedelta(days=29)) for each in ended]
    await registry.batches.heard(archived)
    assert (await registry.batches.get(saved)).results is ResultsState.SAVED
    assert (await registry.batches.get(lost)).results is ResultsState.GONE


async def test_a_job_that_was_dropped_before_anything_was_sent_was_not_submitted_before(registry: Registry) -> None:
    (key,) = await registry.jobs.plan(job(fingerprint="f"), [part()])
    assert [each.id for each in await registry.jobs.with_fingerprint("f")] == ["job_1"]
    await registry.batches.deleted(key, locally=True)
    assert await registry.jobs.with_fingerprint("f") == []


async def test_a_job_whose_batch_was_deleted_at_the_api_was_submitted_before(registry: Registry) -> None:
    (key,) = await registry.jobs.plan(job(fingerprint="f"), [part()])
    await put(registry, key, id="msgbatch_1", state="deleted", sends=1)
    assert [each.id for each in await registry.jobs.with_fingerprint("f")] == ["job_1"]


async def test_requests_of_a_part_of_unknown_fate_are_not_thrown_away_where_it_was_dropped(
    registry: Registry, clock: TurnedClock
) -> None:
    (sent,) = await registry.jobs.plan(job("job_1"), [part()])
    (unsent,) = await registry.jobs.plan(job("job_2"), [part()])
    await put(registry, sent, state="unknown", sends=1)
    for key in (sent, unsent):
        await registry.batches.deleted(key, locally=True)
    assert await registry.queries.jobs_deleted_before(clock.now() + timedelta(days=1)) == ["job_2"]


async def committed(registry: Registry) -> Decimal:
    """What counts towards a limit of today."""
    return (await registry.spending.committed(START - timedelta(hours=1)))[0]


async def test_the_upper_bound_counts_until_the_cost_is_known(registry: Registry) -> None:
    (key,) = await registry.jobs.plan(job(), [part()])
    await put(registry, key, cost_estimate="1.00", cost_at_most="3.00")
    assert await committed(registry) == 3
    await put(registry, key, cost_actual="2.00")
    assert await committed(registry) == 2


async def test_deleted_and_missing_batches_count_with_their_actual_cost_only(registry: Registry) -> None:
    keys = [(await registry.jobs.plan(job(f"job_{n}"), [part()]))[0] for n in range(3)]
    for key, state, actual in zip(keys, ("deleted", "missing", "deleted"), (None, None, "0.50"), strict=True):
        await put(registry, key, state=state, cost_at_most="3.00", cost_actual=actual)
    assert await committed(registry) == Decimal("0.50")


async def test_batches_are_counted_again_after_a_commit_that_changes_one_and_not_after_any_other(
    registry: Registry,
) -> None:
    key = await submitted(registry, "msgbatch_1")
    first = await registry.queries.tally()
    asked: list[str] = []
    await registry._database.reader.set_trace_callback(asked.append)
    await registry.values.put("view", {"sort": "cost"})
    assert await registry.queries.tally() == first
    assert not [sql for sql in asked if "count(*)" in sql]
    await put(registry, key, state="ended")
    later = await registry.queries.tally()
    assert (first.running, later.running, later.total) == (1, 0, 1)
    assert later.revision > first.revision
