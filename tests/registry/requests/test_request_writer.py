"""What a writer lays aside: the bodies as they will be sent, and an index that finds every request in them."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import StorageError
from batchtui.intake import CheckedRequest
from batchtui.registry.requests import writer as request_writer
from batchtui.registry.requests.writer import ROWS, RequestWriter, StagedRequests, index_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def requests_of(count: int) -> list[CheckedRequest]:
    """Requests of several files, lengths and models."""
    return [
        CheckedRequest(
            seq, f"r-{seq}", b'{"custom_id":"r-%d","params":{%b}}' % (seq, b" " * (seq * 37 % 90)), f"file-{seq // 40}",
            seq * 2, ("one", "two")[seq % 2], seq % 7 + 1, 1,
        )
        for seq in range(1, count + 1)
    ]  # fmt: skip


def laid_aside(folder: Path, parts: Sequence[Sequence[CheckedRequest]]) -> StagedRequests:
    """Write parts to their end."""
    writer = RequestWriter(folder)
    write(writer, parts)
    return writer.finish()


def write(writer: RequestWriter, parts: Sequence[Sequence[CheckedRequest]]) -> None:
    """Write parts, each in blocks as they come, one of them empty."""
    sizes = random.Random(len(parts))
    for part, requests in enumerate(parts, 1):
        left = list(requests)
        while left:
            size = sizes.choice((1, 2, ROWS - 1, ROWS * 3))
            writer.add(part, left[:size])
            writer.add(part, [])
            del left[:size]


@pytest.mark.parametrize("count", [1, ROWS - 1, ROWS, ROWS + 1, ROWS * 5 + 7])
@pytest.mark.parametrize("most", [1, 50, 1000])
def test_every_request_is_found_in_its_body(tmp_path: Path, count: int, most: int) -> None:
    requests = requests_of(count)
    parts = [requests[begin : begin + most] for begin in range(0, count, most)]
    staged = laid_aside(tmp_path / "aside", parts)
    bodies = [(staged.folder / plan.body).read_bytes() for plan in staged.parts]
    assert bodies == [b'{"requests":[' + b",".join([each.payload for each in part]) + b"]}" for part in parts]
    assert [(plan.requests, plan.bytes) for plan in staged.parts] == [
        (len(part), len(body)) for part, body in zip(parts, bodies, strict=True)
    ]
    query = (
        "SELECT seq, custom_id, part, offset, length, files.name, line, model, max_tokens"
        " FROM requests JOIN files ON files.id = file ORDER BY seq"
    )
    with closing(sqlite3.connect(staged.folder / index_name(1))) as index:
        rows = index.execute(query).fetchall()
    found = [
        CheckedRequest(seq, custom_id, bodies[part - 1][offset : offset + length], file, line, model, max_tokens, 1)
        for seq, custom_id, part, offset, length, file, line, model, max_tokens in rows
    ]
    assert found == requests


def test_the_fingerprint_is_that_of_the_requests_however_they_are_cut(tmp_path: Path) -> None:
    requests = requests_of(30)
    expected = hashlib.sha256(b"".join([b"," + each.payload for each in requests])).hexdigest()
    assert laid_aside(tmp_path / "one", [requests]).fingerprint == expected
    assert laid_aside(tmp_path / "two", [requests[:7], requests[7:]]).fingerprint == expected


def test_a_custom_id_that_stands_twice_is_named_with_its_places(tmp_path: Path) -> None:
    requests = [each._replace(custom_id=f"r-{each.seq % 99}") for each in requests_of(101)]
    staged = laid_aside(tmp_path / "aside", [requests])
    assert staged.has_duplicates
    assert list(staged.duplicates()) == [("r-1", [1, 100]), ("r-2", [2, 101])]
    assert not laid_aside(tmp_path / "other", [requests[:99]]).has_duplicates


@pytest.mark.long
def test_an_index_that_the_disk_refuses_is_said_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_room = request_writer._ALL_AT_ONCE
    monkeypatch.setattr(request_writer, "_ALL_AT_ONCE", f"{with_room} PRAGMA max_page_count = 5;")
    writer, requests = RequestWriter(tmp_path / "aside"), requests_of(20_000)
    with pytest.raises(StorageError, match="full"):
        write(writer, [requests])
    writer.discard()
    assert not (tmp_path / "aside").exists()
