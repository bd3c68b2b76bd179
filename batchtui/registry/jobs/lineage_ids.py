"""Store which custom_ids of a parent a job's custom_ids stand for, where they differ: `LineageIdWriter`, `LineageIds`.

It is a file of its own in the folder of the job's requests, since a job may have a million: they are written before the
job is planned, moved with its requests, and deleted with them. A job without this file has the ids of its parent.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Self

from batchtui.domain.errors import StorageError
from batchtui.registry.database.storage_hints import storage_hint

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

LINEAGE_FILE = "lineage.db"
"""Its name in the folder of the job's requests. No attempt is called so (`index_name`)."""
_SCHEMA = (
    "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; CREATE TABLE ids (custom_id TEXT NOT NULL,"
    " parent INTEGER NOT NULL, parent_id TEXT NOT NULL, PRIMARY KEY (custom_id, parent, parent_id))"
    " STRICT, WITHOUT ROWID"
)
_AT_ONCE = 500


class LineageIdWriter:
    """Writes the file. It belongs to one thread; without `finish` nothing is kept."""

    def __init__(self, path: Path) -> None:
        """Begin a file. Raises `StorageError`."""
        self.path = path
        try:
            path.unlink(missing_ok=True)
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            path.chmod(0o600)
            self._connection.executescript(_SCHEMA)
            self._connection.execute("BEGIN")
        except (OSError, sqlite3.Error) as error:
            raise _refused(error) from error
        self._is_finished = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._connection.close()
        if not self._is_finished:
            self.path.unlink(missing_ok=True)

    def add(self, rows: Iterable[tuple[str, int, str]]) -> None:
        """Note a custom_id of the child, the number of a parent from 1, and a custom_id there, any number of times.

        Raises:
            StorageError: the disk refuses.
        """
        try:
            self._connection.executemany("INSERT OR IGNORE INTO ids VALUES (?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise _refused(error) from error

    def finish(self) -> Path:
        """Keep what was noted. Returns where it is. Raises `StorageError`."""
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _refused(error) from error
        self._is_finished = True
        return self.path


class LineageIds:
    """Reads what a job's custom_ids stand for. Its methods block; it may be used from several threads in turn."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raises `StorageError`."""
        try:
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise StorageError(f"{path} cannot be read: {error}.") from error

    @classmethod
    def of(cls, job_folder: Path) -> Self | None:
        """Open the file of a job; None where its ids are those of its parent."""
        path = job_folder / LINEAGE_FILE
        return cls(path) if path.is_file() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def parents_of(self, custom_ids: Sequence[str]) -> dict[str, list[tuple[int, str]]]:
        """Return the number of the parent and the custom_id there of each id, several where a request had several."""
        found: dict[str, list[tuple[int, str]]] = {}
        for start in range(0, len(custom_ids), _AT_ONCE):
            wanted = custom_ids[start : start + _AT_ONCE]
            marks = ",".join("?" * len(wanted))
            sql = f"SELECT * FROM ids WHERE custom_id IN ({marks}) ORDER BY custom_id, parent, parent_id"
            with closing(self._connection.execute(sql, wanted)) as rows:
                for custom_id, parent, parent_id in rows:
                    found.setdefault(custom_id, []).append((parent, parent_id))
        return found


def _refused(error: Exception) -> StorageError:
    return StorageError(
        f"The ids of the parent's results could not be stored: {error}.",
        hint=f"Nothing was sent. {storage_hint(error)}",
    )
