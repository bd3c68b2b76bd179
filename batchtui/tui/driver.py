"""The driver: Textual's own for Unix, whose reader of keys hears at once that it is over.

Textual's reader looks twice, a tenth of a second each, before it believes that: all of what leaving may take.
"""

from __future__ import annotations

import os
import select
from codecs import getincrementaldecoder
from contextlib import suppress
from typing import Any, TextIO, cast

from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

TICK = 0.1
"""Seconds after which a lone escape is a key, as in Textual."""
_AT_ONCE = 4096


class _Screen:
    """Where Textual's writer writes to. A terminal that has gone is written to in vain, and ends nobody's thread.

    Textual's queue to its writer holds thirty pieces; of a writer that died nobody would take them, and the loop would
    wait for ever to put in the next.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


class PromptDriver(LinuxDriver):
    """Reads keys as Textual does, from the terminal and from a pipe that says when to stop."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file = _Screen(cast("TextIO", self._file))  # type: ignore[assignment]

    def start_application_mode(self) -> None:
        """Begin to read and to paint; also after a pause in which another program had the terminal."""
        if self._key_thread is not None and self._key_thread.is_alive():
            # A terminal that goes sends SIGCONT with its SIGHUP, which Textual takes for coming back from a pause: of
            # two readers only one would hear that it is over, and the other would keep the process for ever.
            self.disable_input()
        self._over, self._bell = os.pipe()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def disable_input(self) -> None:
        """Stop reading; what is typed from now on is another program's. Safe to call again."""
        reader = self._key_thread
        if reader is None or not reader.is_alive():
            super().disable_input()
            return
        os.write(self._bell, b"!")
        super().disable_input()  # waits for the reader
        os.close(self._over)
        os.close(self._bell)

    def run_input_thread(self) -> None:
        """Read keys until it is over; on a thread."""
        parser, decode = XTermParser(self._debug), getincrementaldecoder("utf-8")(errors="replace").decode
        terminal, over = self.fileno, self._over
        while True:
            ready, _, _ = select.select([terminal, over], [], [], TICK)
            if over in ready:
                break
            data = os.read(terminal, _AT_ONCE) if ready else b""
            if ready and not data:  # it has gone: nothing will ever come
                select.select([over], [], [])
                break
            keys = decode(data)
            for event in (*(parser.feed(keys) if keys else ()), *parser.tick()):
                self.process_message(event)
        with suppress(EOFError, ParseError):
            for _ in parser.feed(""):
                pass
