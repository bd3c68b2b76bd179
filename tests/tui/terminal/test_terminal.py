"""What the environment says of the terminal, and the sequences sent to it."""

from __future__ import annotations

import base64

import pytest

from batchtui.tui.rendering.themes import ANSI, DARK, LIGHT, LOOKS, pick_scheme
from batchtui.tui.terminal import environment as terminal
from batchtui.tui.terminal.environment import TerminalInfo


@pytest.mark.parametrize(
    ("env", "colours"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, 1 << 24),
        ({"TERM": "xterm-256color"}, 256),
        ({"TERM": "tmux-256color"}, 256),
        ({"TERM": "xterm-ghostty"}, 1 << 24),
        ({"TERM": "foot-direct"}, 1 << 24),
        ({"TERM": "xterm"}, 16),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, 0),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, 256),
        ({"TERM": "screen.xterm-256color", "COLORTERM": "truecolor"}, 256),
        ({"TERM": "screen", "COLORTERM": "truecolor", "STY": "7.pts-0"}, 16),
    ],
)
def test_the_number_of_colours_follows_the_environment(env: dict[str, str], colours: int) -> None:
    assert TerminalInfo.of(env).colours == colours


@pytest.mark.parametrize(
    ("env", "is_ascii"),
    [({"LANG": "C"}, True), ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, True), ({"LANG": "en_US.ISO-8859-1"}, True),
     ({"LANG": "C.UTF-8"}, False), ({"LANG": "de_DE.utf8"}, False), ({}, False)],
)  # fmt: skip
def test_ascii_is_drawn_where_the_locale_knows_no_more(env: dict[str, str], is_ascii: bool) -> None:
    assert TerminalInfo.of(env).ascii_only is is_ascii


@pytest.mark.parametrize(
    ("env", "is_one"),
    [({"TERM": "screen.xterm-256color"}, True), ({"TERM": "screen", "STY": "7.pts-0"}, True),
     ({"TERM": "screen-256color", "TMUX": "/tmp/tmux"}, False), ({"TERM": "tmux-256color", "STY": "7.pts-0"}, False),
     ({"TERM": "screen"}, False)],
)  # fmt: skip
def test_gnu_screen_is_distinguished_from_tmux_which_says_that_it_is_a_screen_too(
    env: dict[str, str], is_one: bool
) -> None:
    assert TerminalInfo.of(env).is_gnu_screen is is_one


def test_a_light_ground_is_known_by_colorfgbg() -> None:
    assert TerminalInfo.of({"COLORFGBG": "0;15"}).light
    assert not TerminalInfo.of({"COLORFGBG": "15;0"}).light


def test_the_clipboard_is_set_by_osc_52() -> None:
    data = base64.b64encode("msgbatch_1 é".encode()).decode()
    assert terminal.clipboard("msgbatch_1 é") == f"\x1b]52;c;{data}\a"


def test_inside_tmux_the_copy_goes_out_plain_and_wrapped() -> None:
    plain = terminal.clipboard("x")
    assert terminal.clipboard("x", "tmux") == plain + "\x1bPtmux;\x1b" + plain + "\x1b\\"


def test_a_copy_never_exceeds_what_terminals_take() -> None:
    assert len(terminal.clipboard("x" * 1_000_000)) < 100_000


@pytest.mark.parametrize("bad", ["a\x1b\\b", "a\x07b", "a\x9cb", "\x1b]52;c;eA==\x07"])
def test_no_text_breaks_out_of_the_title(bad: str) -> None:
    assert terminal.title(bad).count("\x1b") == 2
    assert "\x07" not in terminal.title(bad)
    assert "\x9c" not in terminal.title(bad)


def test_few_colours_mean_the_terminal_s_own_whatever_is_set() -> None:
    assert pick_scheme("dark", colours=16, light=False) is ANSI
    assert pick_scheme("high-contrast", colours=0, light=False) is ANSI


def test_auto_goes_by_the_ground() -> None:
    assert pick_scheme("auto", colours=256, light=False) is DARK
    assert pick_scheme("auto", colours=256, light=True) is LIGHT


@pytest.mark.parametrize("name", sorted(LOOKS))
def test_every_look_has_a_style_for_every_tone(name: str) -> None:
    assert LOOKS[name].styles()


def test_the_terminal_s_own_look_names_no_colour_of_ours() -> None:
    colours = [style.color for style in ANSI.styles().values() if style.color] + [
        style.bgcolor for style in ANSI.styles().values() if style.bgcolor
    ]
    assert all(colour.number is not None and colour.number < 16 for colour in colours)
