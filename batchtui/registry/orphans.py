"""Find and remove files of requests and results that nothing refers to any more: `OrphanedFiles`."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batchtui.registry.requests.source_rows import IDS_SUFFIX, ROWS_SUFFIX
from batchtui.registry.requests.store import STAGING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

_ATTEMPT = re.compile(r"([1-9]\d*)(?:\.db|-\d{4,}\.json)")
_RESULT = re.compile(r"([1-9]\d*)-[A-Za-z0-9_-]*\.(jsonl|db)(\.part|\.damaged)?")
_SALVAGE = re.compile(r"[1-9]\d*-[A-Za-z0-9_-]*\.jsonl(?:\.part|\.damaged)?\.salvage\.db(?:\.part)?")


@dataclass(frozen=True, slots=True)
class OrphanedFiles:
    """Files that belong together and can be removed together."""

    kind: str
    """staging, requests, attempt, download, index, damaged, registry-damaged, half-names or names."""
    name: str
    """Of the folder or file, as a person finds it."""
    paths: tuple[Path, ...]
    """Files, or one folder."""
    bytes: int
    changed_at: datetime
    """When the newest of it was last written or moved."""


def orphaned_requests(folder: Path, attempts: Mapping[str, Collection[int]]) -> Iterator[OrphanedFiles]:
    """Yield staged requests, folders of jobs that the registry does not know, and attempts that it does not know.

    Args:
        folder: of the request store.
        attempts: of every job of the registry.
    """
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not path.is_dir() or path.is_symlink():
            continue
        if path.name.startswith(STAGING):
            yield _leftover("staging", path.name, path)
        elif path.name.startswith("job_") and path.name not in attempts:
            yield _leftover("requests", path.name, path)
        elif path.name in attempts:
            yield from _left_attempts(path, attempts[path.name])


def orphaned_results(folder: Path, saved: Collection[int]) -> Iterator[OrphanedFiles]:
    """Yield what downloads and indexing left behind of results that are saved whole.

    Files of batches that are unknown, or whose results are not saved, are not among them.
    """
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if _SALVAGE.fullmatch(path.name):
            yield _leftover("index", path.name, path)
        found = _RESULT.fullmatch(path.name)
        if found is None or int(found[1]) not in saved or not path.is_file():
            continue
        raw = path.with_name(path.name.removesuffix(found[3] or "").removesuffix(f".{found[2]}") + ".jsonl")
        # Without the whole file beside it a half one, or a damaged one, may be all there is of the results.
        if found[3] and raw.exists():
            kind = "download" if found[2] == "jsonl" else "index"
            yield _leftover("damaged" if found[3] == ".damaged" else kind, path.name, path)


def damaged_results(folder: Path, saved: Collection[int]) -> Iterator[OrphanedFiles]:
    """Yield what is left of results that were damaged on this disk and never fetched again."""
    for path in sorted(folder.glob("*.jsonl.damaged")) if folder.is_dir() else ():
        found = _RESULT.fullmatch(path.name)
        if found is not None and int(found[1]) not in saved and path.is_file():
            yield _leftover("damaged", path.name, path)


def damaged_registries(registry: Path) -> Iterator[OrphanedFiles]:
    """Yield damaged registries that a repair has moved aside, each with what belongs to it."""
    for path in sorted(registry.parent.glob(f"{registry.name}.damaged-*")):
        if path.suffix.endswith(("-wal", "-shm")) or not path.is_file():
            continue
        beside = [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm")]
        yield _leftover("registry-damaged", path.name, path, *(one for one in beside if one.exists()))


def orphaned_names(folder: Path, in_use: Collection[str]) -> Iterator[OrphanedFiles]:
    """Yield what composing left behind midway, and the names of rows that no job has any more, or has yet.

    Args:
        folder: of what rows were called.
        in_use: names of files that belong to a job of the registry.
    """
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_symlink() or not path.is_file():
            continue
        if path.name.startswith(".") and path.suffix == ".part":
            yield _leftover("half-names", path.name, path)
        elif path.name.endswith((".jsonl", ROWS_SUFFIX, IDS_SUFFIX)) and path.name not in in_use:
            yield _leftover("names", path.name, path)


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    return sum(file.stat().st_size for file in _files(path))


def remove(path: Path) -> None:
    """Remove a file or a folder. Raises OSError; one that is gone already is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _left_attempts(folder: Path, known: Collection[int]) -> Iterator[OrphanedFiles]:
    unknown: dict[int, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        found = _ATTEMPT.fullmatch(path.name)
        if found and int(found[1]) not in known:
            unknown.setdefault(int(found[1]), []).append(path)
    for attempt, paths in unknown.items():
        yield _leftover("attempt", f"{folder.name}, attempt {attempt}", *paths)


def _leftover(kind: str, name: str, *paths: Path) -> OrphanedFiles:
    newest = max(_changed(file) for path in paths for file in (path, *_files(path)))
    return OrphanedFiles(kind, name, paths, sum(map(size_of, paths)), datetime.fromtimestamp(newest, UTC))


def _changed(path: Path) -> float:
    """Return when a file or folder was last written, moved or renamed, in seconds since the epoch."""
    facts = path.stat()
    # The later of both: renaming a folder changes its ctime only, and one committed just now must not look old.
    return max(facts.st_mtime, facts.st_ctime)


def _files(path: Path) -> list[Path]:
    return [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
