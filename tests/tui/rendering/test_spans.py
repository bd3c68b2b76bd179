"""Pieces of text are cut and filled by columns of the terminal, never by characters."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from batchtui.text.layout.widths import normalize_width
from batchtui.tui.rendering.spans import Span, Tone, elide_middle, fit, joined, line, plain, width, wrapped
from tests.tui.sample_batches import HOSTILE

TEXTS = (
    "",
    "a",
    "short",
    "a longer text with spaces in it",
    "日本語の要約と長い名前",
    "e\u0301te\u0301",
    "🎉🎉🎉🎉🎉",
    "a日b本c",
)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("right", [False, True])
def test_fitting_gives_exactly_so_many_columns(text: str, right: bool) -> None:
    for columns in range(20):
        assert width(fit(line(text, Span(text, Tone.DIM)), columns, right=right)) == columns


def test_cut_text_ends_with_an_ellipsis() -> None:
    assert plain(fit(line("nightly-tickets"), 8)) == "nightly…"


def test_a_cut_keeps_the_tones_of_what_is_left() -> None:
    cut = fit((Span("ab", Tone.GOOD), Span("cdef", Tone.BAD)), 4)
    assert [(piece.text, piece.tone) for piece in cut] == [("ab", Tone.GOOD), ("c…", Tone.BAD)]


def test_numbers_stand_to_the_right() -> None:
    assert plain(fit(line("42"), 5, right=True)) == "   42"


def test_empty_groups_leave_no_gap() -> None:
    assert plain(joined([[Span("a")], [], [Span("b")]])) == "a  b"


@pytest.mark.parametrize("text", [*TEXTS, *HOSTILE[5:], "x" * 200, "日" * 90, "one two " * 30])
@pytest.mark.parametrize("columns", [2, 3, 7, 40])
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(text: str, columns: int) -> None:
    lines = wrapped(text, columns)
    assert all(cell_len(part) <= columns for part in lines)
    assert "".join(lines).replace(" ", "") == normalize_width(text).replace(" ", "")


@pytest.mark.parametrize(
    ("text", "columns", "cut"),
    [
        ("doc-1", 14, "doc-1"),
        ("nightly-tickets-00169", 14, "nightl…s-00169"),
        ("日本語の要約-00169", 12, "日本…-00169"),
        ("abcdefgh", 3, "abcdefgh"),
    ],
)
def test_text_cut_in_the_middle_keeps_its_end(text: str, columns: int, cut: str) -> None:
    assert elide_middle(text, columns) == cut


@pytest.mark.parametrize("columns", [5, 9, 14, 20])
@pytest.mark.parametrize("text", TEXTS)
def test_text_cut_in_the_middle_fits(text: str, columns: int) -> None:
    assert cell_len(elide_middle(normalize_width(text), columns)) <= columns
