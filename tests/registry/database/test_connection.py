"""The registry's file: permissions, versions, several processes at once."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from batchtui.domain.errors import SchemaTooNew, StorageError
from batchtui.registry.database import migrations
from batchtui.registry.registry import Registry
from tests.support.builders import job, part
from tests.support.clock import TurnedClock


def make(folder: Path, holder: str = "me") -> Registry:
    return Registry(folder / "registry.db", folder / "requests", folder / "results", clock=TurnedClock(), holder=holder)


async def test_the_file_and_what_stands_beside_it_are_for_the_user_alone(tmp_path: Path) -> None:
    registry = make(tmp_path / "home")
    await registry.open()
    await registry.jobs.plan(job(), [part()])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "home").glob("registry.db*")}
    await registry.close()
    assert set(modes) == {"registry.db", "registry.db-wal", "registry.db-shm", "registry.db.open"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


async def test_a_newer_schema_is_refused_with_a_sentence_and_not_touched(tmp_path: Path) -> None:
    registry = make(tmp_path)
    await registry.open()
    await registry.close()
    with sqlite3.connect(tmp_path / "registry.db") as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (99, 'from the future', '')")
    connection.close()
    before = (tmp_path / "registry.db").read_bytes()
    with pytest.raises(SchemaTooNew, match="schema 99") as caught:
        await make(tmp_path).open()
    assert "Update batchtui" in caught.value.hint
    assert (tmp_path / "registry.db").read_bytes() == before


async def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "registry.db").write_text("certainly not SQLite, and longer than a page header " * 10)
    with pytest.raises(StorageError, match="is damaged: file is not a database"):
        await make(tmp_path).open()


async def test_every_migration_is_recorded_in_its_own_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [
        *migrations.STEPS,
        ("second", "CREATE TABLE second (a);"),
        ("broken", "CREATE TABLE third (a);\nNONSENSE;"),
    ]
    monkeypatch.setattr(migrations, "STEPS", steps)
    monkeypatch.setattr(migrations, "LATEST", len(steps))
    with pytest.raises(StorageError):
        await make(tmp_path).open()
    connection = sqlite3.connect(tmp_path / "registry.db")
    assert [row[0] for row in connection.execute("SELECT version FROM schema_migrations")] == [*range(1, len(steps))]
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    connection.close()
    assert "second" in tables
    assert "third" not in tables


async def test_readers_cannot_write(tmp_path: Path) -> None:
    registry = make(tmp_path)
    await registry.open()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await registry._database.reader.execute("DELETE FROM jobs")
    await registry.close()


async def test_a_failing_transaction_leaves_nothing_and_the_next_one_works(tmp_path: Path) -> None:
    registry = make(tmp_path)
    await registry.open()
    await registry.jobs.plan(job("job_1"), [part()])
    with pytest.raises(StorageError):
        await registry.jobs.plan(job("job_1"), [part()])
    await registry.jobs.plan(job("job_2"), [part()])
    assert (await registry.queries.tally()).total == 2
    await registry.close()


async def test_a_commit_is_seen_by_another_registry_through_the_data_version(tmp_path: Path) -> None:
    one, two = make(tmp_path), make(tmp_path)
    await one.open()
    await two.open()
    before = await two.queries.data_version()
    assert await two.queries.data_version() == before
    await one.jobs.plan(job(), [part()])
    assert await two.queries.data_version() != before
    assert (await two.queries.tally()).total == 1
    await one.close()
    await two.close()


async def test_a_file_that_nobody_writes_to_is_not_asked_for_its_version_again(tmp_path: Path) -> None:
    one, two = make(tmp_path), make(tmp_path)
    await one.open()
    await two.open()
    await one.jobs.plan(job("job_1"), [part()])
    an_hour_ago = time.time() - 3600
    os.utime(f"{one.path}-wal", (an_hour_ago, an_hour_ago))
    asked: list[str] = []
    await two._database.reader.set_trace_callback(asked.append)
    versions = [await two.queries.data_version() for _ in range(3)]
    assert len(asked) == len(set(versions)) == 1
    await one.jobs.plan(job("job_2"), [part()])
    assert await two.queries.data_version() != versions[0]
    await one.close()
    await two.close()


async def test_commits_that_leave_the_log_alike_are_distinguished(tmp_path: Path) -> None:
    one, two = make(tmp_path), make(tmp_path)
    await one.open()
    await two.open()
    await one.jobs.plan(job("job_first"), [part(number) for number in range(1, 100)])
    log = Path(f"{one.path}-wal")
    versions, sizes = set(), set()
    for number in range(10):
        async with one._database._write_lock:
            await (await one._database._opened_writer()).execute("PRAGMA wal_checkpoint(RESTART)")
        await one.jobs.plan(job(f"job_{number}"), [part()])
        now = int(time.time())  # as of a file system that knows whole seconds only
        os.utime(log, (now, now))
        versions.add(await two.queries.data_version())
        sizes.add(log.stat().st_size)
    assert (len(versions), len(sizes)) == (10, 1)
    await one.close()
    await two.close()


WRITER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.registry.database.test_connection import make
from tests.support.builders import job, part

async def main() -> None:
    registry = make(Path({folder!r}), {name!r})
    await registry.open()
    for number in range(25):
        await registry.jobs.plan(job(f"job_{name}_{{number}}"), [part(1), part(2)])
    await registry.close()

asyncio.run(main())
"""


async def test_several_processes_write_at_once_from_the_very_first_moment(tmp_path: Path) -> None:
    root = str(__import__("pathlib").Path(__file__).parents[3])
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", WRITER.format(root=root, folder=str(tmp_path), name=name), stderr=subprocess.PIPE
        )
        for name in ("a", "b", "c", "d")
    ]
    errors = [(await process.communicate())[1].decode() for process in processes]
    assert errors == ["", "", "", ""]
    registry = make(tmp_path)
    await registry.open()
    assert (await registry.queries.tally()).total == 200
    await registry.close()


async def test_a_write_that_is_cancelled_at_any_moment_leaves_the_registry_usable(tmp_path: Path) -> None:
    for turns in range(12):
        registry = make(tmp_path / str(turns))
        await registry.open()
        task = asyncio.create_task(registry.values.put("a", 1))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await registry.values.put("b", 2)
        assert (await registry.values.get("b") or [None])[0] == 2
        await registry.close()


async def test_a_commit_survives_a_power_cut(tmp_path: Path) -> None:
    registry = make(tmp_path)
    await registry.open()
    await registry.jobs.plan(job(), [part()])
    writer = await registry._database._opened_writer()
    async with writer.execute("PRAGMA synchronous") as cursor:
        row = await cursor.fetchone()
    await registry.close()
    # 2 is FULL: the log is on the disk before a commit returns (sqlite.org/pragma.html#pragma_synchronous).
    assert row is not None
    assert row[0] == 2
