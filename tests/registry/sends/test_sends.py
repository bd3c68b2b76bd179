"""What is written about each send of a part, by whom, and what stays as it is where somebody else was meant."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import UnknownTarget
from batchtui.domain.notice import NoticeKind
from batchtui.domain.submission.send_evidence import Account, Send, SendEnd, SenderLife
from batchtui.registry.database.origin import SUFFIX, Origin
from tests.registry.conftest import registry_in
from tests.support.builders import remote
from tests.support.clock import START, TurnedClock

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.registry.registry import Registry
from tests.registry.sends.parts import BEGAN, HERE, SOON, THERE, column, events, lost, planned, sending, whole


async def test_a_send_is_written_down_as_it_begins(registry: Registry, clock: TurnedClock) -> None:
    one, two = await planned(registry)
    await registry.sends.explain(one, "It waits.", not_before=SOON)
    clock.turn(1)
    assert await registry.sends.claim(one, "me", SOON, BEGAN, HERE)
    batch = await registry.batches.get(one)
    assert (batch.state, batch.sends, batch.reason, batch.not_before) == (BatchState.SUBMITTING, 1, "", None)
    assert batch.submitted_at == clock.now()
    assert await registry.sends.sender_of(one) == ("me", SOON)
    assert await registry.sends.sender_of(two) == (None, None)
    assert await registry.sends.sender_of(99) == (None, None)
    (send,) = await registry.sends.sends_of(one)
    assert send == Send(
        BEGAN.began, sender=SenderLife.SILENT, heard_until=SOON, patience=BEGAN.patience, slack=BEGAN.slack,
        seq=send.seq,
    )  # fmt: skip
    assert send.seq == await registry.journal.last()
    assert (await registry.batches.get(two)).state is BatchState.PLANNED
    assert await registry.sends.sends_of(two) == []
    row = await registry._database.one("SELECT number, sender, local, offset FROM sends")
    assert row is not None
    assert (row["number"], row["sender"], row["offset"]) == (1, "me", 3.0)


async def test_without_a_server_time_this_machines_time_is_stored(registry: Registry, clock: TurnedClock) -> None:
    (one,) = await planned(registry, 1)
    clock.turn(7)
    assert await registry.sends.claim(one, "me", SOON)
    (send,) = await registry.sends.sends_of(one)
    assert send.began == clock.now()


@pytest.mark.parametrize("account", [THERE, replace(HERE, base_url="https://other"), replace(HERE, organization=None)])
async def test_a_part_is_not_begun_for_another_account(registry: Registry, account: Account) -> None:
    (one,) = await planned(registry, 1)
    before = await whole(registry)
    assert not await registry.sends.claim(one, "me", SOON, BEGAN, account)
    assert await whole(registry) == before


async def test_a_part_whose_account_is_open_is_not_begun_until_it_is_named_once(registry: Registry) -> None:
    one, two = await planned(registry, 2, None)
    assert not await registry.sends.claim(one, "me", SOON, BEGAN, HERE)
    assert await registry.sends.set_account(one, HERE)
    assert not await registry.sends.set_account(one, THERE)
    assert (await registry.batches.get(one)).account == HERE
    assert (await registry.batches.get(two)).account is None
    assert await registry.sends.claim(one, "me", SOON, BEGAN, HERE)


async def test_only_a_planned_part_is_begun(registry: Registry) -> None:
    (one,) = await planned(registry, 1)
    await lost(registry, one)
    before = await whole(registry)
    assert not await registry.sends.claim(one, "me", SOON, BEGAN, HERE)
    assert await whole(registry) == before


async def test_the_body_of_a_part_is_named(registry: Registry) -> None:
    one, two = await planned(registry)
    assert await registry.sends.body_of(one) == ("job_1", "1-0001.json")
    assert await registry.sends.body_of(two) == ("job_1", "1-0002.json")
    with pytest.raises(UnknownTarget):
        await registry.sends.body_of(99)


async def test_a_sender_prolongs_its_own_promise_and_no_others(registry: Registry) -> None:
    one, two = await planned(registry)
    await sending(registry, one)
    await sending(registry, two, "them")
    later = SOON + timedelta(minutes=1)
    assert await registry.sends.still_sending(one, "me", later)
    assert not await registry.sends.still_sending(two, "me", later)
    assert [await registry.sends.sender_of(key) for key in (one, two)] == [("me", later), ("them", SOON)]
    assert await registry.sends.answer_lost(one, "time-out", "me")
    assert not await registry.sends.still_sending(one, "me", later)


@pytest.mark.parametrize("how", ["heartbeat", "end"])
async def test_a_sender_that_was_taken_for_dead_and_lives_puts_off_the_end_of_its_send(
    registry: Registry, how: str
) -> None:
    (one,) = await planned(registry, 1)
    await sending(registry, one)
    assert await registry.sends.sender_died(one, "me", ended=START + timedelta(minutes=1))
    for minutes in (30, 20):  # what is heard of it later says no less than what was heard before
        at = START + timedelta(minutes=minutes)
        if how == "heartbeat":
            assert not await registry.sends.still_sending(one, "me", SOON, at)
        else:
            assert not await registry.sends.answer_lost(one, "time-out", "me", ended=at)
        (send,) = await registry.sends.sends_of(one)
        assert (send.ended, send.end) == (START + timedelta(minutes=30), None)
    assert not await registry.sends.still_sending(one, "them", SOON, START + timedelta(hours=9))
    (send,) = await registry.sends.sends_of(one)
    assert send.ended == START + timedelta(minutes=30)


@pytest.mark.parametrize("how", ["heartbeat", "end"])
async def test_a_sender_that_cannot_tell_the_time_leaves_the_end_to_whoever_can(registry: Registry, how: str) -> None:
    one, two = await planned(registry)
    sends = registry.sends
    for key in (one, two):
        await sending(registry, key)
    assert await sends.unended([one, two]) == []  # both are under way
    if how == "heartbeat":  # of one that was taken for dead
        assert await sends.sender_died(one, "me", ended=START + timedelta(minutes=1))
        assert not await sends.still_sending(one, "me", SOON, None)
    else:
        assert await sends.answer_lost(one, "time-out", "me", ended=None)
    assert await sends.unended([one, two]) == [one]
    for key in (one, two):
        await sends.end_sends(key, START + timedelta(hours=1))
    ends = [[send.ended for send in await sends.sends_of(key)] for key in (one, two)]
    assert ends == [[START + timedelta(hours=1)], [None]]
    assert await sends.unended([one, two]) == []


async def test_the_mark_is_set_once_and_by_the_sender_of_this_send_only(registry: Registry) -> None:
    one, two = await planned(registry)
    at = START + timedelta(seconds=4)
    assert not await registry.sends.mark(one, "me", at)
    assert await registry.sends.claim(one, "me", SOON, BEGAN, HERE)
    assert await registry.sends.claim(two, "them", SOON, BEGAN, HERE)
    assert not await registry.sends.mark(one, "them", at)
    assert await registry.sends.mark(one, "me", at)
    assert not await registry.sends.mark(one, "me", at + timedelta(seconds=1))
    assert [[send.mark for send in await registry.sends.sends_of(key)] for key in (one, two)] == [[at], [None]]


async def test_a_sender_of_an_earlier_send_sets_no_mark_on_a_later_one(registry: Registry) -> None:
    (one,) = await planned(registry, 1)
    assert await registry.sends.claim(one, "me", SOON, BEGAN, HERE)
    assert await registry.sends.sender_died(one, "me")
    assert not await registry.sends.mark(one, "me", START)
    assert await registry.sends.claim(one, "them", SOON, BEGAN, HERE)
    assert not await registry.sends.mark(one, "me", START)
    assert [send.mark for send in await registry.sends.sends_of(one)] == [None, None]
    assert await registry.sends.mark(one, "them", START)
    assert [send.mark for send in await registry.sends.sends_of(one)] == [None, START]


async def test_a_batch_that_the_response_named_is_bound(registry: Registry) -> None:
    one, two = await planned(registry)
    await sending(registry, one)
    ended = START + timedelta(seconds=9)
    assert await registry.sends.accepted(one, remote("msgbatch_01X", account=THERE), "me", ended)
    batch = await registry.batches.get(one)
    assert (batch.id, batch.state, batch.is_unproved, batch.reason) == (
        "msgbatch_01X",
        BatchState.IN_PROGRESS,
        False,
        "",
    )
    assert batch.account == THERE
    assert batch.counts.processing == 3
    (send,) = await registry.sends.sends_of(one)
    assert (send.end, send.ended, send.batch_id) == (SendEnd.CREATED, ended, "msgbatch_01X")
    assert (send.sender, send.heard_until) == (SenderLife.GONE, None)
    assert await column(registry, one, "adopted") == 0
    assert await column(registry, one, "sender") is None
    assert (await events(registry, one))[-1] == "batch.accepted"
    assert (await registry.batches.get(two)).state is BatchState.PLANNED


async def test_a_batch_is_seen_at_the_moment_when_it_is_bound(registry: Registry) -> None:
    one, two = await planned(registry)
    await sending(registry, one)
    before = await registry.journal.last()
    assert await registry.sends.accepted(one, remote("msgbatch_01X"), "me")
    assert await column(registry, one, "seen_seq") == before
    await sending(registry, two)
    (send,) = await registry.sends.sends_of(two)
    assert send.seq > before


async def test_a_response_that_comes_after_the_part_was_taken_over_still_binds_where_it_was_not_sent_again(
    registry: Registry,
) -> None:
    (one,) = await planned(registry, 1)
    await sending(registry, one)
    assert await registry.sends.sender_died(one, "me")
    assert await registry.sends.accepted(one, remote("msgbatch_01X"), "me")
    assert (await registry.batches.get(one)).id == "msgbatch_01X"


async def test_a_response_for_a_process_that_never_sent_the_part_changes_nothing(registry: Registry) -> None:
    one, _ = await planned(registry)
    await sending(registry, one)
    before = await whole(registry)
    assert not await registry.sends.accepted(one, remote("msgbatch_01X"), "them")
    assert await whole(registry) == before


async def test_a_server_that_names_the_batch_of_another_part_leaves_this_one_unknown(registry: Registry) -> None:
    one, two = await planned(registry)
    await sending(registry, one)
    assert await registry.sends.accepted(one, remote("msgbatch_01X"), "me")
    await sending(registry, two)
    assert not await registry.sends.accepted(two, remote("msgbatch_01X"), "me")
    batch = await registry.batches.get(two)
    assert (batch.id, batch.state) == (None, BatchState.UNKNOWN)
    assert "another part" in batch.reason
    assert batch.lost_at is not None
    assert await registry.sends.sender_of(two) == (None, SOON)
    (send,) = await registry.sends.sends_of(two)
    assert (send.end, send.batch_id) == (SendEnd.UNANSWERED, None)
    assert (await registry.batches.get(one)).id == "msgbatch_01X"


@pytest.mark.parametrize("state", ["not the sender", "not submitting"])
async def test_a_process_that_is_not_the_sender_changes_nothing_of_a_send(registry: Registry, state: str) -> None:
    one, two = await planned(registry)
    await sending(registry, one)
    await sending(registry, two, "them")
    if state == "not submitting":
        assert await registry.sends.answer_lost(one, "time-out", "me")
    sender = "me" if state == "not submitting" else "them"
    before = await whole(registry)
    assert not await registry.sends.not_created(one, "refused", sender)
    assert not await registry.sends.answer_lost(one, "time-out", sender)
    assert not await registry.sends.sender_died(one, sender)
    assert await whole(registry) == before


async def test_a_refusal_plans_the_part_again_with_its_reason_and_its_time(registry: Registry) -> None:
    one, _ = await planned(registry)
    await sending(registry, one)
    ended = START + timedelta(seconds=9)
    assert await registry.sends.not_created(one, "Slow down.", "me", ended=ended, not_before=SOON)
    batch = await registry.batches.get(one)
    assert (batch.state, batch.reason, batch.not_before) == (BatchState.PLANNED, "Slow down.", SOON)
    assert await registry.sends.sender_of(one) == (None, SOON)
    (send,) = await registry.sends.sends_of(one)
    assert (send.end, send.ended) == (SendEnd.REFUSED, ended)
    row = await registry._database.one("SELECT detail FROM sends")
    assert row is not None
    assert row["detail"] == "Slow down."
    assert (await events(registry, one))[-1] == "batch.refused"
    assert await registry.notices.made(NoticeKind.SPEND_LIMIT, [f"{one}.1"]) == set()


async def test_a_spend_limit_makes_a_notice(registry: Registry) -> None:
    (one,) = await planned(registry, 1)
    await sending(registry, one)
    assert await registry.sends.not_created(one, "No money left.", "me", at_limit=True)
    assert await registry.notices.made(NoticeKind.SPEND_LIMIT, [f"{one}.1"]) == {f"{one}.1"}


async def test_a_lost_response_leaves_the_part_unknown_with_its_reason(registry: Registry, clock: TurnedClock) -> None:
    one, two = await planned(registry)
    clock.turn(11)
    await lost(registry, one)
    batch = await registry.batches.get(one)
    assert (batch.state, batch.reason, batch.lost_at) == (BatchState.UNKNOWN, "time-out", clock.now())
    assert await column(registry, one, "sender") is None
    (send,) = await registry.sends.sends_of(one)
    assert (send.end, send.ended) == (SendEnd.UNANSWERED, START + timedelta(seconds=9))
    row = await registry._database.one("SELECT detail FROM sends")
    assert row is not None
    assert row["detail"] == "time-out"
    assert (await registry.batches.get(two)).state is BatchState.PLANNED


async def test_without_a_time_of_the_server_the_end_is_this_machines(registry: Registry, clock: TurnedClock) -> None:
    keys = await planned(registry, 2)
    for key in keys:
        await sending(registry, key)
    clock.turn(30)
    await registry.sends.not_created(keys[0], "refused", "me")
    await registry.sends.sender_died(keys[1], "me")
    assert [(await registry.sends.sends_of(key))[0].ended for key in keys] == [clock.now()] * 2


async def test_a_sender_that_died_before_its_mark_leaves_the_part_planned_and_after_it_unknown(
    registry: Registry, clock: TurnedClock
) -> None:
    before, after = await planned(registry)
    assert await registry.sends.claim(before, "me", SOON, BEGAN, HERE)
    await sending(registry, after)
    ended = START + timedelta(seconds=60)
    clock.turn(70)
    assert await registry.sends.sender_died(before, "me", ended=ended)
    assert await registry.sends.sender_died(after, "me", ended=ended)
    planned_again, unknown = [await registry.batches.get(key) for key in (before, after)]
    assert (planned_again.state, planned_again.lost_at) == (BatchState.PLANNED, None)
    assert (unknown.state, unknown.lost_at) == (BatchState.UNKNOWN, clock.now())
    assert planned_again.reason
    assert unknown.reason
    for key in (before, after):
        (send,) = await registry.sends.sends_of(key)
        assert (send.ended, send.end, send.sender) == (ended, None, SenderLife.GONE)
        assert await column(registry, key, "sender") is None


async def test_a_reason_that_is_the_same_already_wakes_nobody(registry: Registry) -> None:
    one, two = await planned(registry)
    await registry.sends.explain(one, "It waits.", not_before=SOON)
    first = await registry.batches.get(one)
    assert (first.reason, first.not_before, first.state) == ("It waits.", SOON, BatchState.PLANNED)
    await registry.sends.explain(one, "It waits.", not_before=SOON)
    assert (await registry.batches.get(one)).revision == first.revision
    await registry.sends.explain(one, "It waits.")
    changed = await registry.batches.get(one)
    assert (changed.not_before, changed.revision > first.revision) == (None, True)
    assert (await registry.batches.get(two)).reason == ""


async def test_each_send_is_counted_in_the_registry_and_beside_it(registry: Registry, tmp_path: Path) -> None:
    one, two = await planned(registry)
    beside = tmp_path / f"registry.db{SUFFIX}"
    await lost(registry, one)
    assert beside.read_text() == "1\n"
    assert beside.stat().st_mode & 0o777 == 0o600
    await lost(registry, two)
    assert beside.read_text() == "2\n"
    assert sorted(path.name for path in tmp_path.glob("*.sends*")) == [beside.name]


def test_half_a_number_file_of_a_killed_process_does_not_hinder_the_next_write(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    path.write_text("")
    path.with_name(f"{path.name}{SUFFIX}.{os.getpid()}").write_text("left")
    Origin(path, "here").keep_beside(2)
    assert path.with_name(path.name + SUFFIX).read_text() == "2\n"


async def test_two_processes_that_begin_a_part_at_once_are_one_sender(tmp_path: Path) -> None:
    one, two = registry_in(tmp_path, holder="one"), registry_in(tmp_path, holder="two")
    await one.open()
    await two.open()
    try:
        (key,) = await planned(one, 1)
        begun = await asyncio.gather(
            *(each.sends.claim(key, name, SOON, BEGAN, HERE) for each, name in ((one, "one"), (two, "two")))
        )
        assert sorted(begun) == [False, True]
        assert len(await one.sends.sends_of(key)) == 1
    finally:
        await one.close()
        await two.close()


@pytest.mark.parametrize("offset", [3.0, None])
async def test_a_send_ended_when_its_process_was_found_gone_however_old_its_mark_is(
    registry: Registry, offset: float | None
) -> None:
    (one,) = await planned(registry, 1)
    assert await registry.sends.claim(one, "me", SOON, replace(BEGAN, offset=offset), HERE)
    assert await registry.sends.mark(one, "me", START + timedelta(seconds=4))
    assert await registry.sends.sender_died(one, "me", ended=START + timedelta(hours=8))
    (send,) = await registry.sends.sends_of(one)
    assert send.ended == START + timedelta(hours=8)
