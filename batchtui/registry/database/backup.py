"""Copy the registry once a day, and rebuild a damaged one from the copy and from what can still be read of it.

The registry knows which batches were paid for and where their results are. A disk that flips bits, a full one or a
tool that empties files must not take that away: `back_up`, `repair`.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batchtui.domain.errors import RegistryDamaged, StorageError
from batchtui.registry.database.codecs import encode_time
from batchtui.registry.database.migrations import LATEST, STEPS, split_statements
from batchtui.registry.database.open_lock import OpenLock
from batchtui.registry.database.row_mapping import BATCH_SELECT, to_batch, to_job
from batchtui.registry.database.storage_hints import storage_hint
from batchtui.runtime.fsync import sync_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX = ".backup"
_RESTORED = "Planned or being sent when this registry was backed up; whether it was sent since then is unknown."
_NAMES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
_BACK_TO_UNKNOWN = (
    "UPDATE batches SET state = 'unknown', reason = ?, sends = max(sends, 1), submitted_at = coalesce(submitted_at, ?),"
    " lost_at = ?, not_before = NULL, sender = NULL, sender_until = NULL WHERE state IN ('planned', 'submitting')"
)


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair did."""

    was_damaged: bool
    batches: int = 0
    """Batches in the registry as it is now."""
    from_backup: datetime | None = None
    """When the copy was made that it was rebuilt from; None where there was none."""
    kept: Path | None = None
    """The damaged file, which was moved aside."""


def backup_path(path: Path) -> Path:
    """Return where the copy of a registry lies."""
    return path.with_name(path.name + SUFFIX)


def back_up(path: Path, now: datetime | None = None) -> None:
    """Copy the registry, checked, beside it; the former copy is replaced when the new one is whole. Blocking.

    `now` becomes the time of the copy's file, which tells when the next one is due.

    Raises:
        RegistryDamaged: the registry is damaged; the former copy stays.
        StorageError: the disk refuses.
    """
    target, part = backup_path(path), path.with_name(f"{path.name}{SUFFIX}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(part)) as copy,
        ):
            source.backup(copy, pages=4096)
            _refuse_damaged(copy, path)
            copy.execute("PRAGMA journal_mode = DELETE")
        if now is not None:
            os.utime(part, (now.timestamp(), now.timestamp()))
        sync_path(part)
        part.replace(target)
        sync_path(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"The registry {path} could not be backed up: {error}.", hint=storage_hint(error)) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def repair(path: Path, now: datetime) -> Repair:
    """Rebuild a damaged registry from its last copy and from every row that can still be read. Blocking.

    The damaged file is moved aside and kept. Parts that were not sent yet become `unknown`: what happened after the
    copy is not known, and nothing may be sent twice.

    Raises:
        StorageError: another process has the registry open, or the disk refuses.
    """
    lock = OpenLock(path)
    # Somebody who has the file open would go on writing to the one that is moved aside.
    lock.take_alone()
    try:
        return _repair(path, now)
    finally:
        lock.release()


def _repair(path: Path, now: datetime) -> Repair:
    if path.exists() and is_sound(path):
        return Repair(was_damaged=False, batches=_count(path))
    copy = backup_path(path)
    has_copy = copy.exists() and is_sound(copy)
    made = datetime.fromtimestamp(copy.stat().st_mtime, UTC) if has_copy else None
    new = path.with_name(f"{path.name}.{os.getpid()}.repaired")
    try:
        new.unlink(missing_ok=True)
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(new, isolation_level=None)) as target:
            if has_copy:
                with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as source:
                    source.backup(target)
            _to_latest(target, encode_time(now))
            if path.exists():
                _salvage(path, target)
            target.execute(_BACK_TO_UNKNOWN, (_RESTORED, encode_time(now), encode_time(now)))
            target.execute("DELETE FROM leases")
        sync_path(new)
        kept = _move_aside(path, now)
        new.replace(path)
        sync_path(path.parent)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"The registry {path} could not be repaired: {error}.", hint=storage_hint(error)) from error
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)
    return Repair(was_damaged=True, batches=_count(path), from_backup=made, kept=kept)


