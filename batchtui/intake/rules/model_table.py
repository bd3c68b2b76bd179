"""The built-in table of models, one row a model in `models.toml`, and the look-up of a model by any of its ids.

It stands in where no list of `/v1/models` was fetched, and fills what such a list leaves out. Nothing is concluded
from the look of an id: a model without a row is unknown.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchtui.domain.model import EFFORTS, ModelInfo, fill_unknown, undated

if TYPE_CHECKING:
    from collections.abc import Mapping

FAMILIES = ("haiku", "opus", "sonnet", "fable", "mythos")
TIERS: Mapping[str, str] = {
    "cheap": "claude-haiku-5-5",
    "capable": "claude-sonnet-5-5",
    "premium": "claude-opus-5-5",
}
"""What the tiers of task files stand for."""


@cache
def built_in() -> Mapping[str, ModelInfo]:
    """Return the rows of the table by id, newest first, retired models among them."""
    return {row["id"]: _model(row) for row in _rows()}


@cache
def living() -> Mapping[str, ModelInfo]:
    """Return the models that have a full row: those that answered when the table was written."""
    return {row["id"]: built_in()[row["id"]] for row in _rows() if "max_tokens" in row}


@cache
def ids() -> Mapping[str, str]:
    """Return the id of the row for every id and alias in the table."""
    return {name: row["id"] for row in _rows() for name in (row["id"], *row.get("aliases", ()))}


def row_of(model: str) -> ModelInfo | None:
    """Return the built-in row of a model, by its id or an alias."""
    return built_in().get(ids().get(model, ""))


def find_model(model: str, listed: Mapping[str, ModelInfo]) -> ModelInfo | None:
    """Return everything that is known of a model: what the API listed, and the table for what it left out.

    A listed dated snapshot also answers to its undated name.
    """
    row = row_of(model)
    found = listed.get(model)
    if found is None and row is not None:
        # The list may hold the dated name of what was asked for by its alias.
        found = next((info for each, info in listed.items() if ids().get(each) == row.id), None)
    if found is None:
        found = next((info for each, info in listed.items() if undated(each) == model), None)
    return row if found is None else fill_unknown(found, row)


@cache
def _rows() -> list[dict[str, Any]]:
    """Read the table."""
    text = Path(__file__).with_name("models.toml").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = tomllib.loads(text)["model"]
    return rows


def _model(row: Mapping[str, Any]) -> ModelInfo:
    """Return one row as a value."""
    accepted = row.get("effort")
    return ModelInfo(
        id=row["id"],
        name=row.get("name", row["id"]),
        max_tokens=row.get("max_tokens"),
        max_input_tokens=row.get("max_input_tokens"),
        batches=row.get("batches"),
        lifecycle=row.get("lifecycle"),
        retires_at=row.get("retires"),
        prefill=row.get("prefill"),
        thinking=row.get("thinking", {}),
        disabled_not_at=tuple(row.get("disabled_not_at", ())),
        efforts={} if accepted is None else {level: level in accepted for level in EFFORTS},
        sampling=row.get("sampling"),
        forced_tools=row.get("forced_tools"),
        structured_outputs=row.get("structured_outputs"),
        images=row.get("images"),
        pdfs=row.get("pdfs"),
        long_output=row.get("long_output"),
    )
