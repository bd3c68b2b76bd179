"""A registry as earlier versions left it opens, keeps everything, and takes nothing of it for certain."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import SchemaTooNew, StorageError
from batchtui.domain.results.mark import ReviewMark
from batchtui.domain.submission.send_evidence import SendEnd
from batchtui.registry.database import migrations
from batchtui.registry.registry import Registry
from tests.support.clock import TurnedClock

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD = Path(__file__).parent / "before_evidence.sql"
"""A registry as the version before `sends` made it: a job in each state in which a send can leave it."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "registry.db") as connection:
        connection.executescript(OLD.read_text())
    connection.close()
    return tmp_path


async def test_a_registry_of_the_version_before_keeps_everything_and_its_sends_become_evidence(old: Path) -> None:
    registry = Registry(old / "registry.db", old / "requests", old / "results", clock=TurnedClock(), holder="me")
    await registry.open()
    try:
        batches = {batch.name: batch for batch in await registry.queries.select()}
        states = {name: batch.state for name, batch in batches.items()}
        ends = {name: [send.end for send in await registry.sends.sends_of(b.key)] for name, b in batches.items()}
        marks = [await registry.sends.sends_of(batches[name].key) for name in ("sending", "unknown")]
    finally:
        await registry.close()
    assert states == {
        "planned": BatchState.PLANNED,
        "sending": BatchState.SUBMITTING,
        "unknown": BatchState.UNKNOWN,
        "running": BatchState.IN_PROGRESS,
        "adopted": BatchState.IN_PROGRESS,
        "refused": BatchState.PLANNED,
    }
    assert ends == {
        "planned": [],
        "sending": [None],
        "unknown": [SendEnd.UNANSWERED],
        "running": [SendEnd.CREATED],
        "adopted": [SendEnd.UNANSWERED],
        "refused": [SendEnd.REFUSED],
    }
    assert all(send.may_have_created for sends in marks for send in sends)
    assert batches["adopted"].is_unproved
    assert not batches["running"].is_unproved
    assert all(batch.account is None for batch in batches.values())
    assert all((batch.tags, batch.note) == (("eval",), "kept") for batch in batches.values())


async def test_a_registry_of_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "registry.db", tmp_path / "q", tmp_path / "r", clock=TurnedClock(), holder="me")
    await registry.open()
    await registry.close()
    with sqlite3.connect(tmp_path / "registry.db") as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (?, 'later', '')", (migrations.LATEST + 1,))
    connection.close()
    with pytest.raises(SchemaTooNew, match=f"schema {migrations.LATEST + 1}"):
        await registry.open()


async def test_a_step_that_fails_leaves_nothing_of_itself_and_is_run_again(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends = migrations.STEPS.index(("the evidence of each send, the account of each part", migrations.SENDS))
    name, script = migrations.STEPS[sends]
    failing = (name, f"{script}INSERT INTO nowhere VALUES (1);\n")
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS[:sends], failing))
    registry = Registry(old / "registry.db", old / "requests", old / "results", clock=TurnedClock(), holder="me")
    with pytest.raises(StorageError):
        await registry.open()
    with sqlite3.connect(old / "registry.db") as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        version = connection.execute("SELECT max(version) FROM schema_migrations").fetchone()[0]
    connection.close()
    assert "refuted" not in tables
    assert version == sends
    monkeypatch.undo()
    await registry.open()
    assert len(await registry.queries.select()) == 6
    await registry.close()


async def test_a_change_of_what_is_known_of_a_send_gives_its_row_alone_a_new_revision(old: Path) -> None:
    registry = Registry(old / "registry.db", old / "requests", old / "results", clock=TurnedClock(), holder="me")
    await registry.open()
    try:
        before = {batch.key: batch.revision for batch in await registry.queries.select()}
        async with registry._database.transaction() as tx:
            await tx.execute("UPDATE batches SET twin = 1 WHERE key = ?", (min(before),))
        after = {batch.key: batch.revision for batch in await registry.queries.select()}
    finally:
        await registry.close()
    assert [key for key in before if after[key] != before[key]] == [min(before)]
    assert after[min(before)] > max(before.values())


