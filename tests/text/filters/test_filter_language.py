"""The language of filters: what is read, what is passed over, what is complained of, and how it may go on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from batchtui.domain.batches.query import FilterField, FilterTerm
from batchtui.text.filters.completion import continuations
from batchtui.text.filters.language import read


@pytest.mark.parametrize(
    ("typed", "term"),
    [
        ("evals", FilterTerm(None, ("evals",))),
        ("!evals", FilterTerm(None, ("evals",), is_negated=True)),
        ('"two words"', FilterTerm(None, ("two words",))),
        ('"half open', FilterTerm(None, ("half open",))),
        ("tag:a,b", FilterTerm(FilterField.TAG, ("a", "b"))),
        ('name:"a, b"', FilterTerm(FilterField.NAME, ("a, b",))),
        ("name:=exactly", FilterTerm(FilterField.NAME, ("exactly",), "=")),
        ("status:ended", FilterTerm(FilterField.STATUS, ("ended",), "=")),
        ("state:run", FilterTerm(FilterField.STATUS, ("in_progress", "canceling"), "=")),
        ("results:sav", FilterTerm(FilterField.RESULTS, ("saved",), "=")),
        ("errored:>0", FilterTerm(FilterField.ERRORED, (Decimal(0),), ">")),
        ("requests:>=1.5k", FilterTerm(FilterField.REQUESTS, (Decimal(1500),), ">=")),
        ("cost:<$5", FilterTerm(FilterField.COST, (Decimal(5),), "<")),
        ("age:<2d", FilterTerm(FilterField.AGE, (timedelta(days=2),), "<")),
        ("!took:90m", FilterTerm(FilterField.TOOK, (timedelta(minutes=90),), is_negated=True)),
    ],
)
def test_a_term_is_read_as_it_is_meant(typed: str, term: FilterTerm) -> None:
    assert read(typed).terms == (term,)


@pytest.mark.parametrize(
    "typed", ["", "  ", "status:", "!", "!tag:", "age:", "age:<", "age:<2", "cost:>", '"', "tag:,"]
)
def test_a_half_typed_term_is_ignored(typed: str) -> None:
    reading = read(typed)
    assert (reading.terms, reading.complaints) == ((), ())


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("statsu:ended", "did you mean status:"),
        ("http://x", "quotation marks"),
        ("status:zebra", 'no status begins with "zebra"'),
        ("errored:many", "errored:>0"),
        ("age:tomorrow", "s, m, h, d, w"),
        ("model:>opus", "cannot be compared"),
    ],
)
def test_an_invalid_term_is_left_out_and_reported(typed: str, words: str) -> None:
    reading = read(f"evals {typed}")
    assert [term.values for term in reading.terms] == [("evals",)]
    assert words in reading.complaints[0]


def test_every_beginning_of_a_filter_can_be_read() -> None:
    whole = '!evals status:ended,run name:="my, job" errored:>=10 age:<2d cost:$1.5 "'
    for end in range(len(whole)):
        read(whole[:end])


def _labels(text: str, at: int | None = None, **known: list[str]) -> list[str]:
    words = {FilterField(name): values for name, values in known.items()}
    return [way.label for way in continuations(text, len(text) if at is None else at, words)]


def test_fields_are_offered_by_their_beginning() -> None:
    assert _labels("evals e") == ["errored:", "expired:", "empty:", "ended:"]
    assert _labels("!sta") == ["status:"]


def test_values_that_there_are_are_offered() -> None:
    assert _labels("tag:", tag=["nightly", "shop"]) == ["nightly", "shop"]
    assert _labels("tag:shop,n", tag=["nightly", "shop"]) == ["nightly"]
    assert _labels("status:run") == ["running"]
    assert _labels("nothing:") == []


def test_a_continuation_keeps_what_stands_around_it() -> None:
    [way] = continuations("evals !ta cost:>1", 9, {})
    assert (way.text, way.at) == ("evals !tag: cost:>1", 11)
    [way] = continuations("tag:o", 5, {FilterField.TAG: ["old ones"]})
    assert way.text == 'tag:"old ones" '
    assert read(way.text).terms == (FilterTerm(FilterField.TAG, ("old ones",)),)
