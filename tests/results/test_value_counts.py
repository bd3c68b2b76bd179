"""Counting what the fields of structured answers say, in memory that does not grow with their number."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

from batchtui.results.value_counts import MOST_FIELDS, NAMED, RANGES, ValueCounter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batchtui.domain.results.statistics import FieldValues


def counted(answers: Iterable[dict[str, Any]]) -> dict[str, FieldValues]:
    counter = ValueCounter()
    for answer in answers:
        counter.add(answer)
    return {field.name: field for field in counter.fields()}


def test_words_are_counted_the_commonest_first() -> None:
    found = counted([{"kind": "bug"}, {"kind": "billing"}, {"kind": "bug"}, {}])["kind"]
    assert found.values == (("bug", 2), ("billing", 1))
    assert (found.present, found.distinct, found.others) == (3, 2, 0)


def test_true_false_and_null_are_named_as_in_json() -> None:
    found = counted([{"ok": True}, {"ok": True}, {"ok": False}, {"ok": None}])["ok"]
    assert dict(found.values) == {"true": 2, "false": 1, "null": 1}


def test_one_is_not_true() -> None:
    assert dict(counted([{"n": 1}, {"n": True}])["n"].values) == {"1": 1, "true": 1}


def test_of_a_list_each_item_counts_once_an_answer() -> None:
    found = counted([{"tags": ["a", "b", "a"]}, {"tags": ["a"]}, {"tags": []}])["tags"]
    assert found.values == (("a", 2), ("b", 1))
    assert found.present == 3


def test_fields_of_an_object_inside_are_named_by_both() -> None:
    assert counted([{"who": {"age": 3}}])["who.age"].values == (("3", 1),)


def test_prose_and_ids_say_nothing_together_and_are_left_out() -> None:
    answers = [{"why": f"because of {number} " + "x" * 80, "id": f"case-{number}", "kind": "a"} for number in range(50)]
    assert counted(answers).keys() == {"kind"}


def test_more_values_than_are_named_are_summed_up() -> None:
    answers = [{"kind": f"k{number % (NAMED + 3):02}"} for number in range(10 * (NAMED + 3))]
    found = counted(answers)["kind"]
    assert len(found.values) == NAMED
    assert found.others == 30
    assert found.distinct == NAMED + 3


def test_many_numbers_become_ranges_that_hold_all_of_them() -> None:
    generator = random.Random(1)
    numbers = [generator.gauss(50, 20) for _ in range(5_000)]
    found = counted({"score": number} for number in numbers)["score"]
    assert sum(times for _, times in found.values) == 5_000
    assert 6 <= len(found.values) <= 2 * RANGES + 1
    first, last = found.values[0][0].split(" to ")[0], found.values[-1][0].split(" to ")[1]
    assert float(first.replace(",", "")) <= min(numbers)
    assert float(last.replace(",", "")) >= max(numbers)


def test_whole_numbers_are_put_in_ranges_of_whole_numbers() -> None:
    found = counted({"n": number} for number in range(1_000))["n"]
    assert all(float(end.replace(",", "")).is_integer() for words, _ in found.values for end in words.split(" to "))
    assert sum(times for _, times in found.values) == 1_000


def test_a_number_far_outside_widens_the_ranges_and_loses_none() -> None:
    found = counted([*({"n": number} for number in range(400)), {"n": 10**14}, {"n": -(10**14)}])["n"]
    assert sum(times for _, times in found.values) == 402
    assert len(found.values) <= 2 * RANGES + 1


def test_numbers_that_are_none_or_endless_harm_nothing() -> None:
    values = [math.nan, math.inf, -math.inf, 10**400, 5, 5]
    assert counted({"n": value} for value in values)["n"].values == (("5", 2),)


def test_an_answer_that_is_a_map_of_thousands_of_keys_does_not_fill_the_memory() -> None:
    found = counted([{f"key-{number}": "x" for number in range(5_000)} for _ in range(2)])
    assert len(found) == MOST_FIELDS


def test_the_same_answers_in_another_order_make_the_same_picture() -> None:
    answers = [{"kind": kind, "n": number} for kind in "abc" for number in range(30)]
    shuffled = random.Random(3).sample(answers, len(answers))
    assert counted(answers) == counted(shuffled)
