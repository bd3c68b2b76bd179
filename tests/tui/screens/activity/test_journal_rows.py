from __future__ import annotations

from datetime import timedelta
from typing import Any

from batchtui.registry.journal import Entry
from batchtui.tui.screens.activity.rows import MARKER, ActivityRow, fold_repeats, is_shown, ordered
from tests.support.clock import START


def entry(seq: int, event: str = "list", **fields: Any) -> Entry:
    facts: dict[str, Any] = {
        "kind": "call", "job": None, "batch_key": None, "batch_id": None, "detail": "GET /v1/messages/batches",
        "status": 200, "milliseconds": 41, "request_id": f"req_{seq}", "error": None,
    }  # fmt: skip
    return Entry(seq=seq, at=START + timedelta(seconds=seq), event=event, **{**facts, **fields})


def rows(*entries: Entry) -> list[ActivityRow]:
    return [ActivityRow(each) for each in entries]


def told(shown: dict[int, ActivityRow]) -> list[tuple[int, int, int]]:
    """Key, newest entry and number of each line."""
    return [(key, row.entry.seq if row.entry else 0, row.times) for key, row in shown.items()]


def test_calls_of_a_kind_in_a_row_are_one_line_under_the_first_told_as_the_last() -> None:
    shown = fold_repeats(rows(entry(1), entry(2), entry(3), entry(4, "create"), entry(5)), seen=0)
    assert told(shown) == [(1, 3, 3), (4, 4, 1), (5, 5, 1)]
    assert shown[1].since == START + timedelta(seconds=1)


def test_a_failure_and_an_act_stand_alone() -> None:
    failed = entry(2, status=500, error="overloaded_error")
    act = entry(4, "batch.ended", kind="act", status=None)
    shown = fold_repeats(
        rows(entry(1), failed, entry(3), act, entry(5, "batch.ended", kind="act", status=None)), seen=0
    )
    assert told(shown) == [(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 4, 1), (5, 5, 1)]


def test_seen_and_new_entries_are_never_merged() -> None:
    shown = fold_repeats(rows(*map(entry, range(1, 6))), seen=3)
    assert told(shown) == [(1, 3, 3), (4, 5, 2)]
    assert list(ordered(list(shown), 3)) == [4, MARKER, 1]


def test_nothing_new_needs_no_mark() -> None:
    assert list(ordered([1, 2], 2)) == [2, 1]


def test_each_way_to_look_shows_its_own() -> None:
    failed, act = entry(2, status=500, error="x"), entry(3, "batch.ended", kind="act", status=None)
    kinds = {
        only: [each.seq for each in (entry(1), failed, act) if is_shown(each, only)]
        for only in ("all", "actions", "API calls", "errors")
    }
    assert kinds == {"all": [1, 2, 3], "actions": [3], "API calls": [1, 2], "errors": [2]}
