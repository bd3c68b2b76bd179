"""A damaged index of stored requests is built again from the bodies: nothing that was paid for is out of reach."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.errors import StorageError
from batchtui.registry.requests.store import RequestStore
from tests.support.results import keep_requests

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IDS = ["plain", "b-2", "c-3", "d-4"]
TRICKY: dict[str, Any] = {
    "system": 'a } of "{[\\" and \\ ß\u2028{', "tools": [{"name": "t", "input_schema": {"properties": {"a": {}}}}],
}  # fmt: skip


def _delete_rows(path: Path) -> None:
    with closing(sqlite3.connect(path)) as index, index:
        index.execute("DROP TABLE requests")


def _overwrite(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:16384] + b"\xff" * 16384 + content[32768:])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "no database": lambda path: path.write_bytes(b"not a database at all" * 100),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "overwritten in the middle": _overwrite,
    "without its rows": _delete_rows,
}


def facts_of(store: RequestStore) -> list[tuple[object, ...]]:
    with store.reader("job_1") as reader:
        return [
            (one.seq, one.custom_id, one.part, one.offset, one.length, one.model, one.max_tokens, reader.read(one))
            for one in reader.in_order()
        ]


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_every_request_is_found_again_as_it_was_sent(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    store = RequestStore(tmp_path)
    keep_requests(store, IDS, parts=[1, 1, 2, 2], **TRICKY)
    before = facts_of(store)
    damage(tmp_path / "job_1" / "1.db")
    assert facts_of(store) == before
    with store.reader("job_1") as reader:
        assert json.loads(reader.find("c-3") or b"")["params"]["system"] == TRICKY["system"]
        assert reader.count(2) == 2


def test_a_damaged_index_of_a_retry_takes_only_its_own_bodies(tmp_path: Path) -> None:
    store = RequestStore(tmp_path)
    keep_requests(store, IDS)
    keep_requests(store, ["b-2"], attempt=2)
    (tmp_path / "job_1" / "2.db").write_bytes(b"no")
    with store.reader("job_1", 2) as reader:
        assert list(reader.custom_ids()) == ["b-2"]


def test_without_bodies_there_is_nothing_to_build_it_from(tmp_path: Path) -> None:
    store = RequestStore(tmp_path)
    keep_requests(store, IDS)
    for path in (tmp_path / "job_1").iterdir():
        path.unlink()
    with pytest.raises(StorageError, match="not stored"):
        store.reader("job_1")
