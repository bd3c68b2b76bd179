"""Desktop notices: in the words of each terminal, through multiplexers, and with nothing that breaks out of them."""

from __future__ import annotations

import pytest

from batchtui.text import osc

KITTY = {"TERM": "xterm-kitty"}
ITERM = {"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}
UNKNOWN = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("env", "kind"),
    [
        (KITTY, "99"),
        (ITERM, "9"),
        ({"TERM": "foot-direct"}, "777"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "777"),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "tmux"}, ""),
        ({}, ""),
    ],
)
def test_the_terminal_is_known_by_what_comes_through_ssh(env: dict[str, str], kind: str) -> None:
    assert osc.dialect(env) == kind


def test_each_dialect_has_its_words() -> None:
    assert osc.notice("a", "b", ITERM) == "\x1b]9;batchtui: a: b\a"
    assert osc.notice("a", "b", {"TERM": "foot"}) == "\x1b]777;notify;a;b\a"
    first, second = osc.notice("a", "b", KITTY).split("\a")[:2]
    assert first.startswith("\x1b]99;i=batchtui-")
    assert first.endswith(":d=0;a")
    assert second.endswith(":p=body;b")


def test_a_terminal_that_says_nothing_gets_both_common_forms() -> None:
    assert osc.notice("a", "b", UNKNOWN) == osc.notice("a", "b", ITERM) + osc.notice("a", "b", {"TERM": "foot"})


def test_two_notices_in_kitty_are_two() -> None:
    assert osc.notice("a", "b", KITTY).split(":")[0] != osc.notice("a", "c", KITTY).split(":")[0]


def test_inside_tmux_every_escape_is_doubled_within_one_wrapping() -> None:
    plain = osc.notice("a", "b", UNKNOWN)
    inside = osc.notice("a", "b", {**UNKNOWN, "TMUX": "/tmp/tmux,1,0"})
    assert inside == "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def test_inside_screen_no_piece_is_longer_than_screen_takes() -> None:
    inside = osc.notice("a" * 300, "b" * 300, {"TERM": "screen-256color"})
    pieces = inside.split("\x1b\\")[:-1]
    assert len(pieces) > 1
    assert all(piece.startswith("\x1bP") and len(piece) <= 256 for piece in pieces)


@pytest.mark.parametrize("bad", ["a\x1b\\b", "a\x07b", "a\x9cb", "\x1b]52;c;eA==\x07", "a;b", "\ud800", "a\nb\u202e"])
@pytest.mark.parametrize("env", [KITTY, ITERM, UNKNOWN])
def test_no_text_breaks_out(bad: str, env: dict[str, str]) -> None:
    tame, wild = osc.notice("a", "b", env), osc.notice(bad, bad, env)
    for sign in ("\x1b", "\a", ";"):
        assert wild.count(sign) == tame.count(sign)
    assert not {"\x9c", "\n", "\u202e", "\ud800"} & set(wild)


def test_the_text_of_osc_9_never_begins_with_a_number() -> None:
    assert osc.notice("4;1;50", "x", ITERM).startswith("\x1b]9;batchtui: 4,")
