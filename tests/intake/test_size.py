"""Memory stays the same however large the input is, and hostile lines cost neither time nor memory."""

from __future__ import annotations

import gzip
import io
import json
import time
import tracemalloc
from typing import TYPE_CHECKING, BinaryIO, cast

import pytest

from batchtui.intake import Intake
from tests.intake.builders import check_bytes, lines, options, request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEGABYTE = 1_000_000


class Stream(io.RawIOBase):
    """Requests without end, made as they are read: opening, then records until the size is reached, then closing."""

    def __init__(self, opening: bytes, record: bytes, between: bytes, closing: bytes, size: int) -> None:
        self._source = self._pieces(opening, record, between, closing, size)

    @staticmethod
    def _pieces(opening: bytes, record: bytes, between: bytes, closing: bytes, size: int) -> Iterator[bytes]:
        if opening:
            yield opening
        block, written = (record + between) * 200, 0
        while written < size:
            yield block
            written += len(block)
        yield record + closing

    def read(self, size: int = -1) -> bytes:
        return next(self._source, b"")


RECORD = json.dumps(request("same", messages=[{"role": "user", "content": 'x "quoted" {[ \n' * 100}])).encode()


@pytest.mark.long
@pytest.mark.parametrize(
    ("opening", "between", "closing"), [(b"", b"\n", b"\n"), (b"[", b",\n", b"]"), (b'{"requests": [', b",", b"]}")]
)
def test_memory_does_not_grow_with_the_input(opening: bytes, between: bytes, closing: bytes) -> None:
    stream = Stream(opening, RECORD, between, closing, 50 * MEGABYTE)
    intake = Intake(["-"], options(), cast("BinaryIO", stream))
    tracemalloc.start()
    try:
        count = sum(len(block) for block in intake.blocks())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == intake.report().requests > 20_000
    assert intake.report().errors == 0
    assert peak < 12 * MEGABYTE


def test_a_long_string_is_read_once(tmp_path: Path) -> None:
    said = [{"role": "user", "content": "a\\\n" * 3 * MEGABYTE}]
    started = time.perf_counter()
    good, _ = check_bytes(tmp_path, json.dumps([request("a", messages=said), request("b")]).encode())
    assert [each.custom_id for each in good] == ["a", "b"]
    assert time.perf_counter() - started < 3


def test_deep_nesting_is_refused_without_falling_over(tmp_path: Path) -> None:
    for content in (
        b'{"custom_id": ' + b'{"a":' * 10_000 + b"\n",
        b"[" * 10_000,
        b'[{"a":' + b"[" * 10_000 + b"]" * 10_000,
    ):
        _, report = check_bytes(tmp_path, content)
        assert report.errors == 1


def test_a_bomb_of_gzip_stays_small() -> None:
    bomb = io.BytesIO(gzip.compress(b"\n" * 40 * MEGABYTE))
    intake = Intake(["-"], options(), bomb)
    tracemalloc.start()
    try:
        assert list(intake.blocks()) == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * MEGABYTE


def test_faulty_lines_are_explained_quickly(tmp_path: Path) -> None:
    content = lines(*[request(f"r.{i}", temperature=1, colour=i) for i in range(5000)])
    started = time.process_time()
    _, report = check_bytes(tmp_path, content)
    assert (report.errors, report.warnings) == (15_000, 0)
    assert time.process_time() - started < 2
