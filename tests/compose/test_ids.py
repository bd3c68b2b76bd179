"""custom_ids are legal and unique whatever the data holds, and stay what they are where they can."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchtui.compose.custom_ids import CustomIdFactory, SeenIds
from batchtui.domain.limits import CUSTOM_ID_PATTERN


def made(*originals: Any) -> list[str]:
    ids = CustomIdFactory()
    return [ids.make(original, number) for number, original in enumerate(originals, 2)]


@pytest.mark.parametrize(
    ("original", "custom_id"),
    [
        ("A-1_b", "A-1_b"), (17, "17"), ("a.b@c.de", "a_b_c_de"), ("x/../y", "x_y"), ("Grüße", "Gr_e"), ("", "row-2"),
        (None, "row-2"), ("  ", "row-2"), ("…", "row-2"), ("a\n", "a"), ("x" * 70, "x" * 64), (1.5, "1_5"),
    ],
)  # fmt: skip
def test_an_id_is_made_legal(original: Any, custom_id: str) -> None:
    assert made(original) == [custom_id]


def test_a_duplicate_id_ends_with_its_row_number() -> None:
    assert made("a", "a", "a.", "a!") == ["a", "a-row3", "a-row4", "a-row5"]
    assert made("x" * 64, "x" * 64) == ["x" * 64, "x" * 59 + "-row3"]
    assert made("a-row3", "a", "a") == ["a-row3", "a", "a-row4"]
    assert made("row-3", "") == ["row-3", "row-3-3-2"]


@pytest.mark.long
@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.text(max_size=80), st.integers(), st.sampled_from(["a", "a.", "a_", "a-row3"])))
)
def test_ids_are_legal_and_unique_whatever_comes(originals: list[Any]) -> None:
    ids = made(*originals)
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(CUSTOM_ID_PATTERN, each) for each in ids)


def test_seen_ids_are_recognised_in_large_sets() -> None:
    seen = SeenIds()
    for number in range(30_000):
        seen.reserve(str(number))
    assert not any(seen.take(str(number)) for number in range(30_000))
    assert all(seen.give(str(number)) for number in range(60_000))
    assert not any(seen.give(str(number)) or seen.take(str(number)) for number in range(60_000))


def joined(*originals: Any) -> list[str]:
    """The ids of a table whose names are all known."""
    ids = CustomIdFactory(lambda: iter(originals))
    return [ids.make(original, number) for number, original in enumerate(originals, 1)]


@pytest.mark.parametrize(
    ("originals", "expected"),
    [
        (["a b", "a_b"], ["a_b-row1", "a_b"]), (["a_b", "a b"], ["a_b", "a_b-row2"]),
        (["", "row-1"], ["row-1-1-2", "row-1"]), (["a.", "a-row1", "a"], ["a-row1-1-2", "a-row1", "a"]),
        (["a", "a", "a-row2"], ["a", "a-row2-2-2", "a-row2"]), ([1.5, "1_5"], ["1_5-row1", "1_5"]),
        (["ü", "row-1"], ["row-1-row1", "row-1"]), (["x" * 70, "x" * 64], ["x" * 59 + "-row1", "x" * 64]),
    ],
)  # fmt: skip
def test_a_legal_id_keeps_itself_wherever_it_stands(originals: list[Any], expected: list[str]) -> None:
    assert joined(*originals) == expected


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.text("a _-1", max_size=4), st.sampled_from(["a", "a.", "a_", "a-row3", "row-1"])))
)
def test_no_made_id_is_one_that_another_row_has_by_itself(originals: list[Any]) -> None:
    ids = joined(*originals)
    assert len(set(ids)) == len(ids)
    firsts = {original: number for number, original in reversed(list(enumerate(originals))) if original is not None}
    for original, number in firsts.items():
        if re.fullmatch(CUSTOM_ID_PATTERN, original):
            assert ids[number] == original
