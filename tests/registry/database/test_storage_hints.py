"""What is advised for an error of SQLite or the disk: disk space is to be freed only where there is none."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import StorageError
from batchtui.registry.database.storage_hints import storage_hint
from tests.support.builders import job, remote
from tests.support.clock import START

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.registry.registry import Registry


@pytest.mark.parametrize(
    ("number", "has_no_room"),
    [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EACCES, False), (errno.EIO, False), (errno.ENOENT, False)],
)
def test_only_a_full_disk_is_a_reason_to_free_space(number: int, has_no_room: bool) -> None:
    hint = storage_hint(OSError(number, "told by the system"))
    assert ("Free disk space" in hint) is has_no_room
    assert hint


def test_a_full_database_is_told_by_sqlite_itself(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "full.db")) as full:
        full.executescript("PRAGMA max_page_count = 2; CREATE TABLE t (x);")
        with pytest.raises(sqlite3.OperationalError) as caught:
            full.execute("INSERT INTO t VALUES (zeroblob(100000))")
    assert "Free disk space" in storage_hint(caught.value)


async def test_a_row_that_breaks_a_rule_is_no_full_disk(registry: Registry) -> None:
    await registry.batches.add_foreign(remote(created_at=START), job("job_1"))
    with pytest.raises(StorageError) as caught:
        await registry.batches.add_foreign(remote("msgbatch_other", created_at=START), job("job_1"))
    assert "UNIQUE" in caught.value.message
    assert "Free disk space" not in caught.value.hint
    assert "report it" in caught.value.hint
