"""What terminals send becomes the key that was pressed, the text that was pasted, or nothing."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from textual.events import AppBlur, AppFocus, Key, MouseDown, MouseEvent, Paste
from textual.messages import TerminalSupportsSynchronizedOutput

from batchtui.tui.terminal.driver import InputParser
from batchtui.tui.terminal.input_tokenizer import (
    ESCAPE_SECONDS,
    LARGEST_PASTE,
    PASTE_END,
    PASTE_STALL_SECONDS,
    PASTE_START,
    STALL_SECONDS,
    UNSURE_SECONDS,
)
from tests.tui.terminal.terminal_bytes import ANSWERS, ST, key_like, noise, report

if TYPE_CHECKING:
    from textual.message import Message


class Line:
    """A parser and what it has heard, with a clock that a test turns."""

    def __init__(self, *used: str) -> None:
        self.now = 100.0
        self.parser = InputParser(lambda key: key in used, clock=lambda: self.now)
        self.heard: list[Message] = []

    def send(self, data: str) -> Line:
        """Have one read bring this."""
        self.heard += self.parser.feed(data)
        return self

    def wait(self, seconds: float) -> Line:
        """Let time pass."""
        self.now += seconds
        self.heard += self.parser.tick()
        return self

    @property
    def keys(self) -> list[str]:
        """The keys that were heard."""
        return [event.key for event in self.heard if isinstance(event, Key)]

    @property
    def pastes(self) -> list[str]:
        """The texts that were pasted."""
        return [event.text for event in self.heard if isinstance(event, Paste)]


def test_answers_of_the_terminal_are_swallowed_whole_and_the_key_behind_them_is_heard() -> None:
    loud = [answer for answer in ANSWERS if Line().send(answer).send("j").keys != ["j"]]
    assert loud == []


def test_answers_are_swallowed_wherever_two_reads_cut_them() -> None:
    loud = [
        (answer, cut)
        for answer in ANSWERS
        for cut in range(1, min(len(answer), 80))
        if Line().send(answer[:cut]).wait(0.08).send(answer[cut:]).send("j").keys != ["j"]
    ]
    assert loud == []


def test_answers_are_swallowed_when_they_come_byte_by_byte() -> None:
    line = Line()
    for answer in ANSWERS:
        for char in answer:
            line.send(char).wait(0.05)
        assert line.keys == [], answer[:99]


def test_of_an_answer_whose_esc_came_long_before_its_rest_only_the_esc_is_heard() -> None:
    loud = [
        answer
        for answer in ANSWERS
        if answer[:2] in ("\x1b[", "\x1b]", "\x1bP", "\x1b_") and answer[2:3] in tuple("0123456789?><Gl")
        if Line().send("\x1b").wait(ESCAPE_SECONDS).send(answer[1:]).send("j").keys != ["escape", "j"]
    ]
    assert loud == []


def test_an_answer_that_never_ends_is_given_up_after_a_second() -> None:
    line = Line().send("\x1b]11;rgb:ff").wait(STALL_SECONDS).send("c")
    assert line.keys == ["c"]


@pytest.mark.parametrize(
    ("sequence", "keys"),
    [
        ("\x1b[97:65;6u", ["ctrl+shift+a"]),
        ("\x1b[97:65;2u", ["A"]),
        ("\x1b[97:65;2;65u", ["A"]),
        ("\x1b[43::45;3u", ["alt+plus"]),
        ("\x1b[1086::106u", ["о"]),
        ("\x1b[1086::106;5u", ["ctrl+о"]),
        ("\x1b[106;1:1u", ["j"]),
        ("\x1b[106;1:2u", ["j"]),
        ("\x1b[106u", ["j"]),
        ("\x1b[106;129u", ["j"]),
        ("\x1b[113;5u", ["ctrl+q"]),
        ("\x1b[13u", ["enter"]),
        ("\x1b[13;129u", ["enter"]),
        ("\x1b[27u", ["escape"]),
        ("\x1b[9;2u", ["shift+tab"]),
        ("\x1b[0;;229u", ["å"]),
        ("\x1b[0;;229:228u", ["å", "ä"]),
        ("\x1b[1;5:2B", ["ctrl+down"]),
        ("\x1b[1;1:1B", ["down"]),
        ("\x1b[3;1:1~", ["delete"]),
        ("\x1b[3;5~", ["ctrl+delete"]),
        ("\x1b[27;5;106~", ["ctrl+j"]),
        ("\x1b[27;5;13~", ["ctrl+enter"]),
        ("\x1b[99;5;99u", ["ctrl+c"]),
        ("\x1bO5A", ["ctrl+up"]),
        ("\x1b[[A", ["f1"]),
        ("\x1b[3$", ["shift+delete"]),
        ("\x1b[Z", ["shift+tab"]),
        ("\x1b[15;2~", ["shift+f5"]),
        ("\x1b[A\x1bOA\x1b[H\x1b[5~\x1bOP", ["up", "up", "home", "pageup", "f1"]),
        ("\x1b\x1b[A", ["escape", "up"]),
        ("jé漢", ["j", "é", "漢"]),
    ],
)
def test_keys_of_every_protocol_are_the_key(sequence: str, keys: list[str]) -> None:
    assert Line().send(sequence).keys == keys
    by_byte = Line()
    for char in sequence:
        by_byte.send(char)
    assert by_byte.keys == keys


@pytest.mark.parametrize(
    ("packets", "keys"),
    [
        (("$\x1ba\x1b!",), ["dollar_sign", "escape", "a", "escape", "exclamation_mark"]),
        (("\x1b", "N"), ["escape", "N"]),
        (("\x1b\x1b", "\r"), ["escape", "escape", "enter"]),
        (("\x1bn",), ["alt+n"]),
        (("\x1b[B\x1b", "[B", "\x1bOP", "\x1b[27u"), ["down", "down", "f1", "escape"]),
        (("\x1bb\x1b\x7f\x1b\t",), ["ctrl+left", "ctrl+w", "shift+tab"]),
        (("\x1bP", "j"), ["escape", "P", "j"]),
        (("\x1b]", "\r"), ["escape", "right_square_bracket", "enter"]),
        (("\x1bO/",), ["escape", "O", "slash"]),
    ],
    ids=["many", "in two packets", "twice", "somebody's own", "other sequences", "moving by words", "P", "]", "O"],
)
def test_esc_and_the_key_right_behind_it_are_two_where_they_are_no_other(packets: list[str], keys: list[str]) -> None:
    line = Line("alt+n")
    for packet in packets:
        line.send(packet)
    assert line.wait(UNSURE_SECONDS).keys == keys


def test_a_lone_esc_is_the_key_whatever_comes_later() -> None:
    line = Line().send("\x1b").wait(ESCAPE_SECONDS)
    assert line.keys == ["escape"]
    assert line.wait(0.5).send("[").send("c").keys == ["escape", "left_square_bracket", "c"]


def test_the_reader_of_keys_wakes_up_by_itself_only_while_something_may_go_on() -> None:
    line = Line()
    waits = []
    for packet in ("j", "\x1b", "[B", "\x1b[", "1", "A", PASTE_START, PASTE_END):
        line.send(packet)
        waits.append(line.parser.patience)
    expected = [None, ESCAPE_SECONDS, None, UNSURE_SECONDS, STALL_SECONDS, None, PASTE_STALL_SECONDS, None]
    assert waits == [None if seconds is None else pytest.approx(seconds) for seconds in expected]


def test_terminal_replies_that_textual_needs_come_through() -> None:
    heard = Line().send("\x1b[?2026;2$y\x1b[I\x1b[O\x1b[<0;5;6M").heard
    assert [type(event) for event in heard] == [TerminalSupportsSynchronizedOutput, AppFocus, AppBlur, MouseDown]
    click = heard[-1]
    assert isinstance(click, MouseEvent)
    assert (click.x, click.y) == (4, 5)


HOSTILE_TEXT = "a\x1b[B\x1b\x1b[97:65;6u\x1b]52;c;eA==\x07\x1b[200~ \x1b[201 c\r\nq\x03\x1bP1$r\x1b\\\x1b"


def test_a_paste_is_whole_whatever_it_holds_and_wherever_it_is_cut() -> None:
    data = PASTE_START + HOSTILE_TEXT + PASTE_END + "j"
    for cut in range(1, len(data)):
        line = Line().send(data[:cut]).wait(0.08).send(data[cut:])
        assert (line.pastes, line.keys) == ([HOSTILE_TEXT], ["j"]), cut
    by_byte = Line()
    for char in data:
        by_byte.send(char).wait(0.08)
    assert (by_byte.pastes, by_byte.keys) == ([HOSTILE_TEXT], ["j"])


def test_a_paste_that_stands_still_is_shown_and_goes_on_without_a_key_being_heard() -> None:
    line = Line().send(PASTE_START + "one ").wait(PASTE_STALL_SECONDS).send("c" + PASTE_END)
    assert (line.pastes, line.keys) == (["one ", "c"], [])


def test_esc_leaves_a_paste_whose_end_never_came() -> None:
    line = Line().send(PASTE_START + "one").send("\x1b").wait(STALL_SECONDS).send("j")
    assert (line.pastes, line.keys) == (["one"], ["j"])


def test_a_paste_of_many_megabytes_is_cut_and_what_follows_is_still_no_key() -> None:
    line = Line().send(PASTE_START)
    for _ in range(40):
        line.send("x" * 100_000)
    line.send(PASTE_END + "j")
    assert ([len(text) for text in line.pastes], line.keys) == ([LARGEST_PASTE], ["j"])


def fuzz(count: int, seed: int) -> list[str]:
    """Return what of so many strings was heard as a key that is none."""
    random = Random(seed)
    line = Line()
    loud = []
    for _ in range(count):
        data = report(random)
        before = len(line.keys)
        cut = random.randrange(len(data) + 1)
        line.send(data[:cut]).wait(random.choice((0.0, 0.05))).send(data[cut:])
        if len(line.keys) > before:
            loud.append(data)
        line.heard.clear()
        line.wait(STALL_SECONDS)
        made = random.choice((key_like(random), noise(random).decode("utf-8", "surrogateescape")))
        line.send(made).wait(STALL_SECONDS).wait(STALL_SECONDS)
        line.send("\x1b").wait(STALL_SECONDS).send(ST)  # whatever was open is over
        line.wait(STALL_SECONDS)
        line.heard.clear()
    assert line.send("j").keys == ["j"]
    return loud


def test_no_string_of_the_grammars_of_xterm_and_kitty_is_heard_as_a_key_that_it_is_not() -> None:
    assert fuzz(2_000, seed=20261130) == []


@pytest.mark.long
def test_none_of_100_000_strings_is_heard_as_a_key_that_it_is_not() -> None:
    assert fuzz(100_000, seed=20261201) == []
