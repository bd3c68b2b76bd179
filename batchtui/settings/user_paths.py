"""Interpret paths as people type them: `path_of`."""

from __future__ import annotations

import os
from pathlib import Path

# Not pathlib's own: it raises where a name is too long, where a folder is locked, and for the home of nobody.


def path_of(name: str | Path) -> Path:
    """Return a typed path; `~` or `~user` at its beginning becomes that user's home, where there is such a user."""
    return Path(os.path.expanduser(name))  # noqa: PTH111


def is_file(path: str | Path) -> bool:
    """Return whether a file is there."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: str | Path) -> bool:
    """Return whether a folder is there."""
    return os.path.isdir(path)  # noqa: PTH112


def is_there(path: str | Path) -> bool:
    """Return whether anything is there."""
    return os.path.exists(path)  # noqa: PTH110
