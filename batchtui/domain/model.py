"""A model, as far as a batch cares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

_DATE = re.compile(r"-20\d{6}$")


def undated(model: str) -> str:
    """Take the date off a model's name: answers have it where requests, and people, need not."""
    return _DATE.sub("", model)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of one model, from `/v1/models` or from the built-in list. None where unknown."""

    id: str
    name: str
    max_tokens: int | None = None
    """The most output tokens of one message."""
    max_input_tokens: int | None = None
    batches: bool | None = None
    """Whether it can be used in batches."""
    lifecycle: str | None = None
    """The API's word: active, deprecated, retired …"""
    retires_at: date | None = None
