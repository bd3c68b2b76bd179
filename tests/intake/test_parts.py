"""Parts hold what they may and not a byte more."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchtui.intake import PartCutter
from batchtui.intake.parts import CLOSING, OPENING, SEPARATOR


@given(st.lists(st.integers(2, 60), min_size=1, max_size=40), st.integers(1, 7), st.integers(80, 200))
def test_no_part_exceeds_its_limits_and_lengths_are_exact(lengths: list[int], most: int, limit: int) -> None:
    cutter = PartCutter(most, limit)
    parts: dict[int, list[bytes]] = {}
    for length in lengths:
        payload = b'"' + b"x" * (length - 2) + b'"'
        parts.setdefault(cutter.place(length), []).append(payload)
        body = OPENING + SEPARATOR.join(parts[cutter.part]) + CLOSING
        assert (cutter.bytes, cutter.requests) == (len(body), len(parts[cutter.part]))
        assert len(body) <= limit
        assert len(json.loads(body)["requests"]) <= most
    assert list(parts) == list(range(1, len(parts) + 1))


def test_a_part_is_filled_to_the_last_byte() -> None:
    cutter = PartCutter(100, len(OPENING) + len(CLOSING) + 21)
    assert [cutter.place(10), cutter.place(10), cutter.place(1)] == [1, 1, 2]


def test_a_request_larger_than_a_part_is_refused() -> None:
    cutter = PartCutter(10, 50)
    assert cutter.place(cutter.longest_payload) == 1
    with pytest.raises(ValueError, match="does not fit"):
        cutter.place(cutter.longest_payload + 1)


@given(
    st.lists(st.lists(st.integers(2, 60), min_size=1, max_size=20), max_size=6),
    st.integers(1, 30),
    st.integers(80, 900),
)
def test_many_at_once_are_cut_as_one_by_one(blocks: list[list[int]], most: int, limit: int) -> None:
    at_once, single = PartCutter(most, limit), PartCutter(most, limit)
    for lengths in blocks:
        parts = [part for part, count in at_once.cut(lengths) for _ in range(count)]
        assert parts == [single.place(length) for length in lengths]
        assert (at_once.bytes, at_once.requests) == (single.bytes, single.requests)
