"""The keyword arguments of the public API, as typed dictionaries: `IntakeKeywords`, `ExportKeywords`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batchtui.domain.results.result import Outcome


class IntakeKeywords(TypedDict, total=False):
    """How requests are read."""

    model: str
    """Replaces the model of every request."""
    max_tokens: int
    """Replaces max_tokens of every request."""
    max_requests: int
    """Requests in one part at most."""
    max_bytes: int
    """Bytes in the body of one part at most."""
    api_version: str
    """The anthropic-version header."""
    betas: str | Iterable[str]
    """The anthropic-beta header; a string is one beta."""
    allow_models: str | Iterable[str]
    """Models that are sent even where they are known to be retired or to refuse the request."""


class ExportKeywords(TypedDict, total=False):
    """How results are written."""

    format: Literal["jsonl", "json", "csv", "tsv", "md", "parquet", "chat"]
    """None takes it from the file's name."""
    only: str | Iterable[Outcome | str]
    """Only results with these outcomes; for chat those that succeeded where it is not said."""
    order: Literal["input", "arrival"]
    """As they came for jsonl, in the order of the input for everything else, where it is not said."""
    with_requests: bool
    """Add each result's request."""
    fields: str | Iterable[str]
    """Only these, in this order."""
    overwrite: bool
    """Replace the file where it exists."""
    guard: bool
    """False: cells of CSV and TSV as they are, formulas included."""
    bom: bool
    """CSV and TSV with a byte order mark, for Excel."""
    accept: bool
    """Save results that are not whole or not all ours, too, marked as such."""
    salvage: bool
    """Write every line that can be read of results that are not whole; nothing is saved."""
