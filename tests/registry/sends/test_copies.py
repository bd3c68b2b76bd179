"""A registry that was copied or restored sends nothing that its twin may have sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import StorageError
from batchtui.registry.database.origin import SUFFIX, Origin
from tests.support.builders import remote

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.registry.registry import Registry
from tests.registry.sends.parts import BEGAN, HERE, SOON, copy_of, events, lost, planned, sending


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


def test_a_registry_that_was_deleted_is_no_copy_but_a_fault(tmp_path: Path) -> None:
    row: Any = {"machine": "here", "inode": 1, "sends": 0}
    with pytest.raises(StorageError, match="is gone"):
        Origin(tmp_path / "registry.db", "here").is_copied(row)


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
