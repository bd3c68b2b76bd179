"""The dashboard on a real pseudo-terminal: it paints, keys arrive, and however it ends the terminal is left clean."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyte
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS, LINES = 100, 30
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


@dataclass
class Window:
    """A terminal's far end: reads what a program paints, as a terminal does."""

    pid: int
    master: int
    screen: pyte.Screen
    stream: pyte.ByteStream
    sent: bytearray

    def read(self, seconds: float = 0.1) -> bool:
        """Take in what has come. Returns False at the end."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.sent += data
        with suppress(Exception):  # pyte does not know every sequence; the text is what matters here
            self.stream.feed(data)
        return bool(data)

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def shows(self, *words: str) -> None:
        """Read on until all of these words are on the screen."""
        until = time.monotonic() + PATIENCE
        while not all(word in self.text for word in words):
            assert time.monotonic() < until, f"{words} never showed in\n{self.text}"
            assert self.read(), f"it ended before it showed {words}:\n{self.text}"

    def ends(self) -> int:
        """Read to the end. Returns the exit code; the negative number of the signal that killed it."""
        until = time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < until, "it never ended"
            going_on = self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid or not going_on:
                while self.read(0.05) and select.select([self.master], [], [], 0)[0]:
                    pass
                return os.waitstatus_to_exitcode(status if pid else os.waitpid(self.pid, 0)[1])


@contextmanager
def demo(home: Path) -> Iterator[Window]:
    """Run `batchtui demo` in a terminal of its own."""
    pid, master = pty.fork()
    if pid == 0:
        env = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": str(home), "TMPDIR": str(home)}
        for name in ("NO_COLOR", "TMUX", "LC_ALL"):
            env.pop(name, None)
        os.execve(sys.executable, [sys.executable, "-m", "batchtui", "demo", "--speed", "8"], env)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    screen = pyte.Screen(COLUMNS, LINES)
    window = Window(pid, master, screen, pyte.ByteStream(screen), bytearray())
    try:
        yield window
    finally:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(master)


@pytest.mark.parametrize(
    ("how", "code"), [("ctrl+q", 0), ("ctrl+c", 0), ("q", 0), ("SIGTERM", 128 + 15), ("SIGHUP", 128 + 1)]
)
def test_it_paints_and_leaves_the_terminal_clean(tmp_path: Path, how: str, code: int) -> None:
    with demo(tmp_path) as window:
        before = termios.tcgetattr(window.master)
        window.shows("batchtui", "demo", "support-tickets")
        if how.startswith("SIG"):
            os.kill(window.pid, signal.Signals[how])
        else:
            os.write(window.master, {"ctrl+q": b"\x11", "ctrl+c": b"\x03", "q": b"q"}[how])
        painted = len(window.sent)
        assert window.ends() == code
        missing = [name for name, sequence in LEFT_CLEAN.items() if sequence not in window.sent[painted - 1 :]]
        assert missing == []
        assert termios.tcgetattr(window.master)[3] == before[3], "echo and lines are as they were"
        assert b"Traceback" not in window.sent


def test_keys_arrive_and_the_background_goes_on(tmp_path: Path) -> None:
    with demo(tmp_path) as window:
        window.shows("support-tickets", "ended")
        os.write(window.master, b"?")
        window.shows("Keys")
        os.write(window.master, b"\x1b")
        os.write(window.master, b"\x11")
        assert window.ends() == 0
