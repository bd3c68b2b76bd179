"""What is found out about a part after its send: which batch is its own, which is not, and what nothing proves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import ResultsUnavailable
from batchtui.domain.notice import NoticeKind
from batchtui.domain.submission.send_evidence import SendEnd
from batchtui.registry.sends.verdicts import UNPROVABLE, VANISHED
from tests.support.builders import remote
from tests.support.clock import START

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.registry.registry import Registry
from tests.registry.sends.parts import _exists, column, events, imported, lost, planned, sending, whole


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


async def test_a_response_proves_a_batch_that_was_adopted_unproved_meanwhile(registry: Registry) -> None:
    one, two = await planned(registry)
    await lost(registry, one)
    await lost(registry, two)
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X"), is_proved=False)
    assert await registry.verdicts.adopt(two, remote("msgbatch_01Y"), is_proved=False)
    assert await registry.sends.accepted(one, remote("msgbatch_01X"), "me")
    batches = [await registry.batches.get(key) for key in (one, two)]
    assert [(batch.id, batch.is_unproved) for batch in batches] == [("msgbatch_01X", False), ("msgbatch_01Y", True)]


async def test_a_late_response_that_names_the_batch_of_another_part_moves_nothing(registry: Registry) -> None:
    one, two = await planned(registry)
    await sending(registry, one)
    assert await registry.sends.accepted(one, remote("msgbatch_01X"), "me")
    await sending(registry, two)
    assert await registry.sends.sender_died(two, "me")
    assert await registry.verdicts.proved_absent(two, 1, "absent")
    assert not await registry.sends.accepted(two, remote("msgbatch_01X"), "me")
    assert (await registry.batches.get(two)).state is BatchState.PLANNED


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
    await registry.batches.set_results(
        await registry.batches.get(foreign), ResultsState.SAVED, size=9, digest="d", accepted="ok"
    )
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
    await registry.batches.set_results(await registry.batches.get(one), ResultsState.PARTIAL, size=7)
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


@pytest.mark.parametrize("fetched", [ResultsState.PARTIAL, ResultsState.SAVED, ResultsState.GONE])
async def test_results_of_a_batch_that_was_disowned_meanwhile_are_not_written_to_its_part(
    registry: Registry, fetched: ResultsState
) -> None:
    (one,) = await planned(registry, 1)
    await lost(registry, one)
    assert await registry.verdicts.adopt(one, remote("msgbatch_01X", status="ended"), is_proved=False)
    when_asked_for = await registry.batches.get(one)
    assert await registry.verdicts.disown(one, "msgbatch_01X", "not it")
    before = await whole(registry)
    with pytest.raises(ResultsUnavailable, match="no longer holds msgbatch_01X"):
        await registry.batches.set_results(when_asked_for, fetched, size=7, digest="d")
    assert await whole(registry) == before
