"""Hostile names, ids, errors and answers on every screen: none drives the terminal, and columns stay in line."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.workspaces import KEY
from tests.tui.furnished import DRIVING, furnished, hostile
from tests.tui.places import tour
from tests.tui.story import ANSWER
from tests.tui.window import Window, batchtui, environment, window

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

CSI = re.compile(r"\x1b\[([0-?]*)([ -/]*[@-~])")
OSC = re.compile(r"\x1b\](?:2;batchtui[^\x07\x1b]*|22;[a-z]*)(?:\x1b\\|\x07)")
OTHER = re.compile(r"\x1bP[^\x1b]*\x1b\\|\x1b[=>78]")
MODES = frozenset({"7", "25", "1000", "1003", "1004", "1006", "1015", "1016", "1049", "2004", "2026", "2031", "2048"})
FINALS = frozenset({"H", "u", "t", "$p", "n", "c", "J", "K"})
NEVER = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069\ufeff\u200d]")
"""What nothing of ours sends outside of a sequence: of the controls only the ends of lines."""
QUIET = "[notify]\nbell = false\n"
"""Ours does not ring, so that nobody may."""
SLOW = 3.0
"""Real seconds in which even 10 MB are there to be read, on a busy machine."""


def dashboard(home: Path, size: tuple[int, int]) -> AbstractContextManager[Window]:
    """Run the dashboard at this home."""
    env = environment(BATCHTUI_HOME=str(home), ANTHROPIC_API_KEY=KEY, HOME=str(home))
    return window(batchtui(), env, size=size, cwd=home.parent / "desk")


def sent_by_others(sent: bytes) -> list[str]:
    """Everything in what was sent that nothing of ours sends."""
    whole = sent[: sent.rfind(b"\x1b")]  # the last one may still be on its way
    text = OTHER.sub("", OSC.sub("", whole.decode()))
    strange = [found.group() for found in CSI.finditer(text) if not _is_ours(found.group(1), found.group(2))]
    rest = CSI.sub("", text)
    return strange + [rest[max(0, found.start() - 20) : found.end() + 20] for found in NEVER.finditer(rest)]


def _is_ours(parameters: str, final: str) -> bool:
    if final in ("h", "l"):
        return parameters.startswith("?") and MODES.issuperset(parameters[1:].split(";"))
    if final == "m":
        return not re.search(r"(^|;)[568](;|$)", re.sub(r"[34]8;(2;\d+;\d+;\d+|5;\d+)", "", parameters))
    return final in FINALS and not (final == "H" and parameters == "77;77")


def frames(made: Window) -> list[set[int]]:
    """In which columns the frame of a dialog stands, line by line from its top to its bottom."""
    lines = made.lines
    top = next((y for y, line in enumerate(lines) if "╭" in line), None)
    bottom = next((y for y, line in enumerate(lines) if "╰" in line), None)
    if top is None or bottom is None:
        return []
    # The second cell of a wide character holds nothing, which is `in` every string.
    edges = {x for x in range(made.screen.columns) if made.screen.buffer[top][x].data in ("╭", "╮")}
    return [{x for x in edges if made.screen.buffer[y][x].data == "│"} ^ edges for y in range(top + 1, bottom)]


@pytest.mark.long
@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_no_screen_lets_anything_through(tmp_path: Path, size: tuple[int, int]) -> None:
    home = await furnished(tmp_path, hostile(), settings=QUIET)
    with dashboard(home, size) as made:
        made.shows("evals")
        for place in tour(made):
            assert sent_by_others(bytes(made.sent)) == [], place.name
            made.until(lambda: not any(frames(made)), f"the frame is in line: {place.name}")
        made.press("ctrl+q")
        assert made.ends() == 0
        assert made.left_on == []


@pytest.mark.long
async def test_the_columns_of_a_list_stay_in_line(tmp_path: Path) -> None:
    home = await furnished(tmp_path, hostile(), settings=QUIET)
    with dashboard(home, (160, 48)) as made:
        made.shows("REQUESTS", "evals", "40,000")
        head = next(y for y, line in enumerate(made.lines) if "REQUESTS" in line)
        ends = made.lines[head].index("REQUESTS") + len("REQUESTS") - 1

        def numbers() -> str:
            return "".join(made.screen.buffer[y][ends].data for y in range(head + 1, head + 6))

        made.until(lambda: numbers() == "00088", "the last digits of 800, 40,000, 40,000, 8 and 8 below each other")


@pytest.mark.long
async def test_an_answer_of_ten_megabytes_is_read_at_once_and_drives_nothing(tmp_path: Path) -> None:
    piece = ANSWER + DRIVING + "日本語 👩‍👩‍👧 " + "\u202e[/x] [bold\n"
    home = await furnished(tmp_path, settings=QUIET, answer=piece * (10_000_000 // len(piece.encode())))
    with dashboard(home, (100, 30)) as made:
        made.shows("evals")
        made.press("G", "enter")
        made.shows("doc-1")
        made.press("g")
        for keys, shown in (
            (("enter",), "# Verdict"),
            (("m",), "• it names its source"),
            (("m",), 'type: "succeeded"'),
        ):
            begun = time.monotonic()
            made.press(*keys)
            made.shows(shown)
            assert time.monotonic() - begun < SLOW, keys
        begun = time.monotonic()
        made.press("ctrl+q")
        assert made.ends() == 0
        assert time.monotonic() - begun < SLOW
        assert sent_by_others(bytes(made.sent)) == []
