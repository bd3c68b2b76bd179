"""What is known of one model (`ModelInfo`), and where it is in its life on a given day (`lifecycle_on`).

Every fact may be unknown (None, or absent from a mapping): servers other than the API leave most of them out, and
nothing may be refused because of a fact that nobody has stated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

Lifecycle = Literal["active", "deprecated", "retired"]
EFFORTS = ("low", "medium", "high", "xhigh", "max")
"""Every level of effort that the API knows (OpenAPI document of 2026-07-28)."""
_DATE = re.compile(r"-20\d{6}$")


def undated(model: str) -> str:
    """Take the date off a model's name: answers have it where requests, and people, need not."""
    return _DATE.sub("", model)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of one model, from `/v1/models` or from the built-in table. None where unknown."""

    id: str
    name: str
    max_tokens: int | None = None
    """The most output tokens of one message."""
    max_input_tokens: int | None = None
    batches: bool | None = None
    """Whether it can be used in batches."""
    lifecycle: str | None = None
    """The API's word: active, deprecated, retired. None leaves it to the dates."""
    retires_at: date | None = None
    """The last day on which it answers."""
    deprecated_at: date | None = None
    prefill: bool | None = None
    """Whether the conversation may end with the assistant's turn."""
    thinking: Mapping[str, bool] = field(default_factory=dict)
    """Values of thinking.type, each accepted (True) or refused (False)."""
    disabled_not_at: tuple[str, ...] = ()
    """Levels of effort that do not go with thinking "disabled"."""
    efforts: Mapping[str, bool] = field(default_factory=dict)
    """Levels of output_config.effort, each accepted or refused. All refused: the key itself is."""
    sampling: str | None = None
    """ "one": temperature or top_p, not both; "defaults": no value of temperature, top_p or top_k but the default."""
    forced_tools: bool | None = None
    """Whether tool_choice may be "any" or "tool"."""
    structured_outputs: bool | None = None
    images: bool | None = None
    pdfs: bool | None = None
    citations: bool | None = None
    long_output: bool | None = None
    """Whether the beta for long output raises max_tokens."""


def lifecycle_on(model: ModelInfo, day: date) -> Lifecycle:
    """Return where a model is in its life on that day (UTC).

    The API's own word decides: a past `retires_at` on a model that it lists as deprecated means that the retirement
    is overdue. Without that word a model retires on the day after its date.
    """
    match model.lifecycle:
        case "active" | "deprecated" | "retired" as said:
            return said
    # Later than the date and not on it: a model still answers on the day that the documentation names.
    if model.retires_at is not None and day > model.retires_at:
        return "retired"
    return "deprecated" if model.retires_at or (model.deprecated_at and model.deprecated_at <= day) else "active"


def fill_unknown(listed: ModelInfo, row: ModelInfo | None) -> ModelInfo:
    """Return what the API listed, with the facts that it left out taken from the built-in row of the same model."""
    if row is None:
        return listed
    gaps = {
        name: getattr(row, name)
        for name in (each.name for each in fields(ModelInfo))
        # False and 0 are facts that the server stated, so they are no gaps.
        if getattr(listed, name) in (None, ())
    }
    return replace(
        listed,
        **gaps,
        thinking={**row.thinking, **listed.thinking},
        efforts={**row.efforts, **listed.efforts},
    )
