"""The values of a row arrive in the process that renders it as what they were."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from batchtui.templates.render_values import decode_values, encode_values


@pytest.mark.parametrize(
    "value",
    [
        None, True, 7, 1.5, math.inf, "text \ud800 \u2028", [1, [2, {"a": None}]], {"dict": {"tuple": 1}, 5: "five"},
        (1, "two"), {1, 2}, date(2026, 11, 30), datetime(2026, 11, 30, 17, 5, 1, 7, tzinfo=UTC), time(1, 2, 3),
        timedelta(days=-1, seconds=5), Decimal("1.10"), UUID(int=7), b"\x00\xff",
    ],
    ids=repr,
)  # fmt: skip
def test_a_value_keeps_its_type(value: Any) -> None:
    decoded = decode_values(encode_values(value))
    assert (type(decoded), decoded) == (type(value), value)


def test_a_value_of_an_unknown_type_is_its_text() -> None:
    assert decode_values(encode_values(object)) == str(object)
