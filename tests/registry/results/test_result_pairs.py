"""Two sets of results by pairs: who has an answer, whether it says the same, and which result of several counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import ResultsUnavailable
from batchtui.domain.results.comparison import AnswerChange
from batchtui.registry.results import pairs as result_pairs
from batchtui.registry.results.pairs import ResultPairs
from batchtui.registry.results.store import ResultStore
from tests.support.lines import bare, errored, succeeded, tool_use
from tests.support.results import a_batch, keep

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LONG = "the same beginning " * 20


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results")


def joined(store: ResultStore, first: Sequence[bytes], second: Sequence[bytes]) -> ResultPairs:
    for key, lines in ((1, first), (2, second)):
        keep(store, a_batch(key), b"\n".join(lines))
    pairs = ResultPairs([a_batch(1)], [a_batch(2)], store)
    pairs.join(lambda done, at_most: None, lambda: False)
    return pairs


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        (succeeded("a", "yes"), succeeded("a", "yes"), AnswerChange.SAME),
        (succeeded("a", "yes", model="claude-x"), succeeded("a", "yes", model="claude-y"), AnswerChange.SAME),
        (succeeded("a", "yes"), succeeded("a", "no"), AnswerChange.CHANGED),
        (succeeded("a", LONG + "1"), succeeded("a", LONG + "2"), AnswerChange.CHANGED),
        (succeeded("a", LONG), succeeded("a", LONG), AnswerChange.SAME),
        (succeeded("a", {"type": "thinking", "thinking": "hm"}, "yes"), succeeded("a", "yes"), AnswerChange.SAME),
        (succeeded("a", tool_use("f", {"b": [1]}), stop_reason="tool_use"),
         succeeded("a", tool_use("f", {"b": [2]}), stop_reason="tool_use"), AnswerChange.CHANGED),
        (succeeded("a", "yes", tool_use("f", {}), stop_reason="tool_use"), succeeded("a", "yes"), AnswerChange.CHANGED),
        (succeeded("a", tool_use("f", {"stop_reason": 1}), stop_reason="tool_use"),
         succeeded("a", tool_use("f", {"stop_reason": 2}), stop_reason="tool_use"), AnswerChange.CHANGED),
        (succeeded("a", LONG + '"stop_reason":1'), succeeded("a", LONG + '"stop_reason":2'), AnswerChange.CHANGED),
        (errored("a"), succeeded("a", "yes"), AnswerChange.BETTER),
        (succeeded("a", "ye", stop_reason="max_tokens"), succeeded("a", "yes"), AnswerChange.BETTER),
        (succeeded("a", "yes"), bare("a", "expired"), AnswerChange.WORSE),
        (errored("a"), bare("a", "canceled"), AnswerChange.FAILED),
    ],
)  # fmt: skip
def test_a_pair_says_how_it_differs(store: ResultStore, first: bytes, second: bytes, difference: AnswerChange) -> None:
    with joined(store, [first], [second]) as pairs:
        [pair] = pairs.page(pairs.order())
        assert (pair.custom_id, pair.difference) == ("a", difference)
        assert pairs.lines(0) == (first, second)


def test_an_id_in_one_set_only_is_a_pair(store: ResultStore) -> None:
    with joined(store, [succeeded("a", "A"), succeeded("c", "C")], [succeeded("b", "B"), succeeded("c", "C")]) as pairs:
        told = {pair.custom_id: pair.difference for pair in pairs.page(pairs.order())}
        assert told == {"a": AnswerChange.ONLY_FIRST, "b": AnswerChange.ONLY_SECOND, "c": AnswerChange.SAME}
        assert pairs.by_difference == dict.fromkeys(told.values(), 1)
        assert pairs.lines(0)[1] is None


def test_pairs_come_in_order_of_their_ids_however_the_results_came(store: ResultStore) -> None:
    names = ["é", "b", "日本", "a-10", "a-9", "B", "🎉", ""]
    lines = [succeeded(name, f"about {name}") for name in names]
    with joined(store, lines, lines[::-1]) as pairs:
        assert [pair.custom_id for pair in pairs.page(pairs.order())] == sorted(names)
        assert pairs.by_difference == {AnswerChange.SAME: len(names)}


def test_only_some_differences_can_be_asked_for(store: ResultStore) -> None:
    first = [succeeded("a", "A"), errored("b"), succeeded("c", "C")]
    second = [succeeded("a", "A"), succeeded("b", "B"), succeeded("c", "D")]
    with joined(store, first, second) as pairs:
        changes = pairs.page(pairs.order([difference for difference in AnswerChange if difference.is_change]))
        assert [pair.custom_id for pair in changes] == ["b", "c"]


def test_the_latest_success_of_several_attempts_counts(store: ResultStore) -> None:
    again = a_batch(3, attempt=2)
    keep(store, a_batch(1), b"\n".join([errored("a"), succeeded("b", "B")]))
    keep(store, again, b"\n".join([succeeded("a", "A"), errored("b")]))
    keep(store, a_batch(2), b"\n".join([succeeded("a", "A"), succeeded("b", "B")]))
    with ResultPairs([again, a_batch(1)], [a_batch(2)], store) as pairs:
        pairs.join(lambda done, at_most: None, lambda: False)
        assert pairs.by_difference == {AnswerChange.SAME: 2}
        assert [sum(outcomes.values()) for outcomes in pairs.outcomes] == [2, 2]


def test_a_custom_id_twice_in_one_file_counts_once(store: ResultStore) -> None:
    with joined(store, [succeeded("a", "old"), succeeded("a", "new")], [succeeded("a", "new")]) as pairs:
        assert pairs.by_difference == {AnswerChange.SAME: 1}


def test_joining_says_how_far_it_is_and_can_be_stopped(store: ResultStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_pairs, "TELL_EVERY", 2)
    lines = [succeeded(name, name) for name in "abcdef"]
    for key in (1, 2):
        keep(store, a_batch(key), b"\n".join(lines))
    heard: list[tuple[int, int]] = []
    with ResultPairs([a_batch(1)], [a_batch(2)], store) as pairs:
        pairs.join(lambda done, at_most: heard.append((done, at_most)), lambda: len(heard) == 2)
        assert heard == [(2, 12), (4, 12)]
        assert pairs.count == 4


def test_results_that_are_not_here_cannot_be_compared(store: ResultStore) -> None:
    keep(store, a_batch(1), succeeded("a", "A"))
    with pytest.raises(ResultsUnavailable):
        ResultPairs([a_batch(1)], [a_batch(2)], store)
