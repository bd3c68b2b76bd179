"""Write the log file: what went wrong and why: `attach`.

It never holds anything of requests or answers, so that it can be sent along with a report.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError
from batchtui.settings.paths import PRIVATE_FILE

if TYPE_CHECKING:
    from io import TextIOWrapper

    from batchtui.settings.paths import Paths

NAME = "batchtui.log"
_LARGEST = 2_000_000
"""Bytes; a larger one is set aside when a program starts, in place of the one before."""
_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
log = logging.getLogger("batchtui")


def attach(paths: Paths) -> Path:
    """Send the program's log into its file; nothing is made on the disk before there is something to log."""
    file = paths.logs / NAME
    ours = [handler for handler in log.handlers if isinstance(handler, _PrivateFile)]
    if not any(Path(handler.baseFilename) == file for handler in ours):
        for handler in ours:  # of another home, in a process that has opened two
            log.removeHandler(handler)
            handler.close()
        # `delay`: a command that logs nothing creates no folder, as under a home that is read-only.
        handler = _PrivateFile(file, delay=True, encoding="utf-8", errors="backslashreplace")
        handler.setFormatter(logging.Formatter(_FORMAT))
        log.addHandler(handler)
        log.setLevel(_level(paths))
        # A handler of the root logger could write into the dashboard's screen.
        log.propagate = False
    return file


def _level(paths: Paths) -> int:
    """The level that is set. Without a settings file the default holds, and nothing needs to be loaded to know it."""
    if paths.config_file.exists():
        from batchtui.settings.loading import load_settings

        try:
            return logging.getLevelNamesMapping()[load_settings(paths.config_file).log_level.upper()]
        except BatchtuiError:
            pass  # said where the settings are needed
    return logging.INFO


class _PrivateFile(logging.FileHandler):
    """A log file that only the user may read. On a full or read-only disk the entry is lost silently."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write an entry. What is logged is never worth a failure of its own."""
        with suppress(OSError):
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """Say nothing: logging would print a traceback between the lines of the command."""

    def _open(self) -> TextIOWrapper:
        file = Path(self.baseFilename)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Only here, when the file is opened: a handler that rotates while other processes write to the same file loses
        # their entries.
        if file.exists() and file.stat().st_size > _LARGEST:
            file.replace(file.with_suffix(".log.1"))
        descriptor = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, PRIVATE_FILE)
        return open(descriptor, "a", encoding=self.encoding, errors=self.errors)  # noqa: PTH123 (of a descriptor)
