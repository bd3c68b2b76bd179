"""ctrl+z and ctrl+c in an editor or a pager, under a shell with job control: nobody is left without a terminal."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
import termios
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.support.workspaces import KEY
from tests.tui.furnished import furnished
from tests.tui.window import PATIENCE, Window, batchtui, environment, window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell with job control")

EDITOR = (
    "import os, signal, sys, termios, tty\n"
    "tty.setraw(0)\n"
    "modes = termios.tcgetattr(0)\n"
    "modes[tty.LFLAG] |= termios.ISIG\n"
    "termios.tcsetattr(0, termios.TCSANOW, modes)\n"
    "signal.signal(signal.SIGINT, lambda *_: print('HEARD INT', end='\\r\\n', flush=True))\n"
    "def go_on(*_): print('WENT ON', termios.tcgetattr(0) == modes, end='\\r\\n', flush=True)\n"
    "signal.signal(signal.SIGCONT, go_on)\n"
    "print('EDITOR', os.getpid(), end='\\r\\n', flush=True)\n"
    "while (char := os.read(0, 1)) != b'q':\n"
    "    print('TYPED', char, end='\\r\\n', flush=True)\n"
)
"""Reads single keys, as an editor does, and leaves the terminal in its own modes."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = asyncio.run(furnished(tmp_path_factory.mktemp("jobs")))
    (home / "editor.py").write_text(EDITOR)
    return home


@contextmanager
def shell(home: Path, variable: str = "EDITOR") -> Iterator[Window]:
    """Run bash, and from it the dashboard, with an editor (or a pager) of ours."""
    told = environment(BATCHTUI_HOME=str(home), ANTHROPIC_API_KEY=KEY, HOME=str(home), PS1="READY ")
    told[variable] = f"{sys.executable} {home / 'editor.py'}"
    argv = ["bash", "--norc", "--noprofile", "--noediting", "-i"]
    with window(argv, told, size=(80, 24), cwd=home.parent / "desk") as made:
        made.shows("READY")
        made.press(" ".join(batchtui()), "enter")
        made.shows("evals")
        yield made


def into_the_editor(made: Window) -> None:
    """Open the settings file in the editor."""
    made.press("O", "e")
    made.shows("EDITOR")


def leave(made: Window) -> None:
    """Leave the dashboard, which must be there, and then the shell, which must have its terminal as it was."""
    made.until(lambda: made.sent.count(b"\x1b[?1049h") == 2, "it takes the screen once more")
    made.press("esc")
    made.shows("evals")
    made.press("ctrl+q")
    made.until(lambda: made.sent.endswith(b"READY "), "the shell is back")
    made.press("code=$?; clear; echo status=$code; stty -a | grep -o -- '.icanon'", "enter")
    made.shows("status=0", "icanon")
    assert "-icanon" not in made.text.replace("'.icanon'", "")
    made.press("exit", "enter")
    assert made.ends() == 0
    assert made.left_on == []


@pytest.mark.long
def test_ctrl_z_in_the_editor_stops_both_and_fg_brings_both_back(home: Path) -> None:
    with shell(home) as made:
        into_the_editor(made)
        made.press("ctrl+z")
        made.shows("Stopped")
        made.press("echo $((6 * 7)) back", "enter")  # the shell echoes, in lines
        made.shows("42 back")
        made.press("fg", "enter")
        made.shows("WENT ON True")
        made.press("z")
        made.shows("TYPED b'z'")
        made.press("ctrl+z")
        made.until(lambda: made.text.count("Stopped") == 2, "it is stopped once more")
        made.press("fg", "enter")
        made.until(lambda: made.text.count("WENT ON True") == 2, "it goes on once more")
        made.press("q")
        leave(made)


@pytest.mark.long
def test_a_background_continue_does_not_take_the_terminal(home: Path) -> None:
    with shell(home) as made:
        into_the_editor(made)
        made.press("ctrl+z")
        made.shows("Stopped")
        made.press("bg", "enter")
        made.press("echo $((6 * 7)) mine", "enter")
        made.shows("42 mine")
        made.press("fg", "enter")
        made.shows("WENT ON True")
        made.press("q")
        leave(made)


@pytest.mark.long
def test_ctrl_c_is_heard_by_the_editor_alone(home: Path) -> None:
    with shell(home) as made:
        into_the_editor(made)
        made.press("ctrl+c")
        made.shows("HEARD INT")
        made.press("q")
        leave(made)


@pytest.mark.long
def test_an_editor_that_is_killed_leaves_the_dashboard_and_the_modes_of_the_shell(home: Path) -> None:
    with shell(home) as made:
        into_the_editor(made)
        made.until(lambda: re.search(rb"EDITOR (\d+)\r", made.sent), "it says its number")
        number = re.findall(rb"EDITOR (\d+)\r", made.sent)[-1]
        os.kill(int(number), signal.SIGKILL)
        leave(made)


@pytest.mark.long
def test_ctrl_z_in_the_editor_does_nothing_without_a_job_control_shell(home: Path) -> None:
    told = environment(BATCHTUI_HOME=str(home), ANTHROPIC_API_KEY=KEY, HOME=str(home))
    told["EDITOR"] = f"{sys.executable} {home / 'editor.py'}"
    with window(batchtui(), told, size=(80, 24), cwd=home.parent / "desk") as made:
        modes = termios.tcgetattr(made.master)
        made.shows("evals")
        into_the_editor(made)
        made.press("ctrl+z")
        made.press("z")
        made.shows("TYPED b'z'")
        made.press("q")
        made.shows("ettings")
        made.press("ctrl+q")
        assert made.ends() == 0
        assert made.left_on == []
        assert termios.tcgetattr(made.master) == modes


@pytest.mark.long
def test_a_signal_to_end_reaches_the_editor_and_then_the_dashboard(home: Path) -> None:
    told = environment(BATCHTUI_HOME=str(home), ANTHROPIC_API_KEY=KEY, HOME=str(home))
    told["EDITOR"] = f"{sys.executable} {home / 'editor.py'}"
    with window(batchtui(), told, size=(80, 24), cwd=home.parent / "desk") as made:
        made.shows("evals")
        into_the_editor(made)
        made.process.send_signal(signal.SIGTERM)
        assert made.ends() == 128 + signal.SIGTERM
        assert made.left_on == []


@pytest.mark.long
def test_a_terminal_that_goes_while_the_editor_is_open_ends_the_dashboard(home: Path) -> None:
    with shell(home) as made:
        into_the_editor(made)
        made.until(lambda: re.search(rb"EDITOR (\d+)\r", made.sent), "it says its number")
        editor = int(re.findall(rb"EDITOR (\d+)\r", made.sent)[-1])
        dashboard = psutil.Process(editor).parent()
    # The shell was killed and could tell nobody; its terminal is closed.
    assert dashboard is not None
    dashboard.wait(PATIENCE)
