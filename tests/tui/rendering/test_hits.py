"""What a search has found is marked where it is shown, however lines are broken."""

from __future__ import annotations

import pytest

from batchtui.tui.rendering.hits import find_hits, mark_hits
from batchtui.tui.rendering.spans import Span, Tone, line, plain


def marks(lines: list[str], text: str) -> list[str]:
    hits = find_hits([line(one) for one in lines], text)
    return [lines[at][first:last] for at, ranges in sorted(hits.lines.items()) for first, last in ranges]


@pytest.mark.parametrize(
    ("lines", "text", "found"),
    [
        (["One TWO one"], "one", ["One", "one"]),
        (["the last", "  source of it"], "last source", ["last", "source"]),
        (["extraordi", "nary"], "ordinary", ["ordi", "nary"]),
        (["a.b", "axb"], "a.b", ["a.b"]),
        (["nothing"], "some", []),
        (["nothing"], "  ", []),
        (["aaaa"], "aa", ["aa", "aa"]),
        (["Straße 漢字 e\u0301"], "漢字", ["漢字"]),
        (["[/x] (["], "([", ["(["]),
    ],
)
def test_a_text_is_found_whatever_its_case_and_over_the_ends_of_lines(
    lines: list[str], text: str, found: list[str]
) -> None:
    assert marks(lines, text) == found


def test_each_hit_is_counted_once_at_the_line_where_it_begins() -> None:
    assert find_hits([line("a b"), line("a"), line("b a b")], "a b").starts == [0, 1, 2]


def test_marking_changes_no_word_and_keeps_the_tones_around() -> None:
    before = (Span("say ", Tone.DIM), Span("hello", Tone.GOOD), Span(" you"))
    after = mark_hits(before, "lo y")
    assert plain(after) == plain(before)
    assert after == (
        Span("say ", Tone.DIM),
        Span("hel", Tone.GOOD),
        Span("lo", Tone.HIT),
        Span(" y", Tone.HIT),
        Span("ou"),
    )
    assert mark_hits(before, "") == before
