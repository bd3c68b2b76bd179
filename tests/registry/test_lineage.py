"""Which job was made from which is kept with the job, in both directions, and for each of its custom_ids."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from batchtui.domain.batches.lineage import JobParent, JobRelation
from batchtui.registry.database import migrations
from batchtui.registry.jobs.lineage_ids import LineageIds, LineageIdWriter
from tests.registry.conftest import registry_in
from tests.support.builders import job, part

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.registry.registry import Registry


async def test_a_job_knows_its_parents_in_their_order_and_a_parent_its_children(registry: Registry) -> None:
    for name in ("one", "two"):
        await registry.jobs.plan(job(f"job_{name}", name=name), [part()])
    parents = (JobParent("job_two", JobRelation.COMPOSED), JobParent("job_one", JobRelation.JUDGED))
    await registry.jobs.plan(job("job_child", name="child"), [part()], parents=parents)
    found = await registry.lineage.of("job_child")
    assert [(one.job, one.name, one.relation) for one in found.parents] == [
        ("job_two", "two", JobRelation.COMPOSED),
        ("job_one", "one", JobRelation.JUDGED),
    ]
    assert not found.children
    of_one = await registry.lineage.of("job_one")
    assert [(one.name, one.relation) for one in of_one.children] == [("child", JobRelation.JUDGED)]
    assert not await registry.lineage.of("job_nobody")


async def test_a_parent_that_the_registry_does_not_know_is_named_by_its_id(registry: Registry) -> None:
    await registry.jobs.plan(job("job_b"), [part()], parents=[JobParent("job_gone", JobRelation.COMPOSED)])
    (parent,) = (await registry.lineage.of("job_b")).parents
    assert parent.name == "job_gone"


def test_ids_of_a_parent_are_found_by_those_of_the_child_several_for_one(tmp_path: Path) -> None:
    with LineageIdWriter(tmp_path / "lineage.db") as writer:
        writer.add([("de", 1, "a"), ("de", 1, "b"), ("en", 2, "a")])
        writer.add((f"x{n}", 1, f"y{n}") for n in range(1200))
        writer.finish()
    found = LineageIds.of(tmp_path)
    assert found is not None
    with found as ids:
        assert ids.parents_of(["de", "en", "none"]) == {"de": [(1, "a"), (1, "b")], "en": [(2, "a")]}
        assert len(ids.parents_of([f"x{n}" for n in range(1200)])) == 1200


def test_ids_that_were_not_finished_leave_no_file(tmp_path: Path) -> None:
    with LineageIdWriter(tmp_path / "lineage.db") as writer:
        writer.add([("de", 1, "a")])
    assert not list(tmp_path.iterdir())
    assert LineageIds.of(tmp_path) is None


async def test_a_registry_from_before_lineage_opens_and_keeps_its_jobs(tmp_path: Path) -> None:
    before = [name for name, _ in migrations.STEPS].index("which job was made from which")
    with sqlite3.connect(tmp_path / "registry.db") as connection:
        connection.executescript(
            "PRAGMA journal_mode = WAL; CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY,"
            " name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT"
        )
        for version, (name, script) in enumerate(migrations.STEPS[:before], 1):
            connection.executescript(script)
            connection.execute("INSERT INTO schema_migrations VALUES (?, ?, '')", (version, name))
        connection.execute(
            "INSERT INTO jobs (id, name, created_at, source, requests, bytes, fingerprint, models, tags) VALUES"
            " ('job_old', 'old', '2026-01-01T00:00:00.000000+00:00', 'f', 1, 2, '', '[]', '[]')"
        )
    connection.close()
    registry = registry_in(tmp_path)
    await registry.open()
    try:
        assert [one.name for one in await registry.jobs.named("old")] == ["old"]
        assert not await registry.lineage.of("job_old")
        await registry.jobs.plan(job("job_new"), [part()], parents=[JobParent("job_old", JobRelation.COMPOSED)])
        assert (await registry.lineage.of("job_new")).parents[0].name == "old"
    finally:
        await registry.close()
