"""What is written straight to the disk is what comes back, on file systems that offer it and on those that do not."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.registry.requests.direct_file import BLOCK, CHUNK, DirectFile, page_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LENGTHS = (0, 1, BLOCK, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + BLOCK + 1)


def refuse_the_flag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a file system that says at once that it has no such thing."""
    original = fcntl.fcntl

    def refuse(fd: int, command: int, argument: int = 0) -> int:
        if command == fcntl.F_SETFL and argument & os.O_DIRECT:
            raise OSError(errno.EINVAL, "no")
        return original(fd, command, argument)

    monkeypatch.setattr(fcntl, "fcntl", refuse)


def mind_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a file system that takes the flag and refuses what comes then."""

    def minding(original: Callable[..., int]) -> Callable[..., int]:
        def refuse(fd: int, data: Any) -> int:
            if fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_DIRECT:
                raise OSError(errno.EINVAL, "no")
            return original(fd, data)

        return refuse

    monkeypatch.setattr(os, "write", minding(os.write))
    monkeypatch.setattr(os, "readv", minding(os.readv))


def as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be whatever this machine has."""


def memory_of(data: bytes) -> memoryview:
    memory = page_memory(max(len(data), 1))
    memory[: len(data)] = data
    return memoryview(memory)[: len(data)]


def write(path: Path, pieces: Sequence[bytes]) -> None:
    file = DirectFile.create(path)
    for piece in pieces:
        file.write(memory_of(piece))
    file.sync()
    file.close()


def read(path: Path) -> bytes:
    file = DirectFile.read_from(path)
    chunks = list(iter(file.read, b""))
    file.close()
    return b"".join(chunks)


@pytest.mark.parametrize("be", [as_it_is, refuse_the_flag, mind_later])
@pytest.mark.parametrize("length", LENGTHS)
def test_written_bytes_are_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, be: Callable[[pytest.MonkeyPatch], None], length: int
) -> None:
    be(monkeypatch)
    data = os.urandom(length)
    write(tmp_path / "body", [data[:BLOCK], data[BLOCK : 3 * BLOCK], data[3 * BLOCK :]])
    assert (tmp_path / "body").read_bytes() == data
    assert read(tmp_path / "body") == data


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        DirectFile.create(tmp_path / "body")
    assert (tmp_path / "body").read_bytes() == b"mine"


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    write(tmp_path / "body", [b"x"])
    assert (tmp_path / "body").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_said() -> None:
    file = DirectFile(Path("/dev/full"), os.O_WRONLY)
    with pytest.raises(OSError, match="No space left"):
        file.write(memory_of(b"x"))
    file.close()
