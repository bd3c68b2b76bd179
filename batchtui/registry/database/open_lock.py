"""Tell whether any process has the registry open, so that a repair replaces no file under somebody's feet: `OpenLock`.

A lock of the kernel on a small file beside the registry: everybody who opens the registry shares it, a repair takes it
alone. It ends with the process, however that ends. The registry itself is not locked this way: SQLite's own locks on
that file would be dropped with the descriptor (sqlite.org/howtocorrupt.html, 2.2).
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from batchtui.domain.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

SUFFIX = ".open"
"""Ends the name of the file beside the registry."""


class OpenLock:
    """A lock that many hold together, or one alone."""

    def __init__(self, registry: Path) -> None:
        self._registry = registry
        self._path = registry.with_name(registry.name + SUFFIX)
        self._descriptor: int | None = None

    def share(self) -> None:
        """Hold it with others. Where the disk knows no such locks, or is read-only, nothing is held.

        Raises:
            StorageError: a repair is at work.
        """
        if not self._take(fcntl.LOCK_SH):
            raise StorageError(
                f"The registry {self._registry} is being repaired by another process.",
                hint="Run the command again when that is done.",
            )

    def take_alone(self) -> None:
        """Hold it alone.

        Raises:
            StorageError: another process has the registry open.
        """
        if not self._take(fcntl.LOCK_EX):
            raise StorageError(
                f"Another batchtui has the registry {self._registry} open. Nothing was changed.",
                hint="Close every dashboard, `watch` and `wait`, and run `batchtui doctor --repair` again.",
            )

    def release(self) -> None:
        """Give it back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _take(self, how: int) -> bool:
        """Return False where another process holds what excludes this."""
        self.release()
        with suppress(OSError):
            descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(descriptor, how | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            except OSError:
                os.close(descriptor)
                raise
            self._descriptor = descriptor
        return True
