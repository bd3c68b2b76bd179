"""The driver on a real pseudo-terminal: it loses no key, at the beginning or in a burst, and leaves all as it was."""

from __future__ import annotations

import asyncio
import signal
import sys
import termios
from typing import TYPE_CHECKING

import pytest

from tests.support.workspaces import KEY
from tests.tui.furnished import furnished
from tests.tui.window import Window, batchtui, environment, window

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

TAKEN = b"\x1b[?1049h"
"""The screen is being taken."""
LINGERING = (
    "import select\n"
    "from batchtui.tui.terminal.driver import TerminalDriver as Driver\n"
    "go_on = Driver._enable_mouse_support\n"
    "def linger(driver):\n"
    "    Driver._enable_mouse_support = go_on\n"
    "    driver.flush()\n"
    "    select.select([0], [], [], 5)\n"
    "    go_on(driver)\n"
    "Driver._enable_mouse_support = linger\n"
    "from batchtui.cli.main import main\n"
    "main()"
)
"""A dashboard that goes on taking the screen only when something was typed, which is what is taken after that."""

INTERRUPTED = (
    "import os, queue, signal\n"
    "put = queue.Queue._put\n"
    "def interrupted(self, item):\n"
    "    if isinstance(item, str) and 'evals' in item:\n"
    "        queue.Queue._put = put\n"
    "        os.kill(os.getpid(), signal.SIGCONT)\n"
    "    put(self, item)\n"
    "queue.Queue._put = interrupted\n"
    "from batchtui.cli.main import main\n"
    "main()"
)
"""A dashboard that is told to go on while it holds the queue to its writer."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(furnished(tmp_path_factory.mktemp("driver")))


def dashboard(home: Path, argv: Sequence[str] = batchtui(), **env: str) -> AbstractContextManager[Window]:
    """Run the dashboard at this home."""
    told = environment(**{"BATCHTUI_HOME": str(home), "ANTHROPIC_API_KEY": KEY, "HOME": str(home), **env})
    return window(argv, told, size=(80, 24), cwd=home.parent / "desk")


@pytest.mark.long
def test_keys_typed_while_the_screen_opens_are_not_kept_by_the_terminal(home: Path) -> None:
    with dashboard(home, [sys.executable, "-c", LINGERING]) as made:
        before = termios.tcgetattr(made.master)
        made.until(lambda: TAKEN in made.sent, "it takes the screen")
        made.press("ctrl+q")
        assert made.ends() == 0
        assert termios.tcgetattr(made.master) == before


@pytest.mark.long
def test_keys_typed_before_the_list_is_there_go_to_the_list_and_not_to_its_filter(home: Path) -> None:
    with dashboard(home, [sys.executable, "-c", LINGERING]) as made:
        made.until(lambda: TAKEN in made.sent, "it takes the screen")
        made.press("$")
        made.shows("SHARE")
        made.press("ctrl+q")
        assert made.ends() == 0


@pytest.mark.long
def test_esc_and_the_key_right_behind_it_are_both_heard(home: Path) -> None:
    with dashboard(home) as made:
        made.shows("evals")
        made.press("$", "esc", "a", "esc", "!")
        made.shows("ABOUT")
        made.press("esc", "ctrl+q")
        assert made.ends() == 0


@pytest.mark.long
def test_a_continue_signal_without_a_stop_leaves_the_terminal_as_it_was(home: Path) -> None:
    with dashboard(home) as made:
        before = termios.tcgetattr(made.master)
        made.shows("evals")
        begun = len(made.sent)
        made.process.send_signal(signal.SIGCONT)
        made.until(lambda: TAKEN in made.sent[begun:], "it takes the screen once more")
        made.press("ctrl+q")
        assert made.ends() == 0
        assert made.left_on == []
        assert termios.tcgetattr(made.master) == before


@pytest.mark.long
def test_being_told_to_go_on_in_the_middle_of_painting_stops_nothing(home: Path) -> None:
    with dashboard(home, [sys.executable, "-c", INTERRUPTED]) as made:
        made.until(lambda: made.sent.count(TAKEN) == 2, "it takes the screen once more")
        made.shows("evals")
        made.press("ctrl+q")
        assert made.ends() == 0
        assert made.left_on == []
