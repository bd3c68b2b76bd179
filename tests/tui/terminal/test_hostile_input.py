"""The dashboard on a real pseudo-terminal that sends what it was not asked for: nothing is done, and nothing breaks."""

from __future__ import annotations

import asyncio
import os
import re
import select
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.support.workspaces import KEY
from tests.tui.furnished import furnished
from tests.tui.terminal.terminal_bytes import ANSWERS, key_like, noise, report
from tests.tui.window import Window, batchtui, environment, window

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

LIST = "⏎ open"
SIGNALS = b"\x03\x1a\x1c"
"""Keys that a terminal makes signals of while an editor has it."""
STALLED = 1.5
"""Real seconds after which a sequence that never ended has been given up."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(furnished(tmp_path_factory.mktemp("hostile-input")))


def dashboard(home: Path) -> AbstractContextManager[Window]:
    """Run the dashboard at this home."""
    told = environment(BATCHTUI_HOME=str(home), ANTHROPIC_API_KEY=KEY, HOME=str(home))
    told |= {"PAGER": "true", "EDITOR": "true", "VISUAL": "true"}  # noise is not for a real one: less runs commands
    return window(batchtui(), told, size=(100, 30), cwd=home.parent / "desk")


def send(made: Window, data: bytes) -> bool:
    """Have the terminal send this, as fast as it is taken. Returns whether there still is somebody to take it."""
    while data:
        readable, writable, _ = select.select([made.master], [made.master], [], 60)
        if readable and not made.read(0):
            return False
        if writable:
            try:
                data = data[os.write(made.master, data[:2048]) :]
            except OSError:
                return False
    return True


def what_is_shown(lines: list[str]) -> tuple[list[str], str]:
    """Return the rows by name, the one with the cursor marked, and the footer; figures come in the background."""
    rows = (re.search(r"(▌?).*?(evals-v2|evals|nightly \d/\d|lost)", line) for line in lines[3:-1])
    return ["".join(row.groups()) for row in rows if row], lines[-1]


def is_as_before(made: Window, screen: list[str]) -> None:
    """Find the same rows on the screen, and the next key heard."""
    made.read(STALLED)
    assert made.process.poll() is None, made.text
    assert what_is_shown(made.lines) == what_is_shown(screen)
    made.press("?")
    made.shows("Keys")
    made.press("esc")
    made.shows(LIST)


@pytest.mark.long
def test_late_answers_of_the_terminal_do_nothing(home: Path) -> None:
    with dashboard(home) as made:
        made.shows(LIST, "evals")
        made.read(1.0)
        screen = made.lines
        for answer in ANSWERS:
            assert send(made, answer.encode())
        is_as_before(made, screen)
        made.press("ctrl+q")
        assert made.ends() == 0
        assert b"Traceback" not in made.sent


def fuzz(home: Path, count: int, seed: int) -> None:
    """Send so many strings: answers that must do nothing, and then keys and noise that may do what keys do."""
    random = Random(seed)
    with dashboard(home) as made:
        made.shows(LIST, "evals")
        made.read(1.0)
        screen = made.lines
        for number in range(count // 2):
            data = report(random).encode()
            cut = random.randrange(len(data) + 1)
            assert send(made, data[:cut]), made.text
            assert send(made, data[cut:]), made.text
            if number % 1000 == 0:
                made.sent.clear()
        is_as_before(made, screen)
        assert b"Traceback" not in made.sent
    left = count - count // 2
    while left:
        with dashboard(home) as made:
            made.shows(LIST)
            made.stream.detach(made.screen)  # painting takes longer than all the rest, and nobody looks
            while left:
                left -= 1
                if not send(made, random.choice((key_like(random).encode(), noise(random).translate(None, SIGNALS)))):
                    break
            else:
                send(made, b"\x18")
                made.read(STALLED)
                made.press("ctrl+q")
            assert made.ends() == 0, made.text  # noise holds ctrl+q, too
            assert b"Traceback" not in made.sent


@pytest.mark.long
def test_strings_of_the_grammars_of_xterm_and_kitty_do_nothing_and_noise_breaks_nothing(home: Path) -> None:
    fuzz(home, 1_000, seed=20261130)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_100_000_strings_do_nothing_that_no_key_asked_for(tmp_path: Path) -> None:
    fuzz(asyncio.run(furnished(tmp_path)), 100_000, seed=20261201)
