"""The splitter cuts any array into what json.loads sees in it, however it is cut into chunks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batchtui.intake.records.json_array import BrokenArray, JsonArraySplitter

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
_TRICKY = st.sampled_from(['},{"custom_id":', "\\", '\\"', "]}", '"custom_id"', "[{", "\\\\\\", "\u2028"])
_REQUESTS = st.builds(
    lambda name, text: {"custom_id": name, "params": {"text": text, "more": [{"custom_id": 1}]}}, _TRICKY, _TRICKY
)


def pieces(text: bytes, size: int) -> list[bytes]:
    return [text[start : start + size] for start in range(0, len(text), size)]


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(st.lists(_VALUES | _REQUESTS, max_size=6), st.integers(1, 40), st.sampled_from([None, 0, 2]), st.booleans())
def test_elements_are_those_of_json(values: list[Any], size: int, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode()
    elements = list(JsonArraySplitter(pieces(text[1:], size)))
    assert [json.loads(each) for each in elements] == values


@pytest.mark.long
@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.text(), _VALUES, max_size=3), max_size=5), st.integers(1, 40))
def test_objects_in_a_row_are_cut_apart(values: list[Any], size: int) -> None:
    text = "\n".join(json.dumps(each, indent=1) for each in values).encode()
    assert [json.loads(each) for each in JsonArraySplitter(pieces(text, size), closed=False)] == values


@pytest.mark.long
@settings(max_examples=200, deadline=None)
@given(st.lists(_VALUES, min_size=1, max_size=4), st.data())
def test_an_array_that_breaks_off_is_never_taken_for_whole(values: list[Any], data: st.DataObject) -> None:
    text = json.dumps(values).encode()
    cut = data.draw(st.integers(1, len(text) - 1))
    with pytest.raises(BrokenArray):
        list(JsonArraySplitter([text[1:cut]]))


@pytest.mark.parametrize("text", [b",1]", b"1,,2]", b"1 2]", b"1,]", b'"a" "b"]', b""])
def test_a_file_that_is_not_an_array_is_refused(text: bytes) -> None:
    with pytest.raises(BrokenArray):
        list(JsonArraySplitter([text]))


def test_bytes_after_the_array_are_kept() -> None:
    splitter = JsonArraySplitter([b"1, 2 ]", b'\n , "x": 3}'])
    assert (list(splitter), splitter.rest()) == ([b"1", b"2"], b', "x": 3}')


def test_an_element_that_is_no_json_comes_out_alone() -> None:
    text = b'{"custom_id": oops},{"custom_id": "b"}]'
    assert list(JsonArraySplitter([text])) == [b'{"custom_id": oops}', b'{"custom_id": "b"}']
