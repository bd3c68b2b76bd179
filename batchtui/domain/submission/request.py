"""Where a stored request lies in the body of its part: `RequestFacts`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the index knows of one request; its bytes stay in the body file of its part."""

    seq: int
    """Place in the input over the whole job, from 1."""
    custom_id: str
    part: int
    offset: int
    """Byte offset of the request's JSON object in the part's body file."""
    length: int
    line: int | None
    """Line in the input file, from 1."""
    model: str | None
    max_tokens: int | None
