"""A terminal's far end: starts a program on a pseudo-terminal of its own, reads what it paints, presses keys."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyte

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PATIENCE = 60.0
"""Real seconds: the machine may be busy with other tests."""
LEFT_CLEAN = {
    "alternate screen": b"\x1b[?1049l",
    "cursor": b"\x1b[?25h",
    "mouse": b"\x1b[?1000l",
    "bracketed paste": b"\x1b[?2004l",
    "keyboard protocol": b"\x1b[<u",
}
"""What has to be switched back at the end, and the sequence that does it."""
_BYTES = {
    "enter": b"\r", "esc": b"\x1b", "tab": b"\t", "backspace": b"\x7f", "space": b" ", "down": b"\x1b[B",
    "up": b"\x1b[A", "right": b"\x1b[C", "left": b"\x1b[D", "home": b"\x1b[H", "end": b"\x1b[F", "pgup": b"\x1b[5~",
    "pgdn": b"\x1b[6~", "delete": b"\x1b[3~", "f1": b"\x1bOP", "shift+tab": b"\x1b[Z",
}  # fmt: skip
_IN_A_TERMINAL_OF_ITS_OWN = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)
"""Takes the pseudo-terminal as its own, so that it is told of new sizes and of ctrl+z, and becomes the program."""
_STRANGE = re.compile(rb"\x1b\[[<>=][^a-zA-Z]*[a-zA-Z]|\x1b\[\d*(?:;\d+)* ?q|\x1b\[\d+;\d+t|\x1bP.*?\x1b\\", re.DOTALL)
"""Sequences that pyte would print instead of leaving them out."""


def bytes_of(key: str) -> bytes:
    """What a terminal sends for a key, written as people write it."""
    if key.startswith("ctrl+"):
        return bytes([ord(key[5:].upper()) & 0x1F])
    return _BYTES.get(key) or key.encode()


@dataclass
class Window:
    """A terminal with a program in it."""

    process: subprocess.Popen[bytes]
    master: int
    screen: pyte.Screen
    stream: pyte.ByteStream = field(init=False)
    sent: bytearray = field(default_factory=bytearray)
    """Everything that the program has sent."""

    def __post_init__(self) -> None:
        self.stream = pyte.ByteStream(self.screen)

    def read(self, seconds: float = 0.1) -> bool:
        """Take in what has come. Returns False at the end."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.master, 1 << 20)
        except OSError:
            return False
        self.sent += data
        with suppress(Exception):  # pyte does not know every sequence; the text is what matters here
            self.stream.feed(_STRANGE.sub(b"", data))
        return bool(data)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(self.lines)

    @property
    def lines(self) -> list[str]:
        """What is on the screen, line by line; pyte's own `display` stumbles over half of a wide sign."""
        rows = (self.screen.buffer[y] for y in range(self.screen.lines))
        return ["".join(row[x].data for x in range(self.screen.columns)) for row in rows]

    def until(self, claim: Callable[[], object], what: str) -> None:
        """Read on until a claim holds."""
        end = time.monotonic() + PATIENCE
        while not claim():
            assert time.monotonic() < end, f"{what}: never, but\n{self.text}"
            assert self.read() or claim(), f"it ended before this: {what}\n{self.text}"

    def shows(self, *words: str) -> None:
        """Read on until all of these words are on the screen."""
        self.until(lambda: all(word in self.text for word in words), f"it shows {words}")

    def shows_no_more(self, word: str) -> None:
        """Read on until this is no longer on the screen."""
        self.until(lambda: word not in self.text, f"it no longer shows {word!r}")

    def press(self, *keys: str) -> None:
        """Press keys, written as people write them."""
        for key in keys:
            os.write(self.master, bytes_of(key))

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        self.screen.resize(lines, columns)
        _set_size(self.master, columns, lines)

    def ends(self) -> int:
        """Read to the end. Returns the exit code; the negative number of the signal that killed it."""
        until = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < until, f"it never ended\n{self.text}"
            self.read()
        while select.select([self.master], [], [], 0)[0] and self.read(0):
            pass
        return self.process.returncode

    @property
    def left_on(self) -> list[str]:
        """What was switched on and never off again."""
        sent = bytes(self.sent)
        switched = [(name, sequence, _on(sequence)) for name, sequence in LEFT_CLEAN.items()]
        return [name for name, off, on in switched if sent.rfind(on) > sent.rfind(off)]


def _on(off: bytes) -> bytes:
    """The sequence that switches on what this one switches off; the cursor is there until it is hidden."""
    return {b"\x1b[?25h": b"\x1b[?25l", b"\x1b[<u": b"\x1b[>"}.get(off) or off[:-1] + b"h"


def _set_size(master: int, columns: int, lines: int) -> None:
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


NOT_INHERITED = (
    "NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLORFGBG", "TMUX", "STY", "LC_ALL", "LC_CTYPE", "SSH_CONNECTION",
    "SSH_TTY", "TERM_PROGRAM", "LC_TERMINAL", "VISUAL", "EDITOR", "PAGER", "COLUMNS", "LINES",
)  # fmt: skip
"""What says something of the terminal that the tests themselves run in."""


NOWHERE = "http://127.0.0.1:1"
"""Instead of the API: nothing that a test runs in a terminal may reach that."""


def environment(**own: str) -> dict[str, str]:
    """An environment that says of the terminal what it is told to, and a modern one otherwise."""
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    usual = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "TZ": "UTC", "ANTHROPIC_BASE_URL": NOWHERE}
    return {**inherited, **usual, **own}


@contextmanager
def window(
    argv: Sequence[str], env: Mapping[str, str], *, size: tuple[int, int] = (100, 30), cwd: object = None
) -> Iterator[Window]:
    """Run a program in a terminal of its own; it is not left running."""
    columns, lines = size
    master, slave = os.openpty()
    _set_size(master, columns, lines)
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _IN_A_TERMINAL_OF_ITS_OWN, *argv],
        stdin=slave, stdout=slave, stderr=slave, env=dict(env), start_new_session=True, cwd=str(cwd or "."),
    )  # fmt: skip
    os.close(slave)
    made = Window(process, master, pyte.Screen(columns, lines))
    try:
        yield made
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(master)


def batchtui(*words: str) -> list[str]:
    """The command line of the program under test."""
    return [sys.executable, "-m", "batchtui", *words]
