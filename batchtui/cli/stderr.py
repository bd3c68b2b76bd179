"""The sole writer of stderr: progress, remarks, questions and failures; never facts."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from batchtui.text.safe import sanitize, sanitize_block
from batchtui.text.widths import fit

if TYPE_CHECKING:
    from batchtui.domain.errors import BatchtuiError

_WIPE = "\r\x1b[K"


class Stderr:
    """Speaks to the person at the terminal. Whatever it is given is made safe here; a closed stderr is passed over."""

    def __init__(self) -> None:
        self.is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._has_progress = False

    def say(self, text: str) -> None:
        """Say something worth knowing, on a line of its own (or several)."""
        self._clear()
        self._write(sanitize_block(text) + "\n")

    def progress(self, text: str) -> None:
        """Show how far something has come, in place of what was shown before. Only on a terminal."""
        if self.is_terminal:
            self._write(_WIPE + fit(sanitize(text), shutil.get_terminal_size().columns - 1))
            self._has_progress = True

    def ask(self, question: str) -> None:
        """Put a question; the answer is read elsewhere."""
        self._clear()
        self._write(sanitize_block(question) + " ")

    def failure(self, error: BatchtuiError) -> None:
        """Say what went wrong: a title, a sentence and what to do."""
        self.say(f"{error.heading}: {error.message}" + (f"\n  {error.hint}" if error.hint else ""))

    def signal(self, sequence: str) -> None:
        """Send the terminal a sequence of ours: the bell, a desktop notice. Only where there is one."""
        if self.is_terminal:
            self._write(sequence)

    def close(self) -> None:
        """Take away the progress line."""
        self._clear()

    def _clear(self) -> None:
        if self._has_progress:
            self._write(_WIPE)
            self._has_progress = False

    @staticmethod
    def _write(text: str) -> None:
        # Nobody may be listening (2>&-, a closed terminal): what is said here is never worth failing for.
        with suppress(OSError, ValueError, AttributeError):
            encoding = sys.stderr.encoding or "utf-8"
            sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
            sys.stderr.flush()
