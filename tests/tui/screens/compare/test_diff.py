"""Two texts with their differences marked: nothing of either is lost, however they differ and however long they are."""

from __future__ import annotations

import time

import pytest

from batchtui.tui.rendering.spans import Line, Tone, plain, width
from batchtui.tui.screens.compare.diff import rows, side_by_side, unified
from tests.tui.sample_batches import HOSTILE

TEXTS = [
    ("", ""),
    ("a", ""),
    ("one\ntwo\nthree", "one\n2\nthree\nfour"),
    ("the quick brown fox", "the quick red fox, jumping"),
    ("日本語の要約 " * 30, "日本語の要旨 " * 30),
    ("    indented\n\tcode", "    indented\n\tcode too"),
    ("x" * 500, "x" * 499 + "y"),
]


def _marked(line: Line | None, tone: Tone) -> list[str]:
    return [piece.text for piece in line or () if piece.tone is tone]


def test_words_that_differ_are_marked_within_their_line() -> None:
    [row] = rows("the quick brown fox", "the quick red fox")
    assert _marked(row.first, Tone.REMOVED) == ["brown"]
    assert _marked(row.second, Tone.ADDED) == ["red"]


def test_lines_that_share_little_are_two_lines() -> None:
    [row] = rows("all of this goes", "something else comes in here")
    assert _marked(row.first, Tone.BAD) == ["all of this goes"]
    assert _marked(row.second, Tone.GOOD) == ["something else comes in here"]


def test_lines_of_one_side_stand_alone() -> None:
    told = [(row.first and plain(row.first), row.second and plain(row.second)) for row in rows("a\nb", "a\nnew\nb")]
    assert told == [("a", "a"), (None, "new"), ("b", "b")]


@pytest.mark.parametrize(("first", "second"), TEXTS)
def test_nothing_is_lost(first: str, second: str) -> None:
    told = list(rows(first, second))
    for text, lines in (
        (first, [row.first for row in told if row.first is not None]),
        (second, [row.second for row in told if row.second is not None]),
    ):
        assert "\n".join(plain(line) for line in lines) == text.expandtabs(4)


@pytest.mark.parametrize(("first", "second"), TEXTS)
@pytest.mark.parametrize("columns", [20, 80, 161])
def test_every_line_fits_the_width(first: str, second: str, columns: int) -> None:
    assert all(width(line) <= columns for line in side_by_side(first, second, columns))
    assert all(width(line) <= columns for line in unified(first, second, columns))


def test_signs_say_what_colours_say() -> None:
    lines = list(side_by_side("same\none two three\nold\n", "same\none 2 three\n", 43))
    assert [plain(line)[20:23] for line in lines] == [" │ ", " ≠ ", " < ", " │ "]
    assert [plain(line) for line in unified("a\nb", "a\nc", 20)] == ["  a", "- b", "+ c"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_drives_a_terminal_comes_through(hostile: str) -> None:
    for line in side_by_side(hostile, hostile + "!", 60):
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066" for char in plain(line))


@pytest.mark.long
def test_long_texts_are_compared_in_the_time_of_short_ones() -> None:
    first = "\n".join(f"line {number} of {number % 7}" for number in range(5_000))
    second = "\n".join(f"line {number} of {number % 5}" for number in range(5_000))
    words = " ".join(str(number % 97) for number in range(20_000))
    began = time.process_time()
    assert sum(1 for _ in side_by_side(first, second, 120)) >= 5_000
    assert list(side_by_side(words, words[5:] + " end", 120))
    assert time.process_time() - began < 10
