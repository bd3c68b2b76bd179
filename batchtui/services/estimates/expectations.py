"""Note what is expected of requests when they are sent, for the next estimate to learn from: `expectations`."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from batchtui.domain.costs.estimate_history import Expectation
from batchtui.services.estimates.group_price import input_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from batchtui.intake import Shape
    from batchtui.services.estimates.request_groups import RequestGroup

FIXED = ("system", "tools", "tool_choice", "output_config", "thinking")
"""Keys of params that a template says, and data does not."""
LEAD = 24
"""Characters of the first prompt that count as the template's. Data within them only keeps others from matching."""


def expectations(
    loads: Sequence[RequestGroup], shapes: Mapping[int, Shape], templates: Mapping[str | None, str]
) -> tuple[Expectation, ...]:
    """Return what is expected of each model in each part. Requests without a model are left out."""
    found: dict[tuple[int, str], list[tuple[int, int, int]]] = {}
    for load in loads:
        if load.model:
            _low, likely, _high = input_tokens(load, shapes.get(load.shape))
            found.setdefault((load.part, load.model), []).append((load.requests, load.max_tokens, likely))
    return tuple(
        Expectation(part, model, templates.get(model, ""), *map(sum, zip(*sums, strict=True)))
        for (part, model), sums in found.items()
    )


def templates_of(shapes: Iterable[Shape]) -> Mapping[str | None, str]:
    """Return for each model the template of its requests: a digest of what they have in common.

    Several kinds of requests to one model are one template together: what they cost is known together only.
    """
    kinds: dict[str | None, set[str]] = {}
    for shape in shapes:
        kinds.setdefault(shape.model, set()).add(_in_common(shape))
    # Sorted: shapes come in the order of the file, and the same template must have the same digest.
    return {model: _digest("\n".join(sorted(said))) for model, said in kinds.items()}


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _in_common(shape: Shape) -> str:
    _model, _, skeleton = shape.skeleton.partition(" · ")
    params = from_json(shape.payload).get("params", {}) if shape.payload else {}
    fixed = {name: params[name] for name in FIXED if name in params}
    return json.dumps([skeleton, fixed, _lead(params)], sort_keys=True)


def _lead(params: dict[str, Any]) -> str:
    """Return how the first prompt begins."""
    messages: Sequence[dict[str, Any]] = params.get("messages", ())
    content = messages[0].get("content", "") if messages else ""
    if not isinstance(content, str):
        content = next((block["text"] for block in content if block.get("type") == "text"), "")
    return str(content)[:LEAD]
