"""Convert values to SQLite columns and back: times as text that sorts, lists as JSON, money as text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, overload

from batchtui.domain.results.result import OutcomeCounts

if TYPE_CHECKING:
    from collections.abc import Iterable


@overload
def encode_time(at: datetime) -> str: ...
@overload
def encode_time(at: None) -> None: ...
def encode_time(at: datetime | None) -> str | None:
    """Return an aware time as ISO 8601 in UTC, always of the same length, so that texts sort like times."""
    # Always six digits: SQL compares these as text, and texts of different lengths do not sort by time.
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else None


@overload
def decode_time(text: str) -> datetime: ...
@overload
def decode_time(text: None) -> None: ...
def decode_time(text: str | None) -> datetime | None:
    """Read what `encode_time` wrote."""
    return datetime.fromisoformat(text) if text else None


def list_text(items: Iterable[str]) -> str:
    """Write a list of words as a JSON array."""
    return json.dumps(list(items), ensure_ascii=False)


@lru_cache(maxsize=512)
def text_list(text: str) -> tuple[str, ...]:
    """Read what `list_text` wrote."""
    # Remembered: a hundred thousand batches share a few lists of models and tags.
    return tuple(json.loads(text)) if text != "[]" else ()


def money_text(amount: Decimal | None) -> str | None:
    """Write USD as text: SQLite has no decimals and a float would round."""
    return None if amount is None else format(amount, "f")


def text_money(text: str | None) -> Decimal | None:
    """Read what `money_text` wrote."""
    return None if text is None else Decimal(text)


def outcomes_text(outcomes: OutcomeCounts) -> str:
    """Write counts of outcomes as a JSON object of those that occur, so that SQL can look into it."""
    return json.dumps({str(outcome): count for outcome, count in outcomes.items() if count})


@lru_cache(maxsize=4096)
def text_outcomes(text: str | None) -> OutcomeCounts | None:
    """Read what `outcomes_text` wrote; None for nothing and for an empty text, which stands for what is not known."""
    return OutcomeCounts(**json.loads(text)) if text else None
