"""The dashboard in a real tmux: a way through every screen, sizes that change, and copies that reach the terminal."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.workspaces import KEY
from tests.tui.furnished import furnished
from tests.tui.places import PLACES, tour
from tests.tui.window import PATIENCE, batchtui, environment, window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

_NAMES = {"enter": "Enter", "esc": "Escape", "tab": "Tab", "space": "Space", "backspace": "BSpace"}
LOOKING = 0.05
"""Real seconds between two looks at a pane: tmux does not say when it has painted."""


@dataclass(frozen=True)
class Pane:
    """A pane of a tmux server of its own, which nobody else's settings reach."""

    name: str
    env: Mapping[str, str]

    def tmux(self, *words: str) -> str:
        """Have tmux do something, and return what it says."""
        command = ["tmux", "-L", self.name, "-f", "/dev/null", *words]
        return subprocess.run(command, env=dict(self.env), check=True, capture_output=True, text=True).stdout

    @property
    def text(self) -> str:
        """What is on the screen."""
        return self.tmux("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys."""
        for key in keys:
            self.tmux("send-keys", *([_NAMES[key]] if key in _NAMES else ["-l", key]))

    def shows(self, *words: str) -> None:
        """Wait until the screen shows these words, else fail."""
        end = time.monotonic() + PATIENCE
        while not all(word in self.text for word in words):
            assert time.monotonic() < end, f"{words} never showed in\n{self.text}"
            time.sleep(LOOKING)

    def shows_no_more(self, word: str) -> None:
        """Wait until this is no longer on the screen, else fail."""
        end = time.monotonic() + PATIENCE
        while word in self.text:
            assert time.monotonic() < end, f"{word!r} never went away in\n{self.text}"
            time.sleep(LOOKING)


@contextmanager
def pane(home: Path, size: tuple[int, int], *, then: str = "sleep 600", **env: str) -> Iterator[Pane]:
    """Run the dashboard in a tmux of its own; afterwards the server is gone."""
    told = environment(BATCHTUI_HOME=str(home), ANTHROPIC_API_KEY=KEY, HOME=str(home), **env)
    made = Pane(f"batchtui-trial-{os.getpid()}-{secrets.token_hex(3)}", told)
    columns, lines = map(str, size)
    command = f"{' '.join(batchtui())}; echo left with $?; {then}"
    try:
        made.tmux("new-session", "-d", "-x", columns, "-y", lines, "-c", str(home.parent / "desk"), command)
        made.tmux("set-option", "-g", "escape-time", "0")
        yield made
    finally:
        socket = made.tmux("display-message", "-p", "#{socket_path}").strip()
        made.tmux("kill-server")
        os.unlink(socket)  # noqa: PTH108  (tmux leaves it behind)


@pytest.mark.long
@pytest.mark.parametrize(
    "size", [(80, 24), pytest.param((160, 48), marks=pytest.mark.long), pytest.param((240, 60), marks=pytest.mark.long)]
)
async def test_a_way_through_every_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    home = await furnished(tmp_path)
    with pane(home, size) as made:
        made.shows("evals")
        seen = []
        for place in tour(made):
            seen.append(place.name)
            lines = made.text.splitlines()
            assert len(lines) <= size[1], place
            assert max(map(len, lines)) <= size[0], place
        assert seen == [place.name for place in PLACES]
        made.tmux("send-keys", "C-q")
        made.shows("left with 0")
        assert "evals" not in made.text, "what was on the screen before is there again"


@pytest.mark.long
async def test_it_follows_the_window_s_size(tmp_path: Path) -> None:
    home = await furnished(tmp_path)
    with pane(home, (80, 24)) as made:
        made.shows("evals", "STATE")
        for columns, lines in ((60, 15), (200, 50), (81, 24)):
            made.tmux("resize-window", "-x", str(columns), "-y", str(lines))
            made.shows("batchtui", "evals", "─" * columns)


@pytest.mark.long
async def test_a_copy_is_tmux_s_own_and_reaches_the_terminal_in_front(tmp_path: Path) -> None:
    home = await furnished(tmp_path)
    with pane(home, (100, 30)) as made:
        made.tmux("set-option", "-s", "set-clipboard", "on")
        made.tmux("set-option", "-g", "allow-passthrough", "on")
        with window(["tmux", "-L", made.name, "attach"], made.env, size=(100, 30)) as front:
            front.shows("evals")
            made.press("G", "y")
            made.shows("through tmux")
            copied = made.tmux("show-buffer")
            assert copied.startswith("msgbatch_01")
            data = base64.b64encode(copied.encode())
            front.until(lambda: data in front.sent, "the copy reaches the terminal")
