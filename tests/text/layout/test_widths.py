from __future__ import annotations

import pytest

from batchtui.text.layout.widths import fit, pad, width


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("abc", 3),
        ("日本", 4),
        ("e\u0301", 1),
        ("👍", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧", 2),
        ("❤️", 2),
        ("🇩🇪", 2),
        ("●✓✗◌", 4),
    ],
)
def test_width_counts_columns_not_characters(text: str, columns: int) -> None:
    assert width(text) == columns


def test_fitting_leaves_short_text_alone() -> None:
    assert fit("abc", 3) == "abc"


def test_fitting_marks_what_was_cut_off() -> None:
    assert fit("abcdef", 4) == "abc…"


def test_fitting_never_halves_a_wide_character() -> None:
    assert fit("日本語", 4) == "日…"


def test_fitting_into_nothing_gives_nothing() -> None:
    assert fit("abc", 0) == ""


@pytest.mark.parametrize("text", ["", "abc", "日本語日本語", "👨‍👩‍👧 family of three"])
@pytest.mark.parametrize("right", [False, True])
def test_padding_gives_exactly_the_columns_asked_for(text: str, right: bool) -> None:
    assert width(pad(text, 7, right=right)) == 7


def test_padding_to_the_right_edge_puts_the_space_first() -> None:
    assert pad("12", 4, right=True) == "  12"
