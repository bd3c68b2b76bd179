"""Store the original ids of rows whose custom_ids compose had to change: `OriginalIdWriter`, `read_original_ids`.

A batch holds custom_ids and no names. So the names are kept under the digest of all custom_ids in order: whichever way
the requests went to a submission, as a file, through a pipe, with another model, its job has these ids in this order.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Self

from batchtui.domain.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from batchtui.registry.registry import Registry
    from batchtui.settings.paths import Paths


class OriginalIdWriter:
    """Writes changed ids to a temporary file; `keep` gives it its name. Without a changed id no file is made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder / f".{secrets.token_hex(6)}.part"
        self._file: IO[str] | None = None
        self._digest = hashlib.sha256()
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._file is not None:
            self._file.close()
            with suppress(OSError):
                self._aside.unlink(missing_ok=True)

    def changed(self, custom_id: str, original: str, line: int) -> None:
        """Note that a row goes by another id than it is called.

        Raises:
            StorageError: the disk refuses.
        """
        try:
            if self._file is None:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                descriptor = os.open(self._aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
                self._file = os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace")
            self._file.write(json.dumps([custom_id, original, line], ensure_ascii=False) + "\n")
        except OSError as error:
            raise StorageError(f"The original ids could not be stored: {error}.") from error

    def sent(self, custom_ids: Iterable[str]) -> None:
        """Note ids, in the order of the requests."""
        ids = list(custom_ids)
        self._count += len(ids)
        self._digest.update("".join(f"{each}\n" for each in ids).encode())

    def keep(self) -> Path | None:
        """Keep what was noted; return where, or None where every row goes by its own name.

        Raises:
            StorageError: the disk refuses.
        """
        if self._file is None:
            return None
        home = self._folder / _name(self._count, self._digest.hexdigest())
        try:
            self._file.close()
            self._aside.replace(home)
        except OSError as error:
            raise StorageError(f"The original ids could not be stored: {error}.") from error
        self._file = None
        return home


def read_originals(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yield custom_id, original and line of each changed row, in the order of the input."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            custom_id, original, number = json.loads(line)
            yield custom_id, original, number


def read_original_ids(paths: Paths, registry: Registry, job_id: str) -> dict[str, str]:
    """Return what the rows of a job were called, by custom_id; only those that go by another id. Blocking.

    Costs nothing where nothing was ever kept for a job of as many requests.
    """
    home = _home(paths.originals, registry, job_id)
    return {custom_id: original for custom_id, original, _ in read_originals(home)} if home is not None else {}


def originals_in_use(paths: Paths, registry: Registry, job_ids: Iterable[str]) -> set[str]:
    """Return the names of the files that belong to these jobs. Blocking."""
    homes = (_home(paths.originals, registry, job_id) for job_id in job_ids)
    return {home.name for home in homes if home is not None}


def _home(folder: Path, registry: Registry, job_id: str) -> Path | None:
    """Find the file of a job's original names; None where it has none."""
    if not folder.is_dir() or not registry.requests.has(job_id):
        return None
    try:
        with registry.requests.reader(job_id) as requests:
            count = requests.count()
            # Names begin with the number of requests, so that most jobs are decided without reading a custom_id.
            if not any(folder.glob(f"{count}-*.jsonl")):
                return None
            digest = hashlib.sha256()
            for custom_id in requests.custom_ids():
                digest.update(f"{custom_id}\n".encode())
    except StorageError:
        return None
    home = folder / _name(count, digest.hexdigest())
    return home if home.is_file() else None


def _name(count: int, digest: str) -> str:
    return f"{count}-{digest[:32]}.jsonl"
