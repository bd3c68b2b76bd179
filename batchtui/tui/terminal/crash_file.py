"""Have Python write where it was when a signal ends it at once: `crashes_written_to`.

SIGSEGV, SIGABRT, SIGBUS, SIGFPE and SIGILL leave no time for the log file, which Python code writes.
"""

from __future__ import annotations

import faulthandler
import os
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from batchtui.settings.paths import PRIVATE_FILE, PRIVATE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "crash.log"


@contextmanager
def crashes_written_to(folder: Path) -> Iterator[None]:
    """Write the stacks of all threads to a file there in a crash, and at SIGQUIT, which ends a program that hangs.

    The file must be open beforehand; it is removed again where nothing was written. Without room on the disk, or where
    somebody has asked Python for the same (`-X faulthandler`), nothing is done.
    """
    descriptor = None if faulthandler.is_enabled() else _opened(folder)
    if descriptor is None:
        yield
        return
    faulthandler.enable(descriptor)
    faulthandler.register(signal.SIGQUIT, descriptor, chain=True)
    try:
        yield
    finally:
        faulthandler.unregister(signal.SIGQUIT)
        faulthandler.disable()
        os.close(descriptor)
        with suppress(OSError):
            file = folder / NAME
            if not file.stat().st_size:
                file.unlink()


def _opened(folder: Path) -> int | None:
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        return os.open(folder / NAME, os.O_CREAT | os.O_APPEND | os.O_WRONLY, PRIVATE_FILE)
    except OSError:
        return None
