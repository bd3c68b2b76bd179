"""Take the results of one batch to the disk as they come: `ResultDownload`, held by one process at a time."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Self

from batchtui.domain.errors import StorageError
from batchtui.registry.database.storage_hints import storage_hint
from batchtui.registry.requests.writer import index_name
from batchtui.runtime.fsync import sync_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batchtui.registry.requests.store import RequestReader
    from batchtui.registry.results.index import Indexing
    from batchtui.registry.results.summary import ResultSummary


@dataclass(frozen=True, slots=True)
class ResultPaths:
    """Where the results of one batch lie."""

    raw: Path
    """The lines as they came; there only when they are whole."""
    index: Path
    part: Path
    """What has come so far; becomes `raw`."""
    new_index: Path
    """The index while it is built; becomes `index`."""
    aside: Path
    """What once was `raw`, and was truncated or changed on this disk."""


class DownloadBusy(Exception):
    """Another process or task is fetching these results."""


class ResultDownload:
    """What results are written to as they come, bytes and index in one pass; held by one writer at a time.

    The lock is the kernel's, so it ends with the process however that ends, and a process that was stopped for an hour
    still has it.

    The API documents no way to go on in the middle, so a second try starts over: what is already here is compared and
    not written again, and from the first difference on it is replaced. A try that breaks off early takes nothing away.
    """

    def __init__(self, paths: ResultPaths, begin_index: Callable[[ResultPaths], Indexing]) -> None:
        self._paths = paths
        self._file = _lock(paths.part)
        try:
            self._index = begin_index(paths)
        except BaseException:
            self._file.close()
            raise
        self._known = os.fstat(self._file.fileno()).st_size
        self._is_committed = False
        self._crc = 0
        self.position = 0
        """Bytes that came in this try."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return max(self._known, self.position)

    @property
    def digest(self) -> str:
        """Of the results that were committed, with the time of their file."""
        return f"crc32:{self._crc:08x}:{os.fstat(self._file.fileno()).st_mtime_ns}"

    def write(self, block: bytes) -> None:
        """Take the next bytes, and index them: blocking, for a thread.

        Raises:
            StorageError: where the disk refuses; what came before stays.
        """
        try:
            self._keep(block)
            self._crc = zlib.crc32(block, self._crc)
            self._index.feed(block)
        except (OSError, sqlite3.Error) as error:
            raise storage_refused(error) from error

    def finish(self, requests: RequestReader | None = None, part: int = 1) -> ResultSummary:
        """Complete the index after the API has ended the stream; cut off what an earlier try left beyond its end.

        Blocking.

        Args:
            requests: what was sent, to compare custom_ids with.
            part: the part of it that these results answer.

        Raises:
            StorageError: where the disk refuses.
        """
        sent = (requests.folder / index_name(requests.attempt), part) if requests else None
        try:
            # A second try that brought fewer bytes must not end in lines of the first.
            self._file.truncate(self.position)
            self._known = self.position
            return self._index.finish(sent)
        except (OSError, sqlite3.Error) as error:
            raise storage_refused(error) from error

    def _keep(self, block: bytes) -> None:
        # What an earlier try has left is compared, not trusted: the API promises no order of results.
        if self.position < self._known:
            if self._file.read(len(block)) == block:
                self.position += len(block)
                return
            self._known = self.position
            self._file.seek(self.position)
            self._file.truncate()
        # Unbuffered files may take less than they are given.
        view = memoryview(block)
        while view:
            written = self._file.write(view)
            self.position += written
            view = view[written:]

    def sync(self) -> None:
        """Bring the bytes to the disk: blocking, for a thread."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise storage_refused(error) from error

    def commit(self) -> None:
        """Give finished and synced results their names: the moment they are whole.

        The index comes first: results that are there are always results with an index of their own.

        Raises:
            StorageError: where the disk refuses.
        """
        paths = self._paths
        try:
            paths.new_index.replace(paths.index)
            paths.part.replace(paths.raw)
            self._is_committed = True
            # A rename is on the disk only when the folder is.
            sync_path(paths.raw.parent)
        except OSError as error:
            raise storage_refused(error) from error

    def close(self) -> None:
        """Close the files; an index that was not committed goes, and so does a file without a byte in it."""
        if self._file.closed:
            return
        if not self._is_committed:
            self._index.discard()
            if os.fstat(self._file.fileno()).st_size == 0:
                with suppress(OSError):
                    self._paths.part.unlink(missing_ok=True)
        self._file.close()


def _lock(path: Path) -> IO[bytes]:
    """Open and lock the file. Raises `BlockingIOError` while somebody else holds it, or has just renamed it."""
    file = os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR, 0o600), "r+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between open and flock the holder may have renamed the file: the lock would be on what is saved already.
        if not path.exists() or not os.path.samestat(os.fstat(file.fileno()), path.stat()):
            raise BlockingIOError
    except OSError:
        file.close()
        raise
    return file


def storage_refused(error: Exception) -> StorageError:
    """Return the error that says that the disk has refused to keep results."""
    return StorageError(f"The results could not be stored: {error}.", hint=storage_hint(error))