async def test_sends_of_earlier_versions_have_their_known_times_and_a_window_of_a_day(old: Path) -> None:
    registry = Registry(old / "registry.db", old / "requests", old / "results", clock=TurnedClock(), holder="me")
    await registry.open()
    try:
        batches = {batch.name: batch for batch in await registry.queries.select()}
        sends = {name: await registry.sends.sends_of(batch.key) for name, batch in batches.items()}
    finally:
        await registry.close()
    for name, found in sends.items():
        for send in found:
            began = batches[name].submitted_at or batches[name].planned_at
            assert (send.began, send.mark) == (began, began)
            assert (send.slack, send.patience, send.seq) == (timedelta(days=1), timedelta(minutes=10), 0)
    (running,) = sends["running"]
    (adopted,) = sends["adopted"]
    (unknown,) = sends["unknown"]
    assert (running.batch_id, adopted.batch_id, unknown.batch_id) == (batches["running"].id, None, None)
    assert unknown.ended == batches["unknown"].lost_at


@contextmanager
def made_before(step: str, folder: Path) -> Iterator[sqlite3.Connection]:
    """A registry as it was before this step of the schema, to be filled."""
    with sqlite3.connect(folder / "registry.db") as connection:
        connection.executescript(
            "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL)"
            " STRICT"
        )
        before = [name for name, _ in migrations.STEPS].index(step)
        for version, (name, script) in enumerate(migrations.STEPS[:before], 1):
            connection.executescript(script)
            connection.execute("INSERT INTO schema_migrations VALUES (?, ?, '2026-11-30T12:00:00Z')", (version, name))
        yield connection


async def test_a_registry_from_before_answers_were_reused_opens_and_keeps_its_parts(
    tmp_path: Path,
) -> None:
    with made_before("parts that reuse answers", tmp_path) as connection:
        connection.execute(
            "INSERT INTO jobs (id, name, created_at, requests) VALUES ('job_1', 'kept', '2026-11-30T12:00:00Z', 2)"
        )
        connection.execute(
            "INSERT INTO batches (id, job_id, part, parts, attempt, state, requests, planned_at)"
            " VALUES ('msgbatch_1', 'job_1', 1, 1, 1, 'in_progress', 2, '2026-11-30T12:00:00Z')"
        )
    connection.close()
    registry = Registry(tmp_path / "registry.db", tmp_path / "q", tmp_path / "r", clock=TurnedClock(), holder="me")
    await registry.open()
    try:
        [batch] = await registry.queries.select()
        waiting = await registry.queries.unfilled()
    finally:
        await registry.close()
    assert (batch.id, batch.name, batch.is_reused, batch.awaits) == ("msgbatch_1", "kept", False, None)
    assert waiting == []


async def test_a_registry_with_the_index_of_earlier_versions_opens_and_is_listed_in_the_same_order(
    tmp_path: Path,
) -> None:
    with made_before("an index in the order of lists", tmp_path) as connection:
        for job, day in enumerate((2, 3, 1)):
            connection.execute(
                "INSERT INTO jobs (id, name, created_at, requests) VALUES (?, 'kept', '2026-11-30T12:00:00Z', 4)",
                (f"job_{job}",),
            )
            connection.executemany(
                "INSERT INTO batches (id, job_id, part, parts, attempt, state, requests, planned_at)"
                " VALUES (?, ?, ?, 2, 1, ?, 2, ?)",
                [
                    (f"msgbatch_{job}{part}", f"job_{job}", part, state, f"2026-11-0{day}T12:00:00Z")
                    for part, state in ((1, "ended"), (2, "deleted" if job == 1 else "in_progress"))
                ],
            )
    connection.close()
    registry = Registry(tmp_path / "registry.db", tmp_path / "q", tmp_path / "r", clock=TurnedClock(), holder="me")
    await registry.open()
    try:
        shown = [batch.id for batch in await registry.queries.select()]
        plan = await registry._database.all(
            "EXPLAIN QUERY PLAN SELECT b.key FROM batches AS b WHERE b.state <> 'deleted'"
            " ORDER BY b.planned_at DESC, b.key - b.part DESC, b.part"
        )
    finally:
        await registry.close()
    assert shown == ["msgbatch_11", "msgbatch_01", "msgbatch_02", "msgbatch_21", "msgbatch_22"]
    # Of 100,000 batches nothing is sorted, and no row is read.
    assert [row["detail"] for row in plan] == ["SCAN b USING COVERING INDEX batches_newest"]


