"""Watch over the terminal from outside: `TerminalGuard` starts a small process that restores it after a crash.

No handler of this process runs after SIGKILL, nor one of Python's after SIGSEGV; the screen, the mouse and the keyboard
would stay as the dashboard has set them. The other process sees its pipe close, whatever the reason.
"""

from __future__ import annotations

import os
import subprocess
import sys
import termios
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from batchtui.tui.terminal import guard_process
from batchtui.tui.terminal.guard_process import GIVEN_BACK, TAKEN, encode_modes

if TYPE_CHECKING:
    from typing import Any


class TerminalGuard:
    """Starts the process with the first call of `taken`, and tells it each time whose the terminal is."""

    def __init__(self) -> None:
        self._pipe: int | None = None
        self._lock = threading.Lock()

    def taken(self, terminal: int, before: list[Any]) -> None:
        """Say that the screen is ours.

        Args:
            terminal: descriptor of the terminal.
            before: its modes as they were found.
        """
        with self._lock, suppress(OSError, ValueError, termios.error):  # without a guard all else still works
            if self._pipe is None:
                self._pipe = _start(terminal, before)
            os.write(self._pipe, TAKEN)

    def given_back(self) -> None:
        """Say that the terminal is in order."""
        with self._lock, suppress(OSError):
            if self._pipe is not None:
                os.write(self._pipe, GIVEN_BACK)


def _start(terminal: int, before: list[Any]) -> int:
    """Start the process and return the pipe to it. Nobody waits for it: it outlives this process by a moment."""
    words = [encode_modes(before), encode_modes(termios.tcgetattr(terminal))]
    reading, writing = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603 (this very Python)
            [sys.executable, "-I", "-S", guard_process.__file__, *words],
            stdin=reading,
            stdout=terminal,
            stderr=subprocess.DEVNULL,
        )
    except BaseException:
        os.close(writing)
        raise
    finally:
        os.close(reading)
    process.returncode = 0  # or its destructor would warn of a process that still runs
    return writing
