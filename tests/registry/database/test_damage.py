"""A registry that is damaged, emptied, deleted or replaced: one sentence says so, and a repair loses what it must."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import RegistryDamaged, RegistryReplaced, StorageError
from batchtui.registry.database.backup import back_up, backup_path, is_sound, repair
from batchtui.registry.database.open_lock import OpenLock
from tests.registry.conftest import registry_in as opened
from tests.support.builders import job, part
from tests.support.clock import START

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.registry.registry import Registry


async def filled(folder: Path, batches: int = 3) -> Path:
    """Return a registry with so many batches, closed."""
    registry = opened(folder)
    await registry.open()
    await add(registry, batches)
    await registry.close()
    return registry.path


async def add(registry: Registry, batches: int, start: int = 0) -> None:
    for number in range(start, start + batches, 20):
        await registry.jobs.plan(
            job(f"job_{number}"), [part(one + 1) for one in range(min(20, start + batches - number))]
        )


async def test_an_empty_file_is_not_taken_for_a_new_registry(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    path.write_bytes(b"")
    with pytest.raises(RegistryDamaged, match="0 bytes"):
        await opened(tmp_path).open()
    assert path.stat().st_size == 0


async def test_a_registry_that_is_gone_while_its_backup_is_there_is_not_begun_anew(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    back_up(path)
    path.unlink()
    with pytest.raises(RegistryDamaged, match="gone"):
        await opened(tmp_path).open()


@pytest.mark.parametrize("seed", range(12))
async def test_random_damage_is_one_sentence_with_what_to_do(tmp_path: Path, seed: int) -> None:
    path = await filled(tmp_path, 40)
    chance = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(60):
        content[chance.randrange(len(content))] = chance.randrange(256)
    path.write_bytes(content)
    if error := await _error_of_reading(opened(tmp_path)):
        assert "registry" in error.message
        assert error.hint


async def _error_of_reading(registry: Registry) -> StorageError | None:
    """Read everything that a list shows. Returns the error that ended it; any other exception is a fault."""
    try:
        await registry.open()
        await registry.queries.tally()
        for batch in await registry.queries.select():
            await registry.jobs.get(batch.job)
    except StorageError as error:
        return error
    finally:
        await registry.close()
    return None


async def test_a_file_that_is_no_database_is_named_as_damaged_and_not_touched(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    path.write_bytes(b"not a database at all " * 400)
    with pytest.raises(RegistryDamaged, match="not a database") as caught:
        await opened(tmp_path).open()
    assert "doctor --repair" in caught.value.hint
    assert path.read_bytes().startswith(b"not a database")


async def test_a_repair_brings_back_the_backup_and_what_can_still_be_read(tmp_path: Path) -> None:
    path = await filled(tmp_path, 200)
    back_up(path)
    registry = opened(tmp_path)
    await registry.open()
    await add(registry, 200, start=200)
    await registry.close()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 8192)
    done = repair(path, START)
    assert done.was_damaged
    assert done.batches >= 200
    assert done.kept is not None
    assert done.kept.exists()
    assert is_sound(path)
    again = opened(tmp_path)
    await again.open()
    assert (await again.queries.tally()).total == done.batches
    await again.close()


async def test_a_repair_of_a_sound_registry_changes_nothing(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    before = path.read_bytes()
    assert not repair(path, START).was_damaged
    assert path.read_bytes() == before


async def test_waiting_parts_are_unknown_after_a_repair(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE batches SET state = 'ended', id = 'msgbatch_1' WHERE key = 2")
    back_up(path)
    path.write_bytes(b"")
    assert repair(path, START).batches == 3
    registry = opened(tmp_path)
    await registry.open()
    states = [(await registry.batches.get(key)).state for key in (1, 2)]
    assert states == [BatchState.UNKNOWN, BatchState.ENDED]
    await registry.close()


async def test_a_damaged_registry_does_not_replace_its_backup(tmp_path: Path) -> None:
    path = await filled(tmp_path, 200)
    back_up(path)
    before = backup_path(path).read_bytes()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 8192)
    with pytest.raises(StorageError):
        back_up(path)
    assert backup_path(path).read_bytes() == before
    assert sorted(one.name for one in path.parent.glob("*.part")) == []


async def test_a_backup_is_for_nobody_elses_eyes(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    back_up(path)
    assert backup_path(path).stat().st_mode & 0o077 == 0
    assert is_sound(backup_path(path))


async def test_nothing_is_written_to_a_registry_that_was_deleted_while_it_was_open(tmp_path: Path) -> None:
    registry = opened(tmp_path)
    await registry.open()
    await add(registry, 1)
    registry.path.unlink()
    with pytest.raises(RegistryReplaced, match="deleted"):
        await add(registry, 1, start=1)
    await registry.close()
    assert not registry.path.exists()


async def test_another_file_of_the_name_is_noticed_and_keeps_what_is_in_it(tmp_path: Path) -> None:
    mine = opened(tmp_path)
    await mine.open()
    await add(mine, 1)
    for one in mine.path.parent.glob("registry.db*"):
        one.unlink()
    theirs = opened(tmp_path)
    await theirs.open()
    await add(theirs, 5, start=10)
    with pytest.raises(RegistryReplaced, match="replaced"):
        await add(mine, 1, start=1)
    await mine.close()
    again = opened(tmp_path)
    await again.open()
    assert (await again.queries.tally()).total == 5
    await again.close()
    await theirs.close()


async def test_the_file_that_lies_in_its_place_is_opened_when_somebody_asks_for_it(tmp_path: Path) -> None:
    mine = opened(tmp_path)
    await mine.open()
    await add(mine, 1)
    for one in mine.path.parent.glob("registry.db*"):
        one.unlink()
    with pytest.raises(RegistryReplaced, match="deleted"):
        await mine.reopen()
    theirs = opened(tmp_path)
    await theirs.open()
    await add(theirs, 5, start=10)
    await theirs.close()
    was_replaced = mine.is_replaced
    await mine.reopen()
    assert (was_replaced, mine.is_replaced) == (True, False)
    await add(mine, 1, start=20)
    assert (await mine.queries.tally()).total == 6
    await mine.close()


async def test_a_damaged_file_in_its_place_is_refused_and_not_touched(tmp_path: Path) -> None:
    mine = opened(tmp_path)
    await mine.open()
    await add(mine, 2)
    for one in mine.path.parent.glob("registry.db*"):
        one.unlink()
    mine.path.write_bytes(b"no database at all " * 500)
    with pytest.raises(RegistryDamaged):
        await mine.reopen()
    await mine.close()
    assert mine.path.read_bytes().startswith(b"no database")


async def test_a_repair_refuses_while_a_registry_is_open_and_nobody_opens_one_meanwhile(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    registry = opened(tmp_path)
    await registry.open()
    with pytest.raises(StorageError, match=r"has the registry .* open"):
        repair(path, START)
    await registry.close()
    alone = OpenLock(path)
    alone.take_alone()
    with pytest.raises(StorageError, match="is being repaired"):
        await opened(tmp_path).open()
    alone.release()
    assert not repair(path, START).was_damaged
