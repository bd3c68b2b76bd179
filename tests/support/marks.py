"""Marks for tests with many cases: `every`, so that the default suite takes some and the long runs take all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable


def every(nth: int, cases: Iterable[Any]) -> list[Any]:
    """Return the cases, those marked long of which the default suite does not take each `nth`.

    A case of several values is a tuple, as `pytest.mark.parametrize` wants it.
    """
    marked: list[Any] = []
    for number, case in enumerate(cases):
        values = case if isinstance(case, tuple) else (case,)
        marked.append(pytest.param(*values, marks=[pytest.mark.long] if number % nth else []))
    return marked
