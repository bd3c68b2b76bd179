"""Store results as files: the bytes exactly as they came, with an index beside them: `ResultStore`."""

from __future__ import annotations

import os
import re
import sqlite3
import zlib
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import ResultsState
from batchtui.domain.errors import ResultsUnavailable, StorageError
from batchtui.registry.requests.writer import index_name
from batchtui.registry.results.download import DownloadBusy, ResultDownload, ResultPaths, storage_refused
from batchtui.registry.results.index import BLOCK, IndexBuilder, index_file
from batchtui.registry.results.reader import ResultReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.requests.store import RequestStore
    from batchtui.registry.results.index import Indexing

ALWAYS_READ = 1 << 26
"""Bytes up to which saved results are read whole when they are opened, which takes a tenth of a second."""
_VERIFIED: dict[tuple[str, int, int], str] = {}
"""Files that were read in this process and were as they were saved: path, size and time with their digest."""
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class ResultStore:
    """Where results are kept. It knows files and indexes, and nothing of how results are fetched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def paths(self, batch: Batch) -> ResultPaths:
        """Return where the results of a batch lie, or will. The id comes from outside: it names no other folder."""
        return self._paths(batch.key, batch.id or "")

    def _paths(self, key: int, batch_id: str) -> ResultPaths:
        stem = f"{key}-{_UNSAFE.sub('_', batch_id)[:80]}"
        raw, index = self.folder / f"{stem}.jsonl", self.folder / f"{stem}.db"
        return ResultPaths(
            raw,
            index,
            self.folder / f"{stem}.jsonl.part",
            self.folder / f"{stem}.db.part",
            self.folder / f"{stem}.jsonl.damaged",
        )

    def has(self, batch: Batch) -> bool:
        """Return whether whole results of this batch are here: of saved ones the size is compared too."""
        try:
            size = self.paths(batch).raw.stat().st_size
        except OSError:
            return False
        return batch.results is not ResultsState.SAVED or size == batch.results_bytes

    def lost(self, saved: Iterable[tuple[int, str, int]]) -> list[int]:
        """Return the keys of the saved results whose file is not here in its full size. Blocking: one look for all.

        Args:
            saved: key, API id and bytes of each.
        """
        sizes: dict[str, int] = {}
        with suppress(FileNotFoundError), os.scandir(self.folder) as entries:
            sizes = {entry.name: entry.stat().st_size for entry in entries if entry.name.endswith(".jsonl")}
        return [key for key, batch_id, size in saved if sizes.get(self._paths(key, batch_id).raw.name) != size]

    def damage(self, batch: Batch) -> str:
        """Say what is wrong with saved results on this disk; empty where they are as they were saved. Blocking.

        A file is read once for each process, and after that only where its size or time has changed. One of more than
        `ALWAYS_READ` bytes is not read where both are as they were when it was saved.
        """
        raw = self.paths(batch).raw
        try:
            facts = raw.stat()
        except OSError:
            return "gone"
        if facts.st_size != batch.results_bytes:
            return (
                f"truncated: {facts.st_size:,} of {batch.results_bytes:,} bytes"
                if (facts.st_size < batch.results_bytes)
                else f"changed: {facts.st_size:,} bytes, {batch.results_bytes:,} were saved"
            )
        digest, _, saved_at = batch.results_digest.rpartition(":")
        stamp = (str(raw), facts.st_size, facts.st_mtime_ns)
        is_as_saved = facts.st_size > ALWAYS_READ and saved_at == str(facts.st_mtime_ns)
        if not digest or is_as_saved or _VERIFIED.get(stamp) == digest:
            return ""
        try:
            found = _digest_of(raw)
        except OSError as error:
            raise storage_refused(error) from error
        if found != digest:
            return "changed since they were saved"
        _VERIFIED[stamp] = digest
        return ""

    def digest(self, batch: Batch) -> str:
        """Return the digest of whole results, with the time of their file; blocking.

        Raises:
            StorageError: the disk refuses.
        """
        raw = self.paths(batch).raw
        try:
            return f"{_digest_of(raw)}:{raw.stat().st_mtime_ns}"
        except OSError as error:
            raise storage_refused(error) from error

    def set_aside(self, batch: Batch) -> Path | None:
        """Rename results that are not as they were saved. Returns their new path; None where there are none.

        Raises:
            StorageError: the disk refuses.
        """
        paths = self.paths(batch)
        try:
            if not paths.raw.exists():
                return None
            paths.raw.replace(paths.aside)
            paths.index.unlink(missing_ok=True)
        except OSError as error:
            raise storage_refused(error) from error
        return paths.aside

    def salvaged(self) -> ResultStore:
        """Return these results as a store that takes what was kept aside for results."""
        return _SalvageStore(self.folder)

    def download(
        self, batch: Batch, begin_index: Callable[[Batch, ResultPaths], Indexing] | None = None
    ) -> ResultDownload:
        """Open what the results of a batch are written to as they come.

        Args:
            batch: whose results come.
            begin_index: begins the index; None for one that is built here, block by block.

        Raises:
            DownloadBusy: while another process, or another task, is at it.
            StorageError: where the disk refuses.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            begin = begin_index or _index_here
            return ResultDownload(self.paths(batch), lambda paths: begin(batch, paths))
        except BlockingIOError:
            raise DownloadBusy from None
        except OSError as error:
            raise storage_refused(error) from error

    def reader(self, batch: Batch) -> ResultReader:
        """Open the results of a batch. An index that is missing or of another version is built again (blocking).

        Raises:
            ResultsUnavailable: where they are not saved here.
            StorageError: where the disk refuses.
        """
        paths = self.paths(batch)
        if paths.raw.exists() and batch.results is ResultsState.SAVED and (wrong := self.damage(batch)):
            raise ResultsUnavailable(
                f"The saved results of {batch.id or batch.name} are {wrong}: {paths.raw}.",
                hint="`batchtui results ID` downloads them again; --salvage exports what is left.",
            )
        if not paths.raw.exists():
            raise ResultsUnavailable(
                f"The results of {batch.id or batch.name} are not saved.",
                hint="`batchtui results ID` downloads them once the batch has ended.",
            )
        try:
            reader = ResultReader.open(paths.raw, paths.index)
            if reader is None:
                index_file(paths.raw, paths.new_index)
                paths.new_index.replace(paths.index)
                reader = ResultReader.open(paths.raw, paths.index)
        except (OSError, sqlite3.Error) as error:
            raise storage_refused(error) from error
        if reader is None:
            raise StorageError(f"The index {paths.index} cannot be read.")
        return reader

    def move(self, old: int, new: int, batch_id: str) -> None:
        """Give the whole results of one row of the registry to another row with the same batch.

        The index stays behind: it was made without the requests of the part, and is built again.

        Raises:
            StorageError: where the disk refuses.
        """
        source, target = self._paths(old, batch_id), self._paths(new, batch_id)
        try:
            if source.raw.exists():
                source.raw.replace(target.raw)
            for path in (source.index, source.new_index):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise storage_refused(error) from error

    def rebuild_old_index(self, batch: Batch, requests: RequestStore) -> None:
        """Build the index of an earlier version again, now that requests tell more outcomes; blocking.

        Raises:
            ResultsUnavailable, StorageError: as `reader`.
        """
        with self.reader(batch) as reader:
            if reader.is_current or not requests.has(batch.job):
                return
        paths, index = self.paths(batch), requests.folder / batch.job / index_name(batch.attempt)
        try:
            index_file(paths.raw, paths.new_index, (index, batch.part) if index.exists() else None)
            paths.new_index.replace(paths.index)
        except (OSError, sqlite3.Error) as error:
            raise storage_refused(error) from error

    def files(self, batch: Batch) -> list[Path]:
        """Return all files of a batch's results that are here, whole or not."""
        return [path for path in _files(self.paths(batch)) if path.exists()]

    def bytes_kept(self, batch: Batch) -> int:
        """Return how many bytes all files of a batch's results take on the disk."""
        return sum(path.stat().st_size for path in self.files(batch))

    def remove(self, batch: Batch) -> None:
        """Remove everything that was fetched of a batch.

        Raises:
            StorageError: where the disk refuses.
        """
        try:
            for path in _files(self.paths(batch)):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise storage_refused(error) from error


