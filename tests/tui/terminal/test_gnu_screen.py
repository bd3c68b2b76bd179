"""The dashboard in a real GNU screen: a way through every screen of ours, with every key that is pressed."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.workspaces import KEY
from tests.tui.furnished import furnished
from tests.tui.places import PLACES, tour
from tests.tui.window import Window, batchtui, environment, window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("screen") is None, reason="GNU screen is not installed")


@contextmanager
def gnu_screen(home: Path, sockets: Path) -> Iterator[Window]:
    """Run the dashboard in a GNU screen that nobody's settings reach, in a terminal with all colours."""
    sockets.chmod(0o700)
    told = {"BATCHTUI_HOME": str(home), "ANTHROPIC_API_KEY": KEY, "HOME": str(home), "COLORTERM": "truecolor"}
    env = environment(**told, SCREENDIR=str(sockets))
    screen = ["screen", "-c", "/dev/null", "-S", "trial"]
    try:
        with window([*screen, "-U", *batchtui()], env, size=(80, 24), cwd=home.parent / "desk") as made:
            yield made
    finally:
        subprocess.run([*screen, "-X", "quit"], env=env, check=False, capture_output=True)


@pytest.mark.long
async def test_it_has_the_colours_that_screen_has(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = await furnished(tmp_path)
    with gnu_screen(home, tmp_path_factory.mktemp("s")) as made:  # the path of a socket must be short
        made.shows("evals", "? help")
        colours = {made.screen.buffer[y][x].bg for y in range(24) for x in range(80)}
        assert colours <= {"default", "121212", "00005f"}, "the ground, and the row under the cursor"
        made.press("ctrl+q")
        assert made.ends() == 0


@pytest.mark.long
async def test_a_way_through_every_screen(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = await furnished(tmp_path)
    with gnu_screen(home, tmp_path_factory.mktemp("s")) as made:
        made.shows("evals")
        assert [place.name for place in tour(made)] == [place.name for place in PLACES]
        made.press("ctrl+q")
        assert made.ends() == 0
        assert made.left_on == []
