"""Keep queries under names, as files of the user: `save_query`, `saved_query`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from batchtui.domain.errors import OutputExists, StorageError, UsageError
from batchtui.runtime.atomic_file import open_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.settings.paths import Paths

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
SIGN = "@"
"""Before the name of a saved query, where a query may stand."""


def folder_of(paths: Paths) -> Path:
    """Return the folder of saved queries, beside the settings."""
    return paths.config_file.parent / "queries"


def save_query(paths: Paths, name: str, sql: str) -> Path:
    """Save a query under a name, in place of one of that name. Returns its file.

    Raises:
        UsageError: the name is no name, or the query is empty.
        StorageError: the disk refuses.
    """
    if not sql.strip():
        raise UsageError("An empty query cannot be saved.")
    path = _path(paths, name)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open_atomic(path, None, overwrite=True, notes=paths.exports) as out:
            out.write(sql.strip().encode() + b"\n")
    except (OSError, OutputExists) as error:
        raise StorageError(f"{path} cannot be written: {error}.") from error
    return path


def saved_query(paths: Paths, name: str) -> str:
    """Return the query that was saved under a name, with or without `@`.

    Raises:
        UsageError: there is none, or it is no name.
        StorageError: it cannot be read.
    """
    path = _path(paths, name.removeprefix(SIGN))
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        names = ", ".join(saved_names(paths))
        raise UsageError(
            f'There is no saved query "{path.stem}".',
            hint=f"There are {names}." if names else "`batchtui sql QUERY --save NAME` saves one.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} cannot be read: {error}.") from error


def saved_names(paths: Paths) -> list[str]:
    """Return the names of the saved queries, in their order."""
    folder = folder_of(paths)
    return sorted(path.stem for path in folder.glob("*.sql") if path.is_file()) if folder.is_dir() else []


def _path(paths: Paths, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f'"{name[:40]}" cannot be the name of a query.',
            hint="Names have letters, digits, `_`, `-` and `.`, 64 at most.",
        )
    return folder_of(paths) / f"{name}.sql"
