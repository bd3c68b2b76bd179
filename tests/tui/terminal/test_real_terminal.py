"""The dashboard on a real pseudo-terminal: it paints, keys arrive, and however it ends the terminal is left clean."""

from __future__ import annotations

import signal
import termios
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.tui.window import LEFT_CLEAN, Window, batchtui, environment, window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def demo(home: Path) -> Iterator[Window]:
    """Run `batchtui demo` in a terminal of its own."""
    env = environment(HOME=str(home), TMPDIR=str(home))
    with window(batchtui("demo", "--speed", "8"), env) as made:
        yield made


@pytest.mark.long
@pytest.mark.parametrize(
    ("how", "code"), [("ctrl+q", 0), ("ctrl+c", 0), ("q", 0), ("SIGTERM", 128 + 15), ("SIGHUP", 128 + 1)]
)
def test_it_paints_and_leaves_the_terminal_clean(tmp_path: Path, how: str, code: int) -> None:
    with demo(tmp_path) as made:
        before = termios.tcgetattr(made.master)
        made.shows("batchtui", "demo", "support-tickets")
        if how.startswith("SIG"):
            made.process.send_signal(signal.Signals[how])
        else:
            made.press(how)
        painted = len(made.sent)
        assert made.ends() == code
        missing = [name for name, sequence in LEFT_CLEAN.items() if sequence not in made.sent[painted - 1 :]]
        assert missing == []
        assert termios.tcgetattr(made.master)[3] == before[3], "echo and lines are as they were"
        assert b"Traceback" not in made.sent


def test_keys_arrive_and_the_background_goes_on(tmp_path: Path) -> None:
    with demo(tmp_path) as made:
        made.shows("support-tickets", "ended")
        made.press("?")
        made.shows("Keys")
        made.press("esc", "ctrl+q")
        assert made.ends() == 0
