"""Which results are shown: outcome, kind of failure and search together; and the way to the next failure."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.results.result import Outcome
from batchtui.registry.results import search as result_search
from batchtui.registry.results.store import ResultStore
from batchtui.tui.screens.results.selection import ResultSearch, ResultSelection, order_of
from batchtui.tui.widgets.grid.viewport import next_match
from tests.support.lines import errored, succeeded
from tests.support.results import a_batch, keep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchtui.registry.results.reader import ResultReader

LINES = (
    succeeded("a", "apples"),
    errored("b", "overloaded_error", "Overloaded by apples"),
    succeeded("c", "pears", stop_reason="max_tokens"),
    errored("d", "invalid_request_error", "max_tokens: 9 > 8"),
    succeeded("e", "apples and pears"),
    errored("f", "invalid_request_error", "max_tokens: 7 > 6"),
)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[ResultReader]:
    store = ResultStore(tmp_path / "results")
    keep(store, a_batch(), b"\n".join(LINES))
    with store.reader(a_batch()) as reader:
        yield reader


def _group(reader: ResultReader, error_type: str) -> int:
    [group] = [group.id for group in reader.groups if group.error_type == error_type]
    return group


def test_without_a_choice_all_are_shown_and_take_no_memory(reader: ResultReader) -> None:
    assert order_of(reader, ResultSelection()) == range(1, 7)


def test_choices_hold_together(reader: ResultReader) -> None:
    invalid = _group(reader, "invalid_request_error")
    apples = reader.search("apples")
    assert list(order_of(reader, ResultSelection(outcome=Outcome.ERRORED))) == [2, 4, 6]
    assert list(order_of(reader, ResultSelection(group=invalid))) == [4, 6]
    assert list(order_of(reader, ResultSelection(found=apples))) == [1, 2, 5]
    assert list(order_of(reader, ResultSelection(outcome=Outcome.ERRORED, found=apples))) == [2]
    assert list(order_of(reader, ResultSelection(group=invalid, found=apples))) == []


@pytest.mark.parametrize("order", [range(1, 7), [1, 2, 3, 4, 5, 6]])
def test_failures_are_gone_to_in_both_directions(reader: ResultReader, order: range | list[int]) -> None:
    failures = bytes(reader.mask(Outcome.failures()))
    assert [next_match(order, failures, row, 1) for row in range(6)] == [1, 2, 3, 5, 5, None]
    assert [next_match(order, failures, row, -1) for row in range(6)] == [None, None, 1, 2, 3, 3]


def test_failures_are_gone_to_within_what_is_shown(reader: ResultReader) -> None:
    failures = bytes(reader.mask(Outcome.failures()))
    assert next_match([1, 5, 6], failures, 0, 1) == 2
    assert next_match([1, 5], failures, 0, 1) is None


async def test_a_search_says_how_far_it_is(reader: ResultReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_search, "BLOCK", 16)
    monkeypatch.setattr("batchtui.tui.screens.results.selection.SAYING", -1.0)
    heard: list[tuple[int, int]] = []
    search = ResultSearch(lambda done, total: heard.append((done, total)))
    search.text = "apples"
    assert list(await search.run(reader) or ()) == [1, 2, 5]
    await asyncio.sleep(0)
    assert heard == sorted(heard)
    assert 0 < heard[0][0] < heard[0][1] == reader.summary.bytes


async def test_another_text_stops_a_search(reader: ResultReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_search, "BLOCK", 16)
    monkeypatch.setattr("batchtui.tui.screens.results.selection.SAYING", -1.0)
    search = ResultSearch(lambda done, total: None)
    original = result_search.hits

    def typed_meanwhile(block: bytes, needles: object, folded: str) -> object:
        search.text = "pears"
        return original(block, needles, folded)  # type: ignore[arg-type]

    monkeypatch.setattr(result_search, "hits", typed_meanwhile)
    search.text = "apples"
    assert list(await search.run(reader) or ()) == [1]


async def test_nothing_to_look_for_is_no_search(reader: ResultReader) -> None:
    assert await ResultSearch(lambda done, total: None).run(reader) is None
