"""Progress on stderr and facts on stdout share one terminal, and never a line."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from batchtui.cli.output.stderr import Stderr
from batchtui.cli.output.stdout import Stdout

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

WIPE = b"\r\x1b[K"


class Terminal(io.TextIOWrapper):
    """A terminal that keeps what is written to it."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


def one_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], bytes]:
    """Lead both streams to one terminal. Returns what was written to it; pytest takes a fixture's streams away."""
    screen = io.BytesIO()
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, Terminal(screen, encoding="utf-8", write_through=True))
    return screen.getvalue


def test_a_table_begins_on_a_line_of_its_own_after_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    written = one_terminal(monkeypatch)
    notes = Stderr()
    out = Stdout(notes.close)
    notes.progress("checking 9.1 kB of 9.1 kB")
    out.line("STATE  NAME")
    out.flush()
    assert written() == WIPE + b"checking 9.1 kB of 9.1 kB" + WIPE + b"STATE  NAME\n"


def test_an_error_of_another_writer_does_not_stick_to_the_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    written = one_terminal(monkeypatch)
    Stderr().progress("sending")
    Stderr().say("Connection lost.")
    assert written() == WIPE + b"sending" + WIPE + b"Connection lost.\n"
