"""Terminals of every kind: what starts on them, what is sent to them, and how they are left."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import termios
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.workspaces import KEY
from tests.tui.furnished import furnished
from tests.tui.window import Window, batchtui, environment, window

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
NO_COLOURS = frozenset({0, 1, 2, 3, 4, 7, 21, 22, 23, 24, 27, 39, 49})
"""Bold, dim, italic, underlined, reversed, each switched off; and the terminal's own colour and ground."""
SIXTEEN = frozenset({*range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108)})


def quick(few: Sequence[Any], *others: Any) -> list[Any]:
    """Values for a test: a few in every run, the others in the long one."""
    return [*few, *(pytest.param(value, marks=pytest.mark.long) for value in others)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(furnished(tmp_path_factory.mktemp("matrix")))


def dashboard(home: Path, *, size: tuple[int, int] = (80, 24), **env: str) -> AbstractContextManager[Window]:
    """Run the dashboard at this home in a terminal of this kind."""
    told = environment(**{"BATCHTUI_HOME": str(home), "ANTHROPIC_API_KEY": KEY, "HOME": str(home), **env})
    return window(batchtui(), told, size=size, cwd=home.parent / "desk")


def read(made: Window) -> None:
    """Open an answer."""
    made.shows("evals")
    made.press("G", "enter")
    made.shows("doc-1")
    made.press("g", "enter")
    made.shows("rendered  JSON", "Verdict")


def lent(made: Window, key: str) -> None:
    """Lend the terminal with a key, and wait until it is back."""
    begun = len(made.sent)
    made.press(key)
    made.until(lambda: b"\x1b[?1049h" in made.sent[begun:], "the dashboard is back")
    made.shows("rendered  JSON", "Verdict")


def looked_at(made: Window) -> None:
    """Look at a few screens, and leave."""
    made.shows("evals", "ended", "in progress")
    made.press("$")
    made.shows("SHARE")
    made.press("q")
    made.shows_no_more("SHARE")
    made.press("ctrl+q")
    assert made.ends() == 0
    assert made.left_on == []


def styles(made: Window) -> set[tuple[int, ...]]:
    """The parameters of all styles that were sent."""
    found = (match.group(1).replace(b":", b";") for match in SGR.finditer(bytes(made.sent)))
    return {tuple(int(number or 0) for number in numbers.split(b";")) for numbers in found}


def colours(made: Window) -> set[tuple[int, ...]]:
    """The styles that have a colour in them."""
    return {style for style in styles(made) if not NO_COLOURS.issuperset(style)}


@pytest.mark.long
@pytest.mark.parametrize(
    "term", quick(["xterm-256color", "linux"], "xterm", "screen", "screen-256color", "tmux-256color", "vt100")
)
def test_it_starts_and_leaves_on_a_terminal_of_this_kind(home: Path, term: str) -> None:
    with dashboard(home, TERM=term) as made:
        looked_at(made)
        beyond = {style for style in colours(made) if not SIXTEEN.union(NO_COLOURS).issuperset(style)}
        assert bool(beyond) is term.endswith("256color")


@pytest.mark.long
@pytest.mark.parametrize(
    "size", quick([(60, 15), (400, 100)], (80, 24), (132, 43)), ids=lambda size: f"{size[0]}x{size[1]}"
)
def test_it_fits_a_terminal_of_this_size(home: Path, size: tuple[int, int]) -> None:
    with dashboard(home, size=size) as made:
        made.shows("evals", "ended")
        made.until(lambda: made.lines.count("─" * size[0]) >= 1, "the rule is as wide as the screen")
        made.resize(100, 30)
        made.until(lambda: "─" * 100 in made.lines, "it takes on the new size")
        looked_at(made)


@pytest.mark.long
@pytest.mark.parametrize(
    "env", quick([{"TERM": "xterm-ghostty"}], {"COLORTERM": "truecolor"}, {"TERM": "foot-direct"}), ids=str
)
def test_truecolor_where_the_terminal_says_so_or_is_known_to_have_it(home: Path, env: dict[str, Any]) -> None:
    with dashboard(home, **env) as made:
        looked_at(made)
        assert any(style[0] in (38, 48) and style[1] == 2 for style in colours(made))


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"TERM": "screen.xterm-256color", "COLORTERM": "truecolor"}, "256 colours, encoding utf-8, in screen"),
        ({"TERM": "alacritty", "SSH_CONNECTION": "1 2 3 4"}, "24-bit colour, encoding utf-8, over SSH"),
        ({"TERM": "linux", "NO_COLOR": "1"}, "no colour (NO_COLOR), encoding"),
    ],
)
def test_the_doctor_says_what_the_dashboard_takes_the_terminal_for(home: Path, env: dict[str, str], said: str) -> None:
    told = environment(**{"BATCHTUI_HOME": str(home), "ANTHROPIC_API_KEY": KEY, "HOME": str(home), **env})
    with window(batchtui("doctor", "--offline"), told, size=(160, 48)) as made:
        made.shows(said)


