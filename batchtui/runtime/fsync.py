"""Bring a file, or the names in a folder, to the disk: `sync_path`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def sync_path(path: Path) -> None:
    """Return when the bytes of a file, or the names in a folder, are on the disk. Blocking.

    Raises:
        OSError: the disk refuses.
    """
    # A folder too: fsync(2) of a new or renamed file says nothing of its name, which may be gone after a power cut.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
