"""What a check is asked with and what it answers: options in, requests, shapes and a report out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from batchtui.domain.limits import MAX_BODY_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from batchtui.domain.model import ModelInfo
    from batchtui.domain.submission.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What the requests will be sent with: decides which of them are right."""

    api_version: str
    """The header `anthropic-version` that will be sent; sampling parameters depend on it."""
    today: date
    """Decides which models are retired."""
    betas: tuple[str, ...] = ()
    models: Mapping[str, ModelInfo] = field(default_factory=dict)
    """By id, as `/v1/models` listed them; empty means the built-in list."""
    model: str | None = None
    """Takes the place of every request's model."""
    max_tokens: int | None = None
    """Takes the place of every request's max_tokens."""
    allowed_models: tuple[str, ...] = ()
    """Models that are sent in any case: what is known against them is a warning."""
    max_bytes: int = MAX_BODY_BYTES
    """A single request that makes a longer body than this is an error."""
    tiers: Mapping[str, str] = field(default_factory=dict)
    """Model ids for the tiers of task files (cheap, capable, premium); absent ones are built in."""
    templates: Path | None = None
    """The user's folder of templates for task types; one of the same name goes before ours."""


class CheckedRequest(NamedTuple):
    """One request that may be sent."""

    seq: int
    """From 1 over all files, counting only requests that may be sent."""
    custom_id: str
    payload: bytes
    """The JSON object `{"custom_id", "params"}` as it will be sent: one line, no newline."""
    file: str
    """As the user named it, or found in the folder that the user named."""
    line: int
    """Line of the file, or number of the element in a JSON array, from 1."""
    model: str | None
    max_tokens: int | None
    shape: int
    """`Shape.id` of its skeleton."""
    digest: bytes = b""
    """Of its params, see `request_digest`; empty where it was not asked for."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Requests that differ in their values only."""

    id: int
    """From 1, in order of appearance."""
    count: int
    skeleton: str
    """Model, roles, kinds of content, tools and further keys, as one line of text."""
    model: str | None
    custom_id: str
    """Of the first request of this shape; `file` and `line` say where it stands."""
    file: str
    line: int
    payload: bytes
    """The first request, as it will be sent: what a canary is made of. Empty where it was too large to keep."""
    traits: frozenset[str] = frozenset()
    """Names of what it holds: keys of params, kinds of blocks (`image`, `text+cache`), names of tools."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What one pass over the input found. Grows with the number of different faults, never with the file."""

    requests: int
    """Requests that may be sent."""
    bytes: int
    """Sum of the lengths of their payloads; without the commas and brackets of a body."""
    models: Mapping[str, int]
    """Requests by model, the most used first."""
    shapes: tuple[Shape, ...]
    """The first few hundred; requests beyond them are counted with the last."""
    problems: tuple[Problem, ...]
    """Errors first, each group in order of appearance."""
    errors: int
    """Places with an error (the sum of `Problem.count`), not groups."""
    warnings: int
    needs_legacy_version: bool
    """Whether some requests are wrong only because of what version 2026-10-21 removed."""
