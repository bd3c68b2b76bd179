"""Batches in the registry: lawful changes, each journaled, each noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.batches.query import BatchQuery
from batchtui.domain.batches.states import BatchState, ResultsState, UnlawfulChange
from batchtui.domain.errors import UnknownTarget
from batchtui.domain.submission.send_evidence import Account
from tests.support.builders import job, part, remote
from tests.support.clock import START

if TYPE_CHECKING:
    from datetime import datetime

    from batchtui.registry.registry import Registry
    from tests.support.clock import TurnedClock

LATER: datetime = START.replace(year=2027)


async def submitted(registry: Registry, batch_id: str = "msgbatch_01A", job_id: str = "job_1") -> int:
    (key,) = await registry.jobs.plan(job(job_id), [part()])
    assert await registry.sends.claim(key, "me", LATER)
    account = Account("https://api.example", "org", "wrkspc_1")
    assert await registry.sends.accepted(key, remote(batch_id, account=account), "me")
    return key


async def test_a_job_is_planned_whole_with_its_parts(registry: Registry) -> None:
    keys = await registry.jobs.plan(job(), [part(1), part(2, 2)])
    batches = await registry.queries.page(keys)
    assert [(b.part, b.parts, b.attempt, b.requests, b.state) for b in batches] == [
        (1, 2, 1, 3, BatchState.PLANNED),
        (2, 2, 1, 2, BatchState.PLANNED),
    ]
    assert all(b.id is None and b.name == "nightly" for b in batches)


async def test_only_one_of_two_senders_gets_a_part(registry: Registry) -> None:
    (key,) = await registry.jobs.plan(job(), [part()])
    assert await registry.sends.claim(key, "me", LATER)
    assert not await registry.sends.claim(key, "other", LATER)


async def test_an_accepted_part_carries_what_the_api_said(registry: Registry) -> None:
    batch = await registry.batches.get(await submitted(registry))
    assert (batch.id, batch.state, batch.counts.processing, batch.workspace_id) == (
        "msgbatch_01A",
        BatchState.IN_PROGRESS,
        3,
        "wrkspc_1",
    )
    assert batch.results_until is not None
    assert (batch.results_until - START).days == 29


async def test_an_answer_that_comes_after_another_sender_took_over_is_not_bound(registry: Registry) -> None:
    (key,) = await registry.jobs.plan(job(), [part()])
    await registry.sends.claim(key, "first", LATER)
    await registry.sends.sender_died(key, "first")
    await registry.verdicts.proved_absent(key, 1, "absent")
    await registry.sends.claim(key, "second", LATER)
    assert not await registry.sends.accepted(key, remote(), "first")
    assert (await registry.batches.get(key)).state is BatchState.SUBMITTING


async def test_a_stale_proof_of_absence_does_not_release_a_part_that_was_sent_once_more(registry: Registry) -> None:
    (key,) = await registry.jobs.plan(job(), [part()])
    for _ in range(2):
        await registry.sends.claim(key, "me", LATER)
        await registry.sends.answer_lost(key, "time-out", "me")
        stale = (await registry.batches.get(key)).sends - 1
        assert not await registry.verdicts.proved_absent(key, stale, "absent")
        assert await registry.verdicts.proved_absent(key, stale + 1, "absent")


async def test_a_lost_answer_is_adopted_once(registry: Registry) -> None:
    keys = await registry.jobs.plan(job(), [part(1), part(2)])
    for key in keys:
        await registry.sends.claim(key, "me", LATER)
        await registry.sends.answer_lost(key, "time-out", "me")
    assert await registry.verdicts.adopt(keys[0], remote("msgbatch_01X"))
    assert not await registry.verdicts.adopt(keys[1], remote("msgbatch_01X"))
    assert not await registry.verdicts.adopt(keys[0], remote("msgbatch_01Y"))


async def test_an_unlawful_change_is_refused_and_changes_nothing(registry: Registry) -> None:
    (key,) = await registry.jobs.plan(job(), [part()])
    assert await registry.sends.claim(key, "me", LATER)
    with pytest.raises(UnlawfulChange):
        await registry.batches.deleted(key, locally=True)
    assert (await registry.batches.get(key)).state is BatchState.SUBMITTING


async def test_an_overtaken_answer_does_not_take_an_ended_batch_back(registry: Registry) -> None:
    key = await submitted(registry)
    done = RequestCounts(succeeded=2, errored=1)
    await registry.batches.heard([remote(status="ended", counts=done, ended_at=START)])
    assert await registry.batches.heard([remote()]) == []
    batch = await registry.batches.get(key)
    assert (batch.state, batch.counts, batch.processing_status) == (BatchState.ENDED, done, "ended")


async def test_hearing_the_same_again_changes_no_revision(registry: Registry) -> None:
    await submitted(registry)
    before = (await registry.queries.tally()).revision
    assert await registry.batches.heard([remote()]) == []
    assert (await registry.queries.tally()).revision == before


async def test_only_what_changed_since_a_revision_is_read_again(registry: Registry) -> None:
    await submitted(registry, "msgbatch_01A", "job_1")
    key = await submitted(registry, "msgbatch_01B", "job_2")
    before = (await registry.queries.tally()).revision
    await registry.batches.heard([remote("msgbatch_01B", status="canceling")])
    assert [batch.key for batch in await registry.queries.changed_since(before)] == [key]


async def test_counts_that_move_before_the_end_are_remembered_as_moving(registry: Registry) -> None:
    key = await submitted(registry)
    await registry.batches.heard([remote(counts=RequestCounts(processing=2, succeeded=1))])
    assert (await registry.batches.get(key)).counts_moved


async def test_counts_that_jump_at_the_end_do_not_count_as_moving(registry: Registry) -> None:
    key = await submitted(registry)
    await registry.batches.heard([remote(status="ended", counts=RequestCounts(succeeded=3))])
    assert not (await registry.batches.get(key)).counts_moved


async def test_a_missing_batch_comes_back_when_it_is_heard_of(registry: Registry, clock: TurnedClock) -> None:
    key = await submitted(registry)
    since = await registry.batches.missed(key)
    clock.turn(minutes=6)
    assert await registry.batches.missed(key) == since
    await registry.batches.missing(key, "404")
    await registry.batches.heard([remote()])
    batch = await registry.batches.get(key)
    assert (batch.state, batch.reason) == (BatchState.IN_PROGRESS, "")
    assert await registry.batches.missed(key) == clock.now()


async def test_an_archived_batch_whose_results_were_not_saved_has_lost_them(registry: Registry) -> None:
    key = await submitted(registry)
    await registry.batches.heard([remote(status="ended", counts=RequestCounts(succeeded=3), archived_at=LATER)])
    assert (await registry.batches.get(key)).results is ResultsState.GONE


async def test_every_change_of_state_is_in_the_journal(registry: Registry) -> None:
    key = await submitted(registry)
    await registry.batches.heard([remote(status="ended", counts=RequestCounts(succeeded=3))])
    await registry.batches.set_results(await registry.batches.get(key), ResultsState.SAVED, size=10)
    events = [entry.event for entry in await registry.journal.entries()]
    assert events == ["job.planned", "batch.submitting", "batch.accepted", "batch.ended", "results.saved"]


async def test_a_deleted_batch_stays_as_a_record_and_leaves_the_list(registry: Registry) -> None:
    (key,) = await registry.jobs.plan(job(), [part()])
    await registry.batches.deleted(key, locally=True)
    assert list(await registry.queries.order()) == []
    assert list(await registry.queries.order(BatchQuery(deleted=True))) == [key]


async def test_the_order_that_needs_attention_puts_unknown_parts_first(registry: Registry) -> None:
    running = await submitted(registry)
    (planned,) = await registry.jobs.plan(job("job_2"), [part()])
    (unknown,) = await registry.jobs.plan(job("job_3"), [part()])
    await registry.sends.claim(unknown, "me", LATER)
    await registry.sends.answer_lost(unknown, "time-out", "me")
    assert list(await registry.queries.order(BatchQuery(sort="attention"))) == [unknown, running, planned]


async def test_an_outdated_answer_of_the_api_takes_nothing_back(registry: Registry) -> None:
    key = await submitted(registry)
    await registry.batches.heard([remote(status="canceling", cancel_initiated_at=START)])
    assert await registry.batches.heard([remote(status="in_progress", cancel_initiated_at=START)]) == []
    assert (await registry.batches.get(key)).state is BatchState.CANCELING
    await registry.batches.heard([remote(status="ended", ended_at=START)])
    assert (await registry.batches.get(key)).state is BatchState.ENDED


async def test_the_status_of_the_api_is_kept_beside_the_state(registry: Registry, clock: TurnedClock) -> None:
    key = await submitted(registry)
    for status in ("in_progress", "canceling", "ended"):
        await registry.batches.heard([remote(status=status)])
        assert (await registry.batches.get(key)).processing_status == status
    await registry.batches.missed(key)
    clock.turn(minutes=6)
    await registry.batches.missing(key, "not shown")
    await registry.batches.heard([remote(status="ended")])
    batch = await registry.batches.get(key)
    assert (batch.state, batch.processing_status) == (BatchState.ENDED, "ended")


@pytest.mark.parametrize(
    ("before", "archived", "after"),
    [
        (ResultsState.NONE, True, ResultsState.GONE),
        (ResultsState.PARTIAL, True, ResultsState.GONE),
        (ResultsState.SAVED, True, ResultsState.SAVED),
        (ResultsState.NONE, False, ResultsState.NONE),
    ],
)
async def test_results_are_gone_once_they_are_archived_unless_they_are_saved(
    registry: Registry, before: ResultsState, archived: bool, after: ResultsState
) -> None:
    key = await submitted(registry)
    await registry.batches.set_results(await registry.batches.get(key), before)
    await registry.batches.heard([remote(status="ended", archived_at=START if archived else None)])
    assert (await registry.batches.get(key)).results is after


async def test_counts_that_moved_are_a_yes_or_a_no(registry: Registry) -> None:
    key = await submitted(registry)
    await registry.batches.heard([remote(counts=RequestCounts(processing=2, succeeded=1))])
    row = await registry._database.one("SELECT counts_moved FROM batches WHERE key = ?", (key,))
    assert row is not None
    assert row["counts_moved"] == 1


async def test_a_batch_that_ended_does_not_count_as_moving_whatever_is_said_later(registry: Registry) -> None:
    key = await submitted(registry)
    counts = RequestCounts(processing=1, succeeded=2)
    await registry.batches.heard([remote(status="ended", counts=counts)])
    assert not (await registry.batches.get(key)).counts_moved
    assert await registry.batches.heard([remote(status="in_progress", counts=counts)]) == []
    assert not (await registry.batches.get(key)).counts_moved


async def test_a_batch_that_does_not_exist_cannot_be_changed(registry: Registry) -> None:
    with pytest.raises(UnknownTarget, match="99"):
        await registry.batches.missed(99)


async def test_a_batch_is_heard_of_whatever_its_id_holds(registry: Registry) -> None:
    hostile = "msgbatch_01\x00\u202eB\n"
    key = await submitted(registry, hostile)
    assert await registry.batches.heard([remote(hostile, status="ended", ended_at=START)]) == [key]


async def test_what_was_dropped_only_here_is_put_back_unless_something_happened_to_it(registry: Registry) -> None:
    (key,) = await registry.jobs.plan(job(), [part()])
    before = await registry.batches.get(key)
    assert await registry.batches.drop(key, before.state, before.id)
    gone = await registry.batches.get(key)
    assert not await registry.batches.undrop(before, gone.revision - 1)
    assert await registry.batches.undrop(before, gone.revision)
    assert (await registry.batches.get(key)).state is BatchState.PLANNED
    assert not await registry.batches.undrop(before, gone.revision)
