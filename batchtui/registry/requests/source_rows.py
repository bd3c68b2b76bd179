"""Keep the rows that a job's requests were composed from, and the jobs whose results these were: `SourceRowWriter`.

Requests hold a prompt and no columns. So compose writes the rows beside the names of changed ids (`original_ids`),
under a digest of the custom_ids in order and of what the first requests ask: whichever way the requests go to a
submission, as a file, through a pipe, with another model, `keep_with_job` finds them and puts them with the job's own.

Rows are compressed in blocks, by their place among the requests.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import sqlite3
import threading
import zlib
from collections import OrderedDict
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Self

from pydantic_core import from_json, to_json

from batchtui.domain.errors import StorageError
from batchtui.registry.database.storage_hints import storage_hint
from batchtui.registry.jobs.lineage_ids import LINEAGE_FILE, LineageIdWriter
from batchtui.registry.requests.store import RequestReader
from batchtui.registry.requests.writer import index_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from batchtui.registry.requests.writer import StagedRequests

ROWS_FILE = "rows.db"
"""Its name in the folder of the job's requests."""
ROWS_SUFFIX, IDS_SUFFIX = ".rows.db", ".lineage.db"
"""Ends of the names of both files before they belong to a job."""
BLOCK_ROWS, BLOCK_BYTES = 500, 256 << 10
"""Rows that are compressed together, and bytes of their JSON."""
BLOCKS_KEPT = 8
"""Blocks that a reader holds unpacked."""
PROVED = 16
"""Requests at the beginning whose content must be the same, whatever their model and limit."""
_SCHEMA = (
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE facts (document TEXT NOT NULL) STRICT;"
    " CREATE TABLE blocks (first INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT"
)
_AT_ONCE = 500
_FREE_PARAMS = ("model", "max_tokens")
"""What `submit` may change of every request."""


class SourceRowWriter:
    """Writes rows aside, in the order of their requests; `keep` gives the files their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder / f".{secrets.token_hex(6)}.part"
        self._ids_aside = folder / f".{secrets.token_hex(6)}.part"
        self._connection: sqlite3.Connection | None = None
        self._ids: LineageIdWriter | None = None
        self._proof = _Proof()
        self._digest = hashlib.sha256()
        self._count = 0
        self._columns: dict[str, None] = {}
        self._parents: dict[str, int] = {}
        self._block: list[bytes] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._ids is not None:
            self._ids.__exit__()
        if self._connection is not None:
            self._connection.close()
        for path in (self._aside, self._ids_aside):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def add(
        self, custom_id: str, payload: bytes, values: Mapping[str, Any], parents: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Note the row of the next request.

        Args:
            custom_id: of the request.
            payload: the request as it is written.
            values: the row, by the names of its columns.
            parents: ids of jobs and custom_ids there, whose results the row is.

        Raises:
            StorageError: the disk refuses.
        """
        self._proof.add(payload)
        self._digest.update(f"{custom_id}\n".encode())
        self._count += 1
        self._columns.update(dict.fromkeys(values))
        row = _encoded(values)
        self._block.append(row)
        self._size += len(row)
        if parents:
            self._note_parents(custom_id, parents)
        if len(self._block) >= BLOCK_ROWS or self._size >= BLOCK_BYTES:
            self._write_block()

    def _note_parents(self, custom_id: str, parents: Sequence[tuple[str, str]]) -> None:
        numbered = [(self._parents.setdefault(job, len(self._parents) + 1), parent_id) for job, parent_id in parents]
        # Ids that are those of the first parent need no row.
        if numbered == [(1, custom_id)]:
            return
        if self._ids is None:
            self._make_folder()
            self._ids = LineageIdWriter(self._ids_aside)
        self._ids.add((custom_id, number, parent_id) for number, parent_id in numbered)

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _refused(error) from error

    def _write_block(self) -> None:
        if not self._block:
            return
        try:
            if self._connection is None:
                self._make_folder()
                self._connection = sqlite3.connect(self._aside, isolation_level=None, check_same_thread=False)
                self._aside.chmod(0o600)
                self._connection.executescript(_SCHEMA)
                self._connection.execute("BEGIN")
            # Level 1: rows are text, and a million of them wait for this.
            data = zlib.compress(b"\n".join(self._block), 1)
            self._connection.execute("INSERT INTO blocks VALUES (?, ?)", (self._count - len(self._block) + 1, data))
        except (OSError, sqlite3.Error) as error:
            raise _refused(error) from error
        self._block, self._size = [], 0

    def keep(self) -> Path | None:
        """Keep what was noted. Returns where the rows are; None where there were none.

        Raises:
            StorageError: the disk refuses.
        """
        self._write_block()
        if self._connection is None:
            return None
        document = json.dumps({"columns": list(self._columns), "parents": list(self._parents)})
        name = _stem(self._count, self._digest.hexdigest(), self._proof.text())
        home = self._folder / f"{name}{ROWS_SUFFIX}"
        try:
            self._connection.execute("INSERT INTO facts VALUES (?)", (document,))
            self._connection.execute("COMMIT")
            self._connection.close()
            ids = home.with_name(f"{name}{IDS_SUFFIX}")
            if self._ids is not None:
                self._ids.finish().replace(ids)
                self._ids = None
            else:
                ids.unlink(missing_ok=True)
            self._aside.replace(home)
        except (OSError, sqlite3.Error) as error:
            raise _refused(error) from error
        self._connection = None
        return home


