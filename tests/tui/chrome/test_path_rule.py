"""The path says where one is, however long the names and however narrow the terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchtui.tui.chrome.path_rule import path_line, row_words
from batchtui.tui.rendering.spans import plain, width


def test_a_path_goes_from_the_list_to_where_one_is() -> None:
    assert plain(path_line(["Batches", "contract-summaries", "Retry"], 60)) == "Batches › contract-summaries › Retry"


def test_a_long_name_in_the_middle_gives_way_before_the_place_where_one_is() -> None:
    said = plain(path_line(["Batches", "a-very-long-name-of-a-job-that-goes-on", "Retry"], 40))
    assert said.startswith("Batches › a-")
    assert "…" in said
    assert said.endswith(" › Retry")


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1), min_size=1, max_size=5),
       st.integers(0, 120))  # fmt: skip
def test_a_path_never_takes_more_than_its_room(names: list[str], columns: int) -> None:
    assert width(path_line(names, columns)) <= columns


def test_a_position_counts_from_one_with_separators_and_is_silent_in_an_empty_list() -> None:
    assert plain(row_words(11, 2007)) == "row 12 of 2,007"
    assert row_words(0, 0) == ()
