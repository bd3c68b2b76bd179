"""What is written about each send of a part, by whom, and what stays as it is where somebody else was meant."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import StorageError, UnknownTarget
from batchtui.domain.notice import NoticeKind
from batchtui.domain.submission.send_evidence import Account, Send, SendEnd, SenderLife, SendStart
from batchtui.registry.database.origin import SUFFIX, Origin
from batchtui.registry.sends.verdicts import UNPROVABLE, VANISHED
from tests.registry.conftest import registry_in
from tests.support.builders import job, part, remote
from tests.support.clock import START, TurnedClock

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.registry import Registry

HERE = Account("https://api.example", "org_1", "wrkspc_1")
THERE = replace(HERE, workspace="wrkspc_2")
SOON = START + timedelta(seconds=90)
BEGAN = SendStart(START + timedelta(seconds=3), START, 3.0, slack=timedelta(seconds=5), patience=timedelta(minutes=12))


async def planned(registry: Registry, parts: int = 2, account: Account | None = HERE) -> tuple[int, ...]:
    """A job of some parts, planned for an account."""
    return await registry.jobs.plan(job(), [part(number) for number in range(1, parts + 1)], account=account)


async def sending(registry: Registry, key: int, sender: str = "me") -> None:
    """Begin a send of a part, and mark it."""
    assert await registry.sends.claim(key, sender, SOON, BEGAN, HERE)
    assert await registry.sends.mark(key, sender, START + timedelta(seconds=4))


async def lost(registry: Registry, key: int) -> None:
    """Leave a part unknown."""
    await sending(registry, key)
    assert await registry.sends.answer_lost(key, "time-out", "me", ended=START + timedelta(seconds=9))


async def events(registry: Registry, key: int | None = None) -> list[str]:
    """What the journal tells of a batch, or of all."""
    return [entry.event for entry in await registry.journal.entries() if key in (None, entry.batch_key)]


async def whole(registry: Registry) -> tuple[list[Batch], list[list[Send]], list[str], list[dict[str, str]]]:
    """All that is known of all parts, to be compared before and after."""
    batches = [await registry.batches.get(key) for key in range(1, 4) if await _exists(registry, key)]
    keys = [batch.key for batch in batches]
    return (
        batches,
        [await registry.sends.sends_of(key) for key in keys],
        await events(registry),
        [await registry.verdicts.refuted_of(key) for key in keys],
    )


async def _exists(registry: Registry, key: int) -> bool:
    try:
        await registry.batches.get(key)
    except UnknownTarget:
        return False
    return True


async def column(registry: Registry, key: int, name: str) -> Any:
    row = await registry._database.one(f"SELECT {name} FROM batches WHERE key = ?", (key,))
    assert row is not None
    return row[0]


# ── beginning ───────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── while it is under way ───────────────────────────────────────────────────────────────────────────────────────────


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


# ── responses ───────────────────────────────────────────────────────────────────────────────────────────────────────


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


async def test_a_response_to_a_former_send_binds_nothing_and_is_remembered_with_that_send(registry: Registry) -> None:
    (one,) = await planned(registry, 1)
    await sending(registry, one)
    assert await registry.sends.sender_died(one, "me")
    assert await registry.verdicts.proved_absent(one, 1, "absent")
    await sending(registry, one, "them")
    assert await registry.sends.answer_lost(one, "time-out", "them")
    assert not await registry.sends.accepted(one, remote("msgbatch_01X"), "me")
    batch = await registry.batches.get(one)
    assert (batch.id, batch.state) == (None, BatchState.UNKNOWN)
    first, second = await registry.sends.sends_of(one)
    assert (first.end, first.batch_id, second.end) == (SendEnd.CREATED, "msgbatch_01X", SendEnd.UNANSWERED)


async def test_a_response_for_a_process_that_never_sent_the_part_changes_nothing(registry: Registry) -> None:
    one, _ = await planned(registry)
    await sending(registry, one)
    before = await whole(registry)
    assert not await registry.sends.accepted(one, remote("msgbatch_01X"), "them")
    assert await whole(registry) == before


async def test_a_response_proves_a_batch_that_was_adopted_unproved_meanwhile(registry: Registry) -> None:
    one, two = await planned(registry)
    await lost(registry, one)
    await lost(registry, two)
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X"), is_proved=False)
    assert await registry.verdicts.adopt(two, remote("msgbatch_01Y"), is_proved=False)
    assert await registry.sends.accepted(one, remote("msgbatch_01X"), "me")
    batches = [await registry.batches.get(key) for key in (one, two)]
    assert [(batch.id, batch.is_unproved) for batch in batches] == [("msgbatch_01X", False), ("msgbatch_01Y", True)]


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


async def test_a_late_response_that_names_the_batch_of_another_part_moves_nothing(registry: Registry) -> None:
    one, two = await planned(registry)
    await sending(registry, one)
    assert await registry.sends.accepted(one, remote("msgbatch_01X"), "me")
    await sending(registry, two)
    assert await registry.sends.sender_died(two, "me")
    assert await registry.verdicts.proved_absent(two, 1, "absent")
    assert not await registry.sends.accepted(two, remote("msgbatch_01X"), "me")
    assert (await registry.batches.get(two)).state is BatchState.PLANNED


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


# ── dead senders ────────────────────────────────────────────────────────────────────────────────────────────────────


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


async def test_a_death_ends_the_last_send_of_that_part_only(registry: Registry) -> None:
    one, two = await planned(registry)
    await lost(registry, one)
    assert await registry.verdicts.proved_absent(one, 1, "absent")
    await sending(registry, one)
    await sending(registry, two)
    ended = START + timedelta(hours=1)
    assert await registry.sends.sender_died(one, "me", ended=ended)
    first, second = await registry.sends.sends_of(one)
    (other,) = await registry.sends.sends_of(two)
    assert (first.ended, second.ended, other.ended) == (START + timedelta(seconds=9), ended, None)


async def test_absence_releases_the_part_that_it_was_proved_of(registry: Registry) -> None:
    one, two = await planned(registry)
    await lost(registry, one)
    assert not await registry.verdicts.proved_absent(two, 0, "absent")
    assert await registry.verdicts.proved_absent(one, 1, "The API does not show it.")
    batch = await registry.batches.get(one)
    assert (batch.state, batch.reason) == (BatchState.PLANNED, "The API does not show it.")
    assert not await registry.verdicts.proved_absent(one, 1, "absent")


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


# ── adoption, proof and refutation ──────────────────────────────────────────────────────────────────────────────────


async def test_an_adopted_batch_that_only_fits_is_unproved_until_it_is_proved(registry: Registry) -> None:
    one, two = await planned(registry)
    await lost(registry, one)
    await lost(registry, two)
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X"), is_proved=False)
    assert await registry.verdicts.adopt(two, remote("msgbatch_01Y"), is_proved=False)
    batch = await registry.batches.get(one)
    assert (batch.is_unproved, batch.state, batch.reason) == (True, BatchState.IN_PROGRESS, "")
    assert await column(registry, one, "adopted") == 1
    before = await whole(registry)
    await registry.verdicts.proved(one, "msgbatch_01Z")
    assert await whole(registry) == before
    await registry.verdicts.proved(one, "msgbatch_01X")
    assert not (await registry.batches.get(one)).is_unproved
    assert (await registry.batches.get(two)).is_unproved
    assert (await events(registry, one))[-1] == "batch.proved"
    again = await whole(registry)
    await registry.verdicts.proved(one, "msgbatch_01X")
    assert await whole(registry) == again


async def test_a_planned_part_may_be_adopted_and_one_at_the_api_may_not(registry: Registry) -> None:
    one, _ = await planned(registry)
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X"))
    assert not (await registry.batches.get(one)).is_unproved
    before = await whole(registry)
    assert not await registry.verdicts.adopt(one, remote("msgbatch_01Y"))
    assert await whole(registry) == before


async def test_a_part_that_is_being_sent_is_not_adopted(registry: Registry) -> None:
    one, _ = await planned(registry)
    await sending(registry, one)
    assert not await registry.verdicts.adopt(one, remote("msgbatch_01X"))


async def imported(registry: Registry, batch_id: str = "msgbatch_01X", **fields: Any) -> int:
    """A batch that `sync` brought in."""
    found = remote(batch_id, **fields)
    key = await registry.batches.add_foreign(found, job(f"job_{batch_id}", name=batch_id))
    assert key is not None
    return key


@pytest.mark.parametrize(
    ("is_proved", "is_chosen", "is_merged"), [(True, False, True), (False, True, True), (False, False, False)]
)
async def test_an_imported_row_is_merged_on_proof_or_a_persons_word_only(
    registry: Registry, is_proved: bool, is_chosen: bool, is_merged: bool
) -> None:
    (one,) = await planned(registry, 1)
    await lost(registry, one)
    foreign = await imported(registry)
    adopted = await registry.verdicts.adopt(one, remote("msgbatch_01X"), is_proved=is_proved, is_chosen=is_chosen)
    assert adopted is is_merged
    assert await _exists(registry, foreign) is not is_merged
    assert (await registry.batches.get(one)).id == ("msgbatch_01X" if is_merged else None)


async def test_merging_keeps_what_people_and_downloads_gave_the_imported_row(registry: Registry) -> None:
    (one,) = await planned(registry, 1)
    await lost(registry, one)
    other = await imported(registry, "msgbatch_01Z")
    foreign = await imported(registry, status="ended")
    await registry.labels.change(["job_msgbatch_01X"], lambda old: replace(old, name="mine", tags=("a", "b"), note="n"))
    await registry.labels.change(["job_1"], lambda old: replace(old, tags=("b", "c"), note="own"))
    await registry.batches.set_results(foreign, ResultsState.SAVED, size=9, digest="d", accepted="ok")
    await registry.verdicts.refute(foreign, "msgbatch_01Q", "not it")
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X", status="ended"))
    merged, kept = await registry.batches.get(one), await registry.batches.get(other)
    assert (merged.results, merged.results_bytes, merged.results_digest, merged.accepted) == (
        ResultsState.SAVED, 9, "d", "ok",
    )  # fmt: skip
    assert merged.tags == ("b", "c", "a")
    assert merged.note == "own\nn\nmine"
    assert not await _exists(registry, foreign)
    assert await registry.jobs.get("job_msgbatch_01X") is None
    assert (kept.id, kept.job) == ("msgbatch_01Z", "job_msgbatch_01Z")
    assert "batch.found" in await events(registry, one)
    assert {entry.job for entry in await registry.journal.entries() if entry.batch_id == "msgbatch_01X"} == {"job_1"}
    assert await registry.verdicts.refuted_of(foreign) == {}


async def test_merging_moves_saved_results_costs_and_notices_of_the_imported_row(
    registry: Registry, tmp_path: Path
) -> None:
    (one,) = await planned(registry, 1)
    await lost(registry, one)
    foreign = await imported(registry, status="ended")
    batch = await registry.batches.get(foreign)
    saved = registry.results.paths(batch).raw
    saved.parent.mkdir(parents=True, exist_ok=True)
    saved.write_bytes(b"{}\n")
    await registry.notices.make(NoticeKind.RESULTS_GOING, foreign, "subject")
    await registry.notices.make(NoticeKind.ENDED, one, "msgbatch_01X")
    for notice, _ in await registry.notices.untold(["bell"], START - timedelta(days=1)):
        assert await registry.notices.claim(notice.seq, "bell")
    other = await imported(registry, "msgbatch_01Z", status="ended")
    async with registry._database.transaction() as tx:
        for key in (foreign, other):
            await tx.execute(
                "INSERT INTO spending (batch_key, model, geography, results, cost, standard, uncached, input, write_5m,"
                " write_1h, read, output, thinking, searches)"
                " VALUES (?, 'm', '', 1, '1', '2', '1', 0, 0, 0, 0, 0, 0, 0)",
                (key,),
            )
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X", status="ended"))
    merged = registry.results.paths(await registry.batches.get(one)).raw
    assert merged.read_bytes() == b"{}\n"
    assert not saved.exists() or saved == merged
    spent = await registry._database.all("SELECT batch_key FROM spending")
    assert sorted(row["batch_key"] for row in spent) == [one, other]
    kept = await registry._database.all("SELECT seq, kind, batch_key FROM notices ORDER BY kind")
    assert {(row["kind"], row["batch_key"]) for row in kept} >= {("ended", one), ("results_going", one)}
    assert {row["batch_key"] for row in kept} == {one}
    told = await registry._database.all("SELECT notice FROM notices_told")
    assert {row["notice"] for row in told} <= {row["seq"] for row in kept}


async def test_a_row_that_was_imported_for_another_reason_stays_with_its_job(registry: Registry) -> None:
    """Two imported batches in one job, as after a relabelling: only the one that was merged leaves it."""
    (one,) = await planned(registry, 1)
    await lost(registry, one)
    await imported(registry)
    other = await imported(registry, "msgbatch_01Z")
    async with registry._database.transaction() as tx:
        await tx.execute("UPDATE batches SET job_id = 'job_msgbatch_01X', part = 2 WHERE key = ?", (other,))
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X"))
    assert (await registry.batches.get(other)).job == "job_msgbatch_01X"
    assert await registry.jobs.get("job_msgbatch_01X") is not None


async def test_without_a_proof_or_a_word_an_imported_row_is_left(registry: Registry) -> None:
    (one,) = await planned(registry, 1)
    await lost(registry, one)
    foreign = await imported(registry)
    assert not await registry.verdicts.adopt(one, remote("msgbatch_01X"), is_proved=False)
    assert (await registry.batches.get(foreign)).id == "msgbatch_01X"


async def test_each_event_of_a_part_is_in_the_journal_with_its_job_its_batch_and_its_reason(
    registry: Registry,
) -> None:
    (one,) = await planned(registry, 1)
    await lost(registry, one)
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X"), is_proved=False)
    assert await registry.verdicts.disown(one, "msgbatch_01X", "Other answers.")
    assert await registry.verdicts.adopt(one, remote("msgbatch_01Y"), is_proved=False)
    await registry.verdicts.proved(one, "msgbatch_01Y")
    entries = [entry for entry in await registry.journal.entries() if entry.batch_key == one]
    assert [(entry.event, entry.job, entry.batch_id, entry.detail) for entry in entries] == [
        ("batch.submitting", "job_1", None, ""),
        ("batch.unknown", "job_1", None, '{"reason": "time-out"}'),
        ("batch.adopted", "job_1", "msgbatch_01X", ""),
        ("batch.refuted", "job_1", "msgbatch_01X", '{"reason": "Other answers."}'),
        ("batch.disowned", "job_1", "msgbatch_01X", '{"reason": "Other answers."}'),
        ("batch.adopted", "job_1", "msgbatch_01Y", ""),
        ("batch.proved", "job_1", "msgbatch_01Y", ""),
    ]


async def test_an_end_and_a_lost_response_make_one_notice_each_and_a_second_loss_another(registry: Registry) -> None:
    (one,) = await planned(registry, 1)
    await lost(registry, one)
    assert await registry.verdicts.proved_absent(one, 1, "absent")
    await lost(registry, one)
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X", status="ended"))
    assert await registry.notices.made(NoticeKind.UNKNOWN, [f"{one}.1", f"{one}.2", f"{one}.3"]) == {
        f"{one}.1",
        f"{one}.2",
    }
    assert await registry.notices.made(NoticeKind.ENDED, ["msgbatch_01X"]) == {"msgbatch_01X"}


async def test_a_batch_that_a_part_of_this_registry_owns_is_adopted_by_no_other(registry: Registry) -> None:
    one, two = await planned(registry)
    await lost(registry, one)
    await lost(registry, two)
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X"))
    before = await whole(registry)
    assert not await registry.verdicts.adopt(two, remote("msgbatch_01X"), is_chosen=True)
    assert await whole(registry) == before


async def test_a_refuted_batch_is_remembered_once_with_its_reason(registry: Registry) -> None:
    one, two = await planned(registry)
    await registry.verdicts.refute(one, "msgbatch_01X", "Other answers.")
    await registry.verdicts.refute(one, "msgbatch_01X", "Said again.")
    assert await registry.verdicts.refuted_of(one) == {"msgbatch_01X": "Other answers."}
    assert await registry.verdicts.refuted_of(two) == {}
    assert (await events(registry, one)).count("batch.refuted") == 1


async def test_a_disowned_batch_leaves_the_part_as_if_it_never_had_it(registry: Registry) -> None:
    one, two = await planned(registry)
    await lost(registry, one)
    await lost(registry, two)
    fresh = await registry.batches.get(one)
    ended = remote("msgbatch_01X", status="ended", ended_at=START, cancel_initiated_at=START)
    assert await registry.verdicts.adopt(one, ended, is_proved=False)
    assert await registry.verdicts.adopt(two, remote("msgbatch_01Y"), is_proved=False)
    await registry.batches.set_results(one, ResultsState.PARTIAL, size=7)
    assert not await registry.verdicts.disown(one, "msgbatch_01Z", "not it")
    assert not await registry.verdicts.disown(two, "msgbatch_01X", "not it")
    assert await registry.verdicts.disown(one, "msgbatch_01X", "Other answers.")
    again = await registry.batches.get(one)
    same = replace(again, revision=fresh.revision, reason=fresh.reason, refreshed_at=fresh.refreshed_at)
    assert same == fresh
    assert again.reason == "Other answers."
    assert await column(registry, one, "adopted") == 0
    assert await registry.verdicts.refuted_of(one) == {"msgbatch_01X": "Other answers."}
    assert (await registry.batches.get(two)).id == "msgbatch_01Y"


async def test_a_proved_batch_is_never_disowned(registry: Registry) -> None:
    (one,) = await planned(registry, 1)
    await lost(registry, one)
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X"))
    before = await whole(registry)
    assert not await registry.verdicts.disown(one, "msgbatch_01X", "not it")
    assert not await registry.verdicts.vanished(one, "msgbatch_01X")
    assert await whole(registry) == before


async def test_a_vanished_batch_is_no_proof_until_something_refutes_it(registry: Registry) -> None:
    one, two = await planned(registry)
    await lost(registry, one)
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X"), is_proved=False)
    assert not await registry.verdicts.vanished(one, "msgbatch_01Z")
    assert await registry.verdicts.vanished(one, "msgbatch_01X")
    batch = await registry.batches.get(one)
    assert (batch.state, batch.id, batch.is_unproved) == (BatchState.UNKNOWN, None, False)
    assert "msgbatch_01X" in batch.reason
    assert await registry.verdicts.refuted_of(one) == {"msgbatch_01X": VANISHED}
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X"), is_proved=False)
    assert await registry.verdicts.vanished(one, "msgbatch_01X")
    await registry.verdicts.refute(one, "msgbatch_01X", "Other answers.")
    assert await registry.verdicts.refuted_of(one) == {"msgbatch_01X": "Other answers."}
    assert await registry.verdicts.refuted_of(two) == {}


# ── copies ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def copy_of(folder: Path) -> Registry:
    """The registry of a folder, as a copy of the folder has it."""
    copy = folder.with_name(f"{folder.name}-copy")
    shutil.copytree(folder, copy)
    copied = registry_in(copy)
    await copied.open()
    return copied


async def test_a_registry_that_lies_where_it_was_written_is_no_copy(registry: Registry) -> None:
    one, _ = await planned(registry)
    await lost(registry, one)
    assert await registry.sends.notice_copy() == 0
    assert "registry.copied" not in await events(registry)


async def test_a_copy_marks_the_parts_that_its_twin_may_send_once(registry: Registry, tmp_path: Path) -> None:
    keys = await planned(registry, 4)
    await lost(registry, keys[1])
    await sending(registry, keys[2])
    await sending(registry, keys[3])
    assert await registry.sends.accepted(keys[3], remote("msgbatch_01X"), "me")
    await registry.close()
    copied = await copy_of(tmp_path)
    try:
        assert await copied.sends.notice_copy() == 3
        batches = [await copied.batches.get(key) for key in keys]
        assert [batch.may_have_twin for batch in batches] == [True, True, True, False]
        (noted,) = [entry for entry in await copied.journal.entries() if entry.event == "registry.copied"]
        assert json.loads(noted.detail) == {"parts": 3}
        assert await copied.sends.notice_copy() == 0
        assert not await copied.sends.claim(keys[0], "me", SOON, BEGAN, HERE)
        await copied.verdicts.twin_settled(keys[0])
        assert [(await copied.batches.get(key)).may_have_twin for key in keys[:3]] == [False, True, True]
        assert await copied.sends.claim(keys[0], "me", SOON, BEGAN, HERE)
        assert await copied.sends.notice_copy() == 0
    finally:
        await copied.close()
        await registry.open()


async def test_a_copy_is_noticed_at_the_last_moment_before_a_send(registry: Registry, tmp_path: Path) -> None:
    one, _ = await planned(registry)
    await registry.close()
    copied = await copy_of(tmp_path)
    try:
        assert not await copied.sends.claim(one, "me", SOON, BEGAN, HERE)
        batch = await copied.batches.get(one)
        assert (batch.state, batch.may_have_twin) == (BatchState.PLANNED, True)
    finally:
        await copied.close()
        await registry.open()


async def test_binding_a_part_settles_the_question_of_its_twin(registry: Registry, tmp_path: Path) -> None:
    one, _ = await planned(registry)
    await lost(registry, one)
    await registry.close()
    copied = await copy_of(tmp_path)
    try:
        assert await copied.sends.notice_copy() == 2
        assert await copied.verdicts.adopt(one, remote("msgbatch_01X"))
        assert not (await copied.batches.get(one)).may_have_twin
    finally:
        await copied.close()
        await registry.open()


async def test_each_send_is_counted_in_the_registry_and_beside_it(registry: Registry, tmp_path: Path) -> None:
    one, two = await planned(registry)
    beside = tmp_path / f"registry.db{SUFFIX}"
    await lost(registry, one)
    assert beside.read_text() == "1\n"
    assert beside.stat().st_mode & 0o777 == 0o600
    await lost(registry, two)
    assert beside.read_text() == "2\n"
    assert sorted(path.name for path in tmp_path.glob("*.sends*")) == [beside.name]


@pytest.mark.parametrize(
    ("machine", "inode_off", "sends", "beside", "is_copied"),
    [
        ("here", 0, 2, 2, False),
        ("here", 0, 3, 2, False),
        ("here", 0, 1, 2, True),
        ("there", 0, 2, 2, True),
        ("", 0, 2, 2, False),
        ("here", 1, 2, 2, True),
    ],
)
def test_a_copy_is_told_by_machine_inode_and_number_of_sends(
    tmp_path: Path, machine: str, inode_off: int, sends: int, beside: int, is_copied: bool
) -> None:
    path = tmp_path / "registry.db"
    path.write_text("")
    origin = Origin(path, "here")
    origin.keep_beside(beside)
    row: Any = {"machine": machine, "inode": path.stat().st_ino + inode_off, "sends": sends}
    assert origin.is_copied(row) is is_copied
    assert Origin(path, "").is_copied(row) is (is_copied and machine != "there")
    assert not origin.is_copied(None)


def test_the_number_beside_never_goes_back_and_anything_else_there_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    path.write_text("")
    beside = path.with_name(path.name + SUFFIX)
    origin = Origin(path, "here")
    origin.keep_beside(5)
    origin.keep_beside(3)
    assert beside.read_text() == "5\n"
    beside.write_text("rubbish")
    row: Any = {"machine": "here", "inode": path.stat().st_ino, "sends": 0}
    assert not origin.is_copied(row)


async def test_taking_a_registry_for_its_own_never_forgets_sends(registry: Registry) -> None:
    one, two = await planned(registry)
    await lost(registry, one)
    await lost(registry, two)
    registry.path.with_name(registry.path.name + SUFFIX).unlink()
    async with registry._database.transaction() as tx:
        await registry.sends._origin.take(tx)
    row = await registry._database.one("SELECT sends FROM origin")
    assert row is not None
    assert row["sends"] == 2


async def test_a_registry_that_says_nothing_of_its_origin_is_marked_with_the_first_send(registry: Registry) -> None:
    """As one of an earlier version, with parts that are planned."""
    (one,) = await planned(registry, 1)
    async with registry._database.transaction() as tx:
        await tx.execute("DELETE FROM origin")
    await sending(registry, one)
    row = await registry._database.one("SELECT inode, sends FROM origin")
    assert row is not None
    assert (row["inode"], row["sends"]) == (registry.path.stat().st_ino, 1)


def test_half_a_number_file_of_a_killed_process_does_not_hinder_the_next_write(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    path.write_text("")
    path.with_name(f"{path.name}{SUFFIX}.{os.getpid()}").write_text("left")
    Origin(path, "here").keep_beside(2)
    assert path.with_name(path.name + SUFFIX).read_text() == "2\n"


def test_a_registry_that_was_deleted_is_no_copy_but_a_fault(tmp_path: Path) -> None:
    row: Any = {"machine": "here", "inode": 1, "sends": 0}
    with pytest.raises(StorageError, match="is gone"):
        Origin(tmp_path / "registry.db", "here").is_copied(row)


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


async def test_a_twin_is_settled_by_proof_and_not_by_what_only_fits(registry: Registry, tmp_path: Path) -> None:
    one, two = await planned(registry)
    await lost(registry, one)
    await lost(registry, two)
    assert await registry.verdicts.adopt(two, remote("msgbatch_01Y"), is_proved=False)
    await registry.close()
    copied = await copy_of(tmp_path)
    try:
        assert await copied.sends.notice_copy() == 2
        assert await copied.verdicts.adopt(one, remote("msgbatch_01X"), is_proved=False)
        assert [(await copied.batches.get(key)).may_have_twin for key in (one, two)] == [True, True]
        await copied.verdicts.proved(one, "msgbatch_01X")
        assert [(await copied.batches.get(key)).may_have_twin for key in (one, two)] == [False, True]
        assert await copied.sends.accepted(two, remote("msgbatch_01Y"), "me")
        assert not (await copied.batches.get(two)).may_have_twin
    finally:
        await copied.close()
        await registry.open()


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


async def test_a_batch_that_cannot_be_proved_is_remembered_and_a_part_that_has_it_is_unknown_again(
    registry: Registry,
) -> None:
    one, two = await planned(registry)
    await lost(registry, one)
    await lost(registry, two)
    assert await registry.verdicts.unprovable(two, "msgbatch_01X", "Cannot be proved.")
    assert (await registry.batches.get(two)).reason == "time-out"
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X"), is_proved=False)
    assert await registry.verdicts.unprovable(one, "msgbatch_01X", "Cannot be proved.")
    batch = await registry.batches.get(one)
    assert (batch.state, batch.id, batch.reason) == (BatchState.UNKNOWN, None, "Cannot be proved.")
    for key in (one, two):
        assert await registry.verdicts.refuted_of(key) == {"msgbatch_01X": UNPROVABLE}
    await registry.verdicts.refute(one, "msgbatch_01X", "Other answers.")
    assert await registry.verdicts.refuted_of(one) == {"msgbatch_01X": "Other answers."}
    assert await registry.verdicts.adopt(two, remote("msgbatch_01Y"))
    assert not await registry.verdicts.unprovable(two, "msgbatch_01Y", "Cannot be proved.")


@pytest.mark.parametrize(("is_chosen", "is_proved"), [(True, False), (False, False), (True, True)])
async def test_a_persons_word_is_told_from_what_only_fits(registry: Registry, is_chosen: bool, is_proved: bool) -> None:
    (one,) = await planned(registry, 1)
    await lost(registry, one)
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X"), is_proved=is_proved, is_chosen=is_chosen)
    batch = await registry.batches.get(one)
    assert (batch.is_unproved, batch.is_chosen) == (not is_proved, is_chosen and not is_proved)
