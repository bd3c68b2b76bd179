"""However the dashboard ends, the terminal is usable afterwards, and the exit code says how it ended."""

from __future__ import annotations

import asyncio
import os
import select
import shlex
import signal
import sys
import termios
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.workspaces import KEY
from tests.tui.furnished import furnished
from tests.tui.window import PATIENCE, Window, batchtui, environment, window

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

BROKEN = (
    "from batchtui.tui.terminal import driver\n"
    "tokens = driver.InputParser._messages\n"
    "def broken(parser, token):\n"
    "    if token == 'X': {}\n"
    "    return tokens(parser, token)\n"
    "driver.InputParser._messages = broken\n"
    "from batchtui.cli.main import main\n"
    "main()"
)
"""A dashboard in which X does what is put in."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(furnished(tmp_path_factory.mktemp("ends")))


def dashboard(home: Path, argv: Sequence[str] = batchtui()) -> AbstractContextManager[Window]:
    """Run the dashboard at this home."""
    told = environment(BATCHTUI_HOME=str(home), ANTHROPIC_API_KEY=KEY, HOME=str(home))
    return window(argv, told, size=(80, 24), cwd=home.parent / "desk")


def broken_by(statement: str) -> list[str]:
    """The command line of a dashboard in which X executes this."""
    return [sys.executable, "-c", BROKEN.format(statement)]


def is_usable(made: Window, modes: list[object]) -> None:
    """Read on until everything is switched off and the modes are as they were."""
    end = time.monotonic() + PATIENCE
    while made.left_on or termios.tcgetattr(made.master) != modes:
        assert time.monotonic() < end, (made.left_on, termios.tcgetattr(made.master), modes)
        if select.select([made.master], [], [], 0.05)[0]:
            made.read(0)


@pytest.mark.long
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM"])
def test_a_signal_ends_it_cleanly_with_128_and_its_number(home: Path, name: str) -> None:
    with dashboard(home) as made:
        modes = termios.tcgetattr(made.master)
        made.shows("evals")
        made.process.send_signal(signal.Signals[name])
        assert made.ends() == 128 + signal.Signals[name]
        assert made.left_on == []
        assert termios.tcgetattr(made.master) == modes
        assert b"Traceback" not in made.sent


@pytest.mark.long
@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL", "SIGBUS"])
def test_a_signal_that_kills_it_at_once_leaves_the_terminal_usable(home: Path, name: str) -> None:
    with dashboard(home) as made:
        modes = termios.tcgetattr(made.master)
        made.shows("evals")
        made.process.send_signal(signal.Signals[name])
        assert made.ends() == -signal.Signals[name]
        is_usable(made, modes)


@pytest.mark.long
def test_a_crash_of_the_interpreter_is_written_to_a_file(home: Path) -> None:
    file = home / "logs" / "crash.log"
    with dashboard(home, broken_by("import ctypes; ctypes.string_at(0)")) as made:
        modes = termios.tcgetattr(made.master)
        made.shows("evals")
        made.press("X")
        assert made.ends() == -signal.SIGSEGV
        is_usable(made, modes)
    assert "Segmentation fault" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    file.unlink()


@pytest.mark.long
def test_no_empty_crash_file_is_left_behind(home: Path) -> None:
    (home / "logs" / "crash.log").unlink(missing_ok=True)
    with dashboard(home) as made:
        made.shows("evals")
        made.press("ctrl+q")
        assert made.ends() == 0
    assert not (home / "logs" / "crash.log").exists()


@pytest.mark.long
def test_a_fault_of_the_reader_of_keys_ends_it_with_70_and_is_logged(home: Path) -> None:
    with dashboard(home, broken_by("raise RuntimeError('a fault of ours')")) as made:
        made.shows("evals")
        made.press("X")
        assert made.ends() == 70
        assert made.left_on == []
        assert "Internal error in batchtui: RuntimeError: a fault of ours" in made.text
    assert "RuntimeError: a fault of ours" in (home / "logs" / "batchtui.log").read_text()


@pytest.mark.long
def test_a_hangup_that_is_ignored_does_not_end_it(home: Path) -> None:
    with dashboard(home, ["/bin/sh", "-c", f"trap '' HUP; exec {shlex.join(batchtui())}"]) as made:
        made.shows("evals")
        os.kill(made.process.pid, signal.SIGHUP)
        made.press("?")
        made.shows("Keys")
        made.press("esc", "ctrl+q")
        assert made.ends() == 0


@pytest.mark.long
def test_a_stop_that_no_shell_could_end_does_not_freeze_it(home: Path) -> None:
    with dashboard(home) as made:
        made.shows("evals")
        made.process.send_signal(signal.SIGTSTP)
        made.until(lambda: made.sent.count(b"\x1b[?1049h") == 2, "it takes the screen once more")
        made.press("?")
        made.shows("Keys")
        made.press("esc", "ctrl+q")
        assert made.ends() == 0
        assert made.left_on == []


@pytest.mark.long
@pytest.mark.parametrize(
    "text", ["x" * 1_000_000, "x y\n" * 250_000, "\x1b[B" * 300_000], ids=["one line", "lines", "esc"]
)
def test_a_megabyte_that_is_pasted_into_a_field_is_there_within_seconds(home: Path, text: str) -> None:
    with dashboard(home) as made:
        made.shows("evals")
        made.press("/")
        begun = time.monotonic()
        data = b"\x1b[200~" + text.encode() + b"\x1b[201~"
        while data:
            _, writable, _ = select.select([], [made.master], [], 10)
            assert writable
            data = data[os.write(made.master, data[:4096]) :]
        made.press("esc", "ctrl+q")
        assert made.ends() == 0
        assert time.monotonic() - begun < 5
