"""Build a missing or damaged index of stored requests again from their bodies: `ensure_index`.

The bodies are what was sent and paid for, and are synced; the index over them is only a way to find a request. Without
one a retry, an export with requests and the comparison of custom_ids would fail although nothing is lost.
"""

from __future__ import annotations

import json
import logging
import mmap
import os
import re
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import StorageError
from batchtui.registry.database.storage_hints import storage_hint
from batchtui.registry.requests.body_writer import HEAD
from batchtui.registry.requests.writer import INDEX_SCHEMA, index_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_log = logging.getLogger(__name__)
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}]', re.DOTALL)
"""A whole string, or a brace outside of one: what tells where a request ends."""
_TAKE_COPIES = """
CREATE TEMP TABLE copies AS
 SELECT min(seq) AS first, max(seq) AS last FROM requests GROUP BY custom_id HAVING count(*) > 1;
UPDATE requests SET (part, offset) =
 (SELECT r.part, r.offset FROM copies AS c JOIN requests AS r ON r.seq = c.last WHERE c.first = requests.seq)
 WHERE seq IN (SELECT first FROM copies);
DELETE FROM requests WHERE seq IN (SELECT last FROM copies)
"""
"""Where answers are reused, the first bodies hold the whole input in its order, and later ones hold copies of what was
sent (see `ReuseSplit`): a request has its place in the order from the first and its part from the last."""
_CHECKED: set[tuple[str, int, int]] = set()
"""Indexes that were read through in this process: path, size and time."""


def ensure_index(folder: Path, attempt: int) -> None:
    """Make sure that the index of an attempt can be read; build it again from the bodies where it cannot. Blocking.

    An index is read through once for each process, which takes some 30 ms for 100,000 requests.

    Raises:
        StorageError: there are no bodies to build it from, or they or the disk cannot be read.
    """
    path = folder / index_name(attempt)
    try:
        stamp = _stamp(path)
        if stamp in _CHECKED:
            return
        if not _is_readable(path):
            _rebuild(folder, attempt)
            stamp = _stamp(path)
    except (OSError, sqlite3.Error, ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"The index of the requests of {folder.name} is damaged and cannot be built again: {error}.",
            hint=storage_hint(error) if isinstance(error, OSError) else "Restore the folder from a backup.",
        ) from error
    if stamp is not None:
        _CHECKED.add(stamp)


def _stamp(path: Path) -> tuple[str, int, int] | None:
    with suppress(FileNotFoundError):
        facts = path.stat()
        return str(path), facts.st_size, facts.st_mtime_ns
    return None


def _is_readable(path: Path) -> bool:
    """Return whether every row can be read, and table and index agree on how many there are."""
    if not path.exists() or not path.stat().st_size:
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as index:
            # All columns of the table, so that each of its pages is read; then the other tree.
            (rows, *_) = index.execute(
                "SELECT count(seq), sum(length(custom_id)), sum(part), sum(offset), sum(length), sum(file), sum(line),"
                " sum(length(model)), sum(max_tokens) FROM requests NOT INDEXED"
            ).fetchone()
            (named,) = index.execute(
                "SELECT count(custom_id) FROM requests INDEXED BY requests_by_custom_id"
            ).fetchone()
            index.execute("SELECT count(name) FROM files").fetchone()
    except sqlite3.DatabaseError as error:
        _log.warning("the index %s cannot be read: %s", path, error)
        return False
    return bool(rows == named)


def _rebuild(folder: Path, attempt: int) -> None:
    """Read every body of an attempt and write a new index in place of the old one."""
    bodies = _bodies(folder, attempt)
    if not bodies:
        raise StorageError(f"The requests of {folder.name} are not stored.")
    new = folder / f"{index_name(attempt)}.{os.getpid()}.new"
    try:
        new.unlink(missing_ok=True)
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(new, isolation_level=None)) as index:
            index.executescript("PRAGMA journal_mode = OFF;" + INDEX_SCHEMA)
            index.execute("BEGIN")
            index.executemany(
                "INSERT INTO requests (seq, custom_id, part, offset, length, file, line, model, max_tokens)"
                " VALUES (?, ?, ?, ?, ?, 0, NULL, ?, ?)",
                ((seq, *row) for seq, row in enumerate(_rows(bodies), 1)),
            )
            index.execute("CREATE INDEX requests_by_custom_id ON requests(custom_id)")
            for statement in _TAKE_COPIES.split(";"):
                index.execute(statement)
            index.execute("COMMIT")
        new.replace(folder / index_name(attempt))
    finally:
        new.unlink(missing_ok=True)
    _log.warning("the index of the requests of %s, attempt %d, was built again from their bodies", folder.name, attempt)


def _bodies(folder: Path, attempt: int) -> list[tuple[int, Path]]:
    """Return the bodies of an attempt, by the numbers of their parts."""
    named = re.compile(rf"{attempt}-(\d{{4,}})\.json")
    found = ((named.fullmatch(path.name), path) for path in folder.glob(f"{attempt}-*.json"))
    return sorted((int(match[1]), path) for match, path in found if match)


def _rows(bodies: list[tuple[int, Path]]) -> Iterator[tuple[Any, ...]]:
    """Yield custom_id, part, offset, length, model and max_tokens of each request, in the order of the input."""
    for part, path in bodies:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as body:
            for start, end in _places(body):
                request = json.loads(body[start:end])
                params = request["params"]
                model, limit = params.get("model"), params.get("max_tokens")
                yield (
                    str(request["custom_id"]), part, start, end - start,
                    model if isinstance(model, str) else None, limit if isinstance(limit, int) else None,
                )  # fmt: skip


def _places(body: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Yield where each request of a body begins and ends."""
    depth, start = 0, 0
    for token in _TOKEN.finditer(body, len(HEAD)):
        sign = token[0]
        if sign == b"{":
            start = token.start() if depth == 0 else start
            depth += 1
        elif sign == b"}" and depth:
            depth -= 1
            if depth == 0:
                yield start, token.end()