@pytest.mark.long
@pytest.mark.parametrize("term", quick(["xterm-256color"], "xterm"))
def test_no_colour_at_all_with_no_color(home: Path, term: str) -> None:
    with dashboard(home, TERM=term, NO_COLOR="1", COLORTERM="truecolor") as made:
        looked_at(made)
        assert colours(made) == set()


@pytest.mark.long
def test_an_empty_no_color_does_not_count(home: Path) -> None:
    with dashboard(home, NO_COLOR="") as made:
        looked_at(made)
        assert colours(made)


@pytest.mark.parametrize("locale", quick(["C"], "POSIX"))
def test_nothing_but_ascii_where_the_locale_knows_no_more(home: Path, locale: str) -> None:
    with dashboard(home, LANG=locale, LC_ALL=locale) as made:
        looked_at(made)
        assert bytes(made.sent).isascii()


@pytest.mark.parametrize("term", quick(["dumb"], ""))
def test_a_terminal_that_knows_no_screen_gets_the_list(home: Path, term: str) -> None:
    with dashboard(home, TERM=term) as made:
        assert made.ends() == 0
        assert b"evals" in made.sent
        assert b"\x1b[?" not in made.sent


@pytest.mark.long
def test_a_demo_on_a_terminal_that_knows_no_screen_is_told_as_text(tmp_path: Path) -> None:
    env = environment(TERM="dumb", HOME=str(tmp_path), TMPDIR=str(tmp_path))
    with window(batchtui("demo", "--speed", "60"), env) as made:
        assert made.ends() == 0
        assert b"In a terminal" in made.sent
        assert b"\x1b[?" not in made.sent


@pytest.mark.long
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_the_terminal_as_it_was(home: Path, sent: signal.Signals, code: int) -> None:
    with dashboard(home) as made:
        before = termios.tcgetattr(made.master)
        made.shows("evals")
        made.press("*", "c")
        made.shows("Cancel 2 batches: ")
        made.process.send_signal(sent)
        assert made.ends() == code
        assert made.left_on == []
        assert termios.tcgetattr(made.master)[3] == before[3]


@pytest.mark.long
def test_a_fault_of_the_program_leaves_the_terminal_as_it_was_and_says_where_the_details_are(home: Path) -> None:
    program = (
        "from batchtui.tui.screens.spending.screen import SpendingScreen\n"
        "def fault(*_): raise ZeroDivisionError('a fault that a test has made')\n"
        "SpendingScreen.content = fault\n"
        "from batchtui.cli.main import main; main()"
    )
    env = environment(BATCHTUI_HOME=str(home), ANTHROPIC_API_KEY=KEY)
    with window([batchtui()[0], "-c", program], env, size=(80, 24)) as made:
        made.shows("evals")
        made.press("$")
        assert made.ends() == 70
        assert made.left_on == []
        after = bytes(made.sent).rpartition(b"\x1b[?1049l")[2].decode()
        assert "a fault that a test has made" in after
        assert "Traceback" not in after
        assert "batchtui.log" in after.replace("\r\n", "")


@pytest.mark.long
def test_the_pager_gets_the_answer_and_gives_the_screen_back(home: Path, tmp_path: Path) -> None:
    got = tmp_path / "got"
    with dashboard(home, PAGER=f"sh -c 'cat >{got}; echo \"in the pager\"'") as made:
        read(made)
        lent(made, "v")
        assert "# Verdict" in got.read_text()
        assert "in the pager" in bytes(made.sent).decode()
        made.press("ctrl+q")
        assert made.ends() == 0
        assert made.left_on == []


@pytest.mark.long
def test_the_editor_gets_a_copy_that_is_gone_afterwards(home: Path, tmp_path: Path) -> None:
    got = tmp_path / "got"
    with dashboard(home, EDITOR=f'sh -c \'echo "$0" >{got}; cat "$0" >>{got}\'') as made:
        read(made)
        lent(made, "e")
        assert "# Verdict" in got.read_text()
        file = got.read_text().splitlines()[0]
        assert file.endswith("doc-1.md")
        made.press("j", "ctrl+q")
        assert made.ends() == 0
        assert subprocess.run(["test", "-e", file], check=False).returncode == 1


@pytest.mark.long
def test_ctrl_c_ends_the_pager_and_not_the_dashboard(home: Path) -> None:
    reader = "import sys, time; sys.stdin.read(); print('paged', flush=True); time.sleep(60)"
    with dashboard(home, PAGER=f'{sys.executable} -c "{reader}"') as made:
        read(made)
        made.press("v")
        made.until(lambda: b"paged" in made.sent, "the pager was started")
        begun = len(made.sent)
        made.press("ctrl+c")
        made.until(lambda: b"\x1b[?1049h" in made.sent[begun:], "the dashboard is back")
        made.press("q")
        made.shows("results")
        made.press("ctrl+q")
        assert made.ends() == 0


@pytest.mark.long
def test_a_pager_that_is_not_there_is_said(home: Path) -> None:
    with dashboard(home, PAGER="/not/there") as made:
        read(made)
        made.press("v")
        made.shows("cannot be started", "$PAGER")
        made.press("esc")
        made.shows_no_more("cannot be started")
        made.press("ctrl+q")
        assert made.ends() == 0
        assert made.left_on == []