class _SalvageStore(ResultStore):
    """Takes whatever there is of results for results. Its indexes are its own, and are built anew each time."""

    def paths(self, batch: Batch) -> ResultPaths:
        """Return where something of the results lies."""
        paths = super().paths(batch)
        there = next((path for path in (paths.raw, paths.part, paths.aside) if path.exists()), paths.raw)
        index = self.folder / f"{there.name}.salvage.db"
        return replace(paths, raw=there, index=index, new_index=index.with_suffix(".db.part"))

    def reader(self, batch: Batch) -> ResultReader:
        """Open what there is of the results; the index lives as long as the reader."""
        index = self.paths(batch).index
        index.unlink(missing_ok=True)
        try:
            return super().reader(batch)
        finally:
            index.unlink(missing_ok=True)

    def damage(self, batch: Batch) -> str:
        """Say nothing of what is wrong: that is known."""
        return ""


def _index_here(_batch: Batch, paths: ResultPaths) -> Indexing:
    return IndexBuilder(paths.new_index, paths.part)


def _files(paths: ResultPaths) -> tuple[Path, ...]:
    return paths.raw, paths.index, paths.part, paths.new_index, paths.aside


def _digest_of(path: Path) -> str:
    """Return the checksum of a file. It tells accidents, not attacks: CRC-32 is as fast as the disk."""
    crc = 0
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            crc = zlib.crc32(block, crc)
    return f"crc32:{crc:08x}"