async def test_a_registry_from_before_there_were_judges_opens_and_keeps_its_jobs(tmp_path: Path) -> None:
    with made_before("judges and their scores", tmp_path) as connection:
        connection.execute(
            "INSERT INTO jobs (id, name, created_at, requests) VALUES ('job_1', 'kept', '2026-11-30T12:00:00Z', 2)"
        )
    connection.close()
    registry = Registry(tmp_path / "registry.db", tmp_path / "q", tmp_path / "r", clock=TurnedClock(), holder="me")
    await registry.open()
    try:
        job, judge = await registry.jobs.get("job_1"), await registry.judges.get("job_1")
        unread = await registry.judges.unread_batches()
    finally:
        await registry.close()
    assert (job and job.name, judge, unread) == ("kept", None, [])


async def test_a_registry_from_before_conversations_were_continued_opens_and_keeps_its_batches(tmp_path: Path) -> None:
    with made_before("tool calls and limits of conversations", tmp_path) as connection:
        connection.execute(
            "INSERT INTO jobs (id, name, created_at, requests) VALUES ('job_1', 'kept', '2026-11-30T12:00:00Z', 2)"
        )
        connection.execute(
            "INSERT INTO batches (id, job_id, part, parts, attempt, state, requests, planned_at)"
            " VALUES ('msgbatch_1', 'job_1', 1, 1, 1, 'ended', 2, '2026-11-30T12:00:00Z')"
        )
    connection.close()
    registry = Registry(tmp_path / "registry.db", tmp_path / "q", tmp_path / "r", clock=TurnedClock(), holder="me")
    await registry.open()
    try:
        [batch] = await registry.queries.select()
        calls, limits = await registry.tool_calls.of_job("job_1"), await registry.conversations.limits("job_1")
    finally:
        await registry.close()
    assert (batch.id, batch.name) == ("msgbatch_1", "kept")
    assert (list(calls), limits.max_turns, limits.max_cost) == ([], None, None)


async def test_a_registry_from_before_marks_opens_keeps_its_jobs_and_takes_marks(tmp_path: Path) -> None:
    with made_before("marks of reviews", tmp_path) as connection:
        connection.execute(
            "INSERT INTO jobs (id, name, created_at, requests) VALUES ('job_1', 'kept', '2026-11-30T12:00:00Z', 2)"
        )
    connection.close()
    registry = Registry(tmp_path / "registry.db", tmp_path / "q", tmp_path / "r", clock=TurnedClock(), holder="me")
    await registry.open()
    try:
        job = await registry.jobs.get("job_1")
        assert not await registry.marks.has_any("job_1")
        await registry.marks.write("job_1", [ReviewMark("a", "ada", "0" * 32, note="fine")])
        [mark] = await registry.marks.of_job("job_1")
    finally:
        await registry.close()
    assert job is not None
    assert (job.name, mark.note) == ("kept", "fine")


async def test_a_registry_from_before_pilots_opens_and_holds_none_of_its_parts(tmp_path: Path) -> None:
    with made_before("parts that wait for the decision about a pilot", tmp_path) as connection:
        connection.execute(
            "INSERT INTO jobs (id, name, created_at, requests) VALUES ('job_1', 'kept', '2026-11-30T12:00:00Z', 2)"
        )
        connection.execute(
            "INSERT INTO batches (job_id, part, parts, attempt, state, requests, planned_at)"
            " VALUES ('job_1', 1, 1, 1, 'planned', 2, '2026-11-30T12:00:00Z')"
        )
    connection.close()
    registry = Registry(tmp_path / "registry.db", tmp_path / "q", tmp_path / "r", clock=TurnedClock(), holder="me")
    await registry.open()
    try:
        [batch] = await registry.queries.select()
        held = await registry.queries.held_jobs()
    finally:
        await registry.close()
    assert (batch.name, batch.is_pilot, batch.is_held, held) == ("kept", False, False, [])
