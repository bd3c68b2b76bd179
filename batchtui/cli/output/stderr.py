"""Write progress, remarks, questions and errors to stderr; nothing else writes there: `Stderr`."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from batchtui.text.layout.widths import fit
from batchtui.text.safe import sanitize, sanitize_block

if TYPE_CHECKING:
    from batchtui.domain.errors import BatchtuiError

_WIPE = "\r\x1b[K"


class Stderr:
    """Writes to stderr. Text is sanitised here; a closed stderr is ignored."""

    _has_progress: ClassVar[bool] = False
    """Whether a progress line is on the terminal. There is one stderr, so all instances share it: an error that is
    written by another one than showed the progress begins on a line of its own, too.
    """

    def __init__(self) -> None:
        self.is_terminal = sys.stderr is not None and sys.stderr.isatty()

    def say(self, text: str) -> None:
        """Write a remark, on one or more lines of its own."""
        self._clear()
        self._write(sanitize_block(text) + "\n")

    def progress(self, text: str) -> None:
        """Show progress in place of the former progress line; only on a terminal."""
        if self.is_terminal:
            # One column is kept free: many terminals wrap as soon as the last one is filled, and `\r` would not come
            # back.
            self._write(_WIPE + fit(sanitize(text), shutil.get_terminal_size().columns - 1))
            Stderr._has_progress = True

    def ask(self, question: str) -> None:
        """Write a question; `confirm` reads the answer."""
        self._clear()
        self._write(sanitize_block(question) + " ")

    def failure(self, error: BatchtuiError) -> None:
        """Write an error: title, message and hint."""
        self.say(error.sentence + (f"\n  {error.hint}" if error.hint else ""))

    def signal(self, sequence: str) -> None:
        """Send the terminal a sequence of ours: the bell, a desktop notice. Only where there is one."""
        if self.is_terminal:
            self._write(sequence)

    def close(self) -> None:
        """Remove the progress line."""
        self._clear()

    def _clear(self) -> None:
        if Stderr._has_progress:
            self._write(_WIPE)
            Stderr._has_progress = False

    @staticmethod
    def _write(text: str) -> None:
        # Nobody may be listening (2>&-, a closed terminal): what is said here is never worth failing for.
        with suppress(OSError, ValueError, AttributeError):
            encoding = sys.stderr.encoding or "utf-8"
            sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
            sys.stderr.flush()
