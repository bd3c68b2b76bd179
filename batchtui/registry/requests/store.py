"""Keep the requests of each job in a folder: for sending, retrying and joining with results."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import sqlite3
from array import array
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Self

from batchtui.domain.errors import StorageError
from batchtui.domain.submission.request import RequestFacts
from batchtui.registry.requests.direct_file import DirectFile
from batchtui.registry.requests.writer import RequestWriter, StagedRequests, body_name, index_name

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
    from pathlib import Path

CHUNKS_AHEAD = 3
"""Chunks of a body that are read ahead while it is sent."""
STAGING = ".staging-"


@dataclass(frozen=True, slots=True)
class StoredBody:
    """A body on the disk, ready to be sent."""

    path: Path
    length: int

    async def chunks(self) -> AsyncIterator[bytes]:
        """Read the body from beginning to end.

        Raises:
            StorageError: where it is not as long as it was when it was planned.
        """
        sent = 0
        async with aclosing(_read_ahead(self.path)) as chunks:
            async for chunk in chunks:
                sent += len(chunk)
                yield chunk
        if sent != self.length:
            raise StorageError(f"{self.path} has {sent} bytes, {self.length} were planned.")


async def _read_ahead(path: Path) -> AsyncGenerator[bytes, None]:
    """Read a file chunk by chunk, a few of them ahead, so that the disk works while the network does."""
    disk = ThreadPoolExecutor(1, thread_name_prefix="body-reader")
    file = DirectFile.read_from(path)
    try:
        ahead = deque(disk.submit(file.read) for _ in range(CHUNKS_AHEAD))
        while chunk := await asyncio.wrap_future(ahead.popleft()):
            ahead.append(disk.submit(file.read))
            yield chunk
    finally:
        # At most one read is under way; it ends by itself.
        disk.shutdown(cancel_futures=True)
        file.close()


class RequestStore:
    """Keeps bodies and indexes of requests. What became of the requests is in the database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new_folder(self) -> Path:
        """Name a folder aside for a writer, which makes it; nothing in it counts until `commit`."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.folder / f"{STAGING}{secrets.token_hex(6)}"

    def writer(self, attempt: int = 1) -> RequestWriter:
        """Open a writer into a folder aside."""
        return RequestWriter(self.new_folder(), attempt)

    def commit(self, staged: StagedRequests, job_id: str) -> None:
        """Move what was staged to its job. Its rows in the registry are committed after, so that no row lacks its body.

        What a later attempt that died before its rows were committed has left there is replaced.

        Raises:
            StorageError: where the disk refuses.
        """
        home = self.folder / job_id
        try:
            # One rename for a new job: its folder is never there in part.
            if not home.exists():
                staged.folder.rename(home)
            else:
                for path in sorted(staged.folder.iterdir()):
                    path.rename(home / path.name)
                staged.folder.rmdir()
        except OSError as error:
            raise StorageError(f"The requests of {job_id} could not be stored: {error}.") from error

    def discard(self, staged: StagedRequests) -> None:
        """Throw away what was staged."""
        shutil.rmtree(staged.folder, ignore_errors=True)

    def body(self, job_id: str, name: str, length: int) -> StoredBody:
        """Find the body of a part.

        Raises:
            StorageError: where it is gone, or not as long as it was planned.
        """
        path = self.folder / job_id / name
        try:
            actual = path.stat().st_size
        except OSError as error:
            raise StorageError(f"The stored requests of {job_id} are missing: {path}.") from error
        # Sent shorter or longer, it would not be what its Content-Length says.
        if actual != length:
            raise StorageError(
                f"{path} has {actual} bytes, {length} were planned. The file was damaged, so it was not sent."
            )
        return StoredBody(path, length)

    def has(self, job_id: str) -> bool:
        """Return whether requests of this job are kept."""
        return (self.folder / job_id).is_dir()

    def reader(self, job_id: str, attempt: int = 1) -> RequestReader:
        """Open the requests of one attempt of a job; the first attempt holds every request of the input.

        An index that is missing or damaged is built again from the bodies.

        Raises:
            StorageError: where they are not kept, or cannot be read.
        """
        # Imported here: a list of batches opens no requests.
        from batchtui.registry.requests.index_rebuild import ensure_index

        if self.has(job_id):
            ensure_index(self.folder / job_id, attempt)
        return RequestReader(self.folder / job_id, attempt)


class RequestReader:
    """The requests of one attempt, found by custom_id or read in the order of the input. Used from one thread."""

    def __init__(self, folder: Path, attempt: int) -> None:
        path = folder / index_name(attempt)
        if not path.exists():
            raise StorageError(f"The requests of {folder.name} are not stored.")
        self.folder = folder
        self.attempt = attempt
        self._index = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self._bodies: dict[int, BinaryIO] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the index and the bodies."""
        self._index.close()
        for body in self._bodies.values():
            body.close()
        self._bodies.clear()

    def count(self, part: int | None = None) -> int:
        """Return how many requests there are, in all or in one part."""
        where = "" if part is None else " WHERE part = ?"
        row = self._index.execute(
            f"SELECT count(*) FROM requests{where}",
            () if part is None else (part,),
        ).fetchone()
        return int(row[0])

    def parts(self) -> list[int]:
        """Return the numbers of the parts, in order."""
        return [row[0] for row in self._index.execute("SELECT DISTINCT part FROM requests ORDER BY part")]

    def find(self, custom_id: str) -> bytes | None:
        """Return the request with this custom_id as it was sent: one JSON object."""
        facts = self.facts(custom_id)
        return self.read(facts) if facts else None

    def facts(self, custom_id: str) -> RequestFacts | None:
        """Return what the index knows of the request with this custom_id.

        Raises:
            StorageError: the index cannot be read.
        """
        try:
            row = self._index.execute(f"{_SELECT} WHERE custom_id = ?", (custom_id,)).fetchone()
        except UnicodeEncodeError:  # half a surrogate pair is in no request that was sent
            return None
        except sqlite3.Error as error:
            raise StorageError(f"The index of the requests of {self.folder.name} cannot be read: {error}.") from error
        return RequestFacts(*row) if row else None

    def page(self, seqs: Sequence[int]) -> list[RequestFacts]:
        """Return what the index knows of the requests at these places of the input, in this order."""
        marks = ",".join("?" * len(seqs))
        found = {row[0]: row for row in self._index.execute(f"{_SELECT} WHERE seq IN ({marks})", tuple(seqs))}
        return [RequestFacts(*found[seq]) for seq in seqs if seq in found]

    def in_order(self, part: int | None = None) -> Iterator[RequestFacts]:
        """All requests in the order of the input, as they are asked for."""
        where, values = ("", ()) if part is None else (" WHERE part = ?", (part,))
        for row in self._index.execute(f"{_SELECT}{where} ORDER BY seq", values):
            yield RequestFacts(*row)

    def max_tokens(self, part: int) -> dict[str, int]:
        """Return the sum of max_tokens over the requests of a part, by the model that they ask for."""
        rows = self._index.execute(
            "SELECT model, sum(max_tokens) FROM requests WHERE part = ? AND model IS NOT NULL GROUP BY model", (part,)
        )
        return {model: tokens for model, tokens in rows if tokens}

    def custom_ids(self, part: int | None = None) -> Iterator[str]:
        """All custom_ids in the order of the input, as they are asked for."""
        where, values = ("", ()) if part is None else (" WHERE part = ?", (part,))
        for row in self._index.execute(f"SELECT custom_id FROM requests{where} ORDER BY seq", values):
            yield row[0]

    def line_starts(self, part: int) -> tuple[array[int], int]:
        """Return where each request of a part begins in its body, in their order, and where the last one ends."""
        starts, end = array("Q"), 0
        sql = "SELECT offset, length FROM requests WHERE part = ? ORDER BY offset"
        for offset, length in self._index.execute(sql, (part,)):
            starts.append(offset)
            end = offset + length
        return starts, end

    def read(self, facts: RequestFacts) -> bytes:
        """Return the bytes of one request, as they were sent."""
        body = self._bodies.get(facts.part)
        if body is None:
            body = self._bodies[facts.part] = (self.folder / body_name(self.attempt, facts.part)).open("rb")
        body.seek(facts.offset)
        return body.read(facts.length)

    def file_of(self, seq: int) -> str:
        """Return the name of the file in which the request at this place of the input stood."""
        row = self._index.execute(
            "SELECT name FROM files WHERE id = (SELECT file FROM requests WHERE seq = ?)", (seq,)
        ).fetchone()
        return str(row[0]) if row else ""


_SELECT = "SELECT seq, custom_id, part, offset, length, line, model, max_tokens FROM requests"