def is_sound(path: Path) -> bool:
    """Return whether SQLite finds a file whole and every batch and job of it can be read. Blocking."""
    try:
        if path.stat().st_size == 0:
            return False
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            file.row_factory = sqlite3.Row
            _refuse_damaged(file, path)
            for row in file.execute(BATCH_SELECT):
                to_batch(row)
            for row in file.execute("SELECT * FROM jobs"):
                to_job(row)
    except (OSError, sqlite3.Error, UnicodeDecodeError, StorageError, ValueError):
        return False
    return True


def _refuse_damaged(file: sqlite3.Connection, path: Path) -> None:
    found = file.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise RegistryDamaged.at(path, str(found))


def _to_latest(target: sqlite3.Connection, at: str) -> None:
    """Bring a copy, or an empty file, to the latest schema."""
    target.execute("PRAGMA synchronous = OFF")  # synced as a whole at the end
    target.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations"
        " (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT"
    )
    (version,) = target.execute("SELECT coalesce(max(version), 0) FROM schema_migrations").fetchone()
    for number in range(int(version), LATEST):
        name, script = STEPS[number]
        for statement in split_statements(script):
            target.execute(statement)
        target.execute("INSERT INTO schema_migrations VALUES (?, ?, ?)", (number + 1, name, at))


def _salvage(path: Path, target: sqlite3.Connection) -> None:
    """Write every row of the damaged file that can be read, and fits, over those of the copy."""
    try:
        damaged = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error:
        return
    with closing(damaged):
        tables = [row[0] for row in target.execute(_NAMES) if row[0] != "schema_migrations"]
        target.execute("PRAGMA foreign_keys = OFF")
        # Jobs first: a batch without its job would be shown nowhere.
        for table in sorted(tables, key=lambda name: (name != "jobs", name != "batches", name)):
            target.execute("BEGIN")
            for columns, values in _rows(damaged, table):
                _write(target, table, columns, values)
            target.execute("COMMIT")
        target.execute("DELETE FROM batches WHERE job_id NOT IN (SELECT id FROM jobs)")
        _drop_unreadable(target)


def _rows(damaged: sqlite3.Connection, table: str) -> Iterator[tuple[tuple[str, ...], tuple[object, ...]]]:
    """Yield the rows of a table from both of its ends, as far as they can be read."""
    for order in ("", " ORDER BY rowid DESC"):
        try:
            cursor = damaged.execute(f'SELECT * FROM "{table}"{order}')
            columns = tuple(column[0] for column in cursor.description)
            for row in cursor:
                yield columns, row
        except (sqlite3.Error, UnicodeDecodeError):
            continue
        return


def _write(target: sqlite3.Connection, table: str, columns: tuple[str, ...], values: tuple[object, ...]) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    with suppress(sqlite3.Error, UnicodeEncodeError):  # what does not fit the table is not whole
        target.execute(f'INSERT OR REPLACE INTO "{table}" ({names}) VALUES ({", ".join("?" * len(values))})', values)


def _drop_unreadable(target: sqlite3.Connection) -> None:
    """Delete rows with values that SQLite takes but that cannot be decoded: a time or a list that is none."""
    target.row_factory = sqlite3.Row
    for select, read, delete in (
        (BATCH_SELECT, to_batch, "DELETE FROM batches WHERE key = ?"),
        ("SELECT *, id AS key FROM jobs", to_job, "DELETE FROM jobs WHERE id = ?"),
    ):
        for row in target.execute(select).fetchall():
            try:
                read(row)
            except (StorageError, ValueError):
                target.execute(delete, (row["key"],))
    target.row_factory = None


def _move_aside(path: Path, now: datetime) -> Path | None:
    """Rename the damaged file and what belongs to it. Returns its new name; None where there is no file."""
    kept = path.with_name(f"{path.name}.damaged-{now:%Y%m%d-%H%M%S}")
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(kept.with_name(kept.name + suffix))
    try:
        path.rename(kept)
    except FileNotFoundError:
        return None
    return kept


def _count(path: Path) -> int:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
        return int(file.execute("SELECT count(*) FROM batches WHERE state <> 'deleted'").fetchone()[0])