class SourceRows:
    """The rows that a job's requests were composed from. Its methods block; several threads may take turns."""

    def __init__(self, rows: Path, index: Path) -> None:
        """`index` is that of the first attempt's requests: it knows their places."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, tuple[int, list[bytes]]] = OrderedDict()
        try:
            self._rows, self._index = _open_to_read(rows), _open_to_read(index)
            document = json.loads(self._rows.execute("SELECT document FROM facts").fetchone()[0])
        except (sqlite3.Error, TypeError, ValueError) as error:
            raise StorageError(f"{rows} cannot be read: {error}.") from error
        self.columns: tuple[str, ...] = tuple(document["columns"])
        """In the order in which rows had them."""

    @classmethod
    def of(cls, job_folder: Path) -> Self | None:
        """Open the rows of a job; None where none are kept. Raises `StorageError`."""
        rows, index = job_folder / ROWS_FILE, job_folder / index_name(1)
        return cls(rows, index) if rows.is_file() and index.is_file() else None

    def close(self) -> None:
        """Close the files."""
        with self._lock:
            self._rows.close()
            self._index.close()

    def read(self, custom_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the rows of these custom_ids; ids that the job does not have are left out.

        Raises:
            StorageError: the disk refuses.
        """
        found: dict[str, dict[str, Any]] = {}
        with self._lock:
            try:
                for start in range(0, len(custom_ids), _AT_ONCE):
                    wanted = custom_ids[start : start + _AT_ONCE]
                    sql = f"SELECT seq, custom_id FROM requests WHERE custom_id IN ({','.join('?' * len(wanted))})"
                    places = self._index.execute(sql, wanted).fetchall()
                    # In order, so that a block is unpacked once.
                    for seq, custom_id in sorted(places):
                        if (row := self._at(seq)) is not None:
                            found[custom_id] = row
            except sqlite3.Error as error:
                raise StorageError(f"The rows of the requests cannot be read: {error}.") from error
        return found

    def stream(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield every custom_id with its row, in the order of the requests."""
        with closing(self._index.cursor()) as cursor:
            for seq, custom_id in cursor.execute("SELECT seq, custom_id FROM requests ORDER BY seq"):
                with self._lock:
                    row = self._at(seq)
                if row is not None:
                    yield custom_id, row

    def _at(self, seq: int) -> dict[str, Any] | None:
        for first, (count, lines) in self._kept.items():
            if first <= seq < first + count:
                self._kept.move_to_end(first)
                return _decoded(lines[seq - first])
        found = self._rows.execute(
            "SELECT first, data FROM blocks WHERE first <= ? ORDER BY first DESC LIMIT 1", (seq,)
        ).fetchone()
        if found is None:
            return None
        first, lines = found[0], zlib.decompress(found[1]).split(b"\n")
        if seq >= first + len(lines):
            return None
        self._kept[first] = (len(lines), lines)
        if len(self._kept) > BLOCKS_KEPT:
            self._kept.popitem(last=False)
        return _decoded(lines[seq - first])


def keep_with_job(folder: Path, staged: StagedRequests) -> tuple[str, ...]:
    """Put the rows that requests were composed from with the staged requests. Returns the ids of their parent jobs.

    Costs nothing where nothing of as many requests was ever composed. Blocking.

    Args:
        folder: where compose leaves rows (`Paths.originals`).
        staged: the requests of a new job.

    Raises:
        StorageError: the disk refuses.
    """
    if staged.attempt != 1 or not folder.is_dir() or not any(folder.glob(f"{staged.requests}-*{ROWS_SUFFIX}")):
        return ()
    proof, digest = _Proof(), hashlib.sha256()
    with RequestReader(staged.folder, staged.attempt) as requests:
        for facts in requests.page(range(1, PROVED + 1)):
            proof.add(requests.read(facts))
        for custom_id in requests.custom_ids():
            digest.update(f"{custom_id}\n".encode())
    stem = _stem(staged.requests, digest.hexdigest(), proof.text())
    found = folder / f"{stem}{ROWS_SUFFIX}"
    if not found.is_file():
        return ()
    try:
        # Copied: the same file may be submitted once more.
        shutil.copyfile(found, staged.folder / ROWS_FILE)
        if (ids := folder / f"{stem}{IDS_SUFFIX}").is_file():
            shutil.copyfile(ids, staged.folder / LINEAGE_FILE)
        with closing(_open_to_read(found)) as rows:
            return tuple(json.loads(rows.execute("SELECT document FROM facts").fetchone()[0])["parents"])
    except (OSError, sqlite3.Error) as error:
        raise _refused(error) from error


class _Proof:
    """A digest of what the first requests ask."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._left = PROVED

    def add(self, payload: bytes) -> None:
        if self._left:
            self._left -= 1
            request = json.loads(payload)
            params = {key: value for key, value in request["params"].items() if key not in _FREE_PARAMS}
            self._digest.update(json.dumps(params, sort_keys=True).encode() + b"\n")

    def text(self) -> str:
        return self._digest.hexdigest()[:16]


def _open_to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)


def _stem(count: int, ids: str, proof: str) -> str:
    return f"{count}-{ids[:32]}-{proof}"


def _encoded(values: Mapping[str, Any]) -> bytes:
    try:
        return to_json(values, fallback=str, bytes_mode="base64", inf_nan_mode="null")
    except ValueError:  # half a surrogate pair, which JSON can say only escaped
        return json.dumps(values, default=str).encode()


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        row = from_json(line)
    except ValueError:
        row = json.loads(line)
    return row if isinstance(row, dict) else {}


def _refused(error: Exception) -> StorageError:
    return StorageError(f"The rows of the requests could not be stored: {error}.", hint=storage_hint(error))
