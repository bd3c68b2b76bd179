"""Composing in a real terminal: a draft outlives whatever ends the program, and texts go to an editor and come back."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.tui.window import batchtui, environment, window

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.long
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGHUP])
def test_a_draft_outlives_the_program(tmp_path: Path, end: signal.Signals) -> None:
    env = environment(BATCHTUI_HOME=str(tmp_path / "home"), HOME=str(tmp_path))
    with window(batchtui(), env, size=(120, 36)) as made:
        made.shows("No batches yet")
        made.press("N")
        made.shows("T-1001", "prompt")
        made.press("j", "j", "enter", *" And why?")
        made.shows("stops at 90 %", "about? And why?")
        made.until(lambda: made.text.count("And why?") > 1, "it stands in the request, too")
        made.process.send_signal(end)
        made.ends()
    with window(batchtui(), env, size=(120, 36)) as made:
        made.shows("No batches yet")
        made.press("N")
        made.shows("T-1001", "about? And why?")


@pytest.mark.long
def test_a_text_goes_to_the_editor_and_comes_back(tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf \'Said by hand: {{ text }}\\n\' > "$1"\nls -l "$1" > "$1.seen" || true\n')
    editor.chmod(0o700)
    env = environment(BATCHTUI_HOME=str(tmp_path / "home"), HOME=str(tmp_path), EDITOR=str(editor))
    with window(batchtui(), env, size=(120, 36)) as made:
        made.shows("No batches yet")
        made.press("N")
        made.shows("T-1001", "12 requests of 12 rows")
        made.press("j", "j", "e")
        made.shows("Said by hand: {{ text }}", "Said by hand: The export stops")
        made.press("ctrl+q")
        assert made.ends() == 0
        assert made.left_on == []
