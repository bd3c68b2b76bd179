"""The models that can be used: as the API listed them for these credentials, kept for a day; else the built-in table.

What a list leaves out is taken from the table, so that everything that asks here sees the same facts.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import CredentialsMissing, GatewayError
from batchtui.domain.model import ModelInfo, fill_unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from batchtui.services.workspace import Workspace

KEPT_FOR = timedelta(days=1)
"""A list younger than this is not fetched again."""
FORGOTTEN_AFTER = timedelta(days=30)
"""A list older than this is not used: the built-in one is newer by then."""
TRIED_AGAIN_AFTER = timedelta(hours=1)
"""How long a server that gave no list is not asked again: not every one has this endpoint."""
A_MOMENT = 5.0
"""Seconds after which the daily fetch is given up."""
TRIED = "tried"
"""Prefix of the name under which the registry keeps when a list was last tried."""


@dataclass(frozen=True, slots=True)
class ModelList:
    """Models by id, and where the list is from."""

    models: Mapping[str, ModelInfo]
    heard_at: datetime | None
    """When the API listed them; None for the built-in list."""


async def known_models(workspace: Workspace) -> ModelList:
    """Return the list kept in the registry, or the built-in one; nothing is asked of the API."""
    from batchtui.intake.rules.model_table import living

    now = workspace.clock.now()
    kept = await workspace.registry.values.get(_name(workspace))
    if kept is None or now - kept[1] >= FORGOTTEN_AFTER:
        return ModelList(living(), None)
    return _completed([_model(each) for each in kept[0]], kept[1], now)


def _completed(models: Iterable[ModelInfo], heard_at: datetime, now: datetime) -> ModelList:
    """Return a list with what the API left out taken from the built-in table.

    A list that is older than a model's last day cannot tell whether it has retired since: its date decides then.
    """
    from batchtui.intake.rules.model_table import row_of

    found = {}
    for model in models:
        full = fill_unknown(model, row_of(model.id))
        last = full.retires_at
        # The API says nothing in advance: a kept list calls the model active on the day after its last one, too.
        if last is not None and heard_at.date() <= last < now.date() and full.lifecycle != "retired":
            full = replace(full, lifecycle=None)
        found[model.id] = full
    return ModelList(found, heard_at)


async def listed_models(workspace: Workspace) -> Mapping[str, ModelInfo]:
    """Return the models that the API has listed, for checks; nothing is asked of the API.

    Empty where there is no such list, or no credentials any more that it could apply to.
    """
    from batchtui.gateway.credentials import find_credentials

    known = await known_models(workspace)
    if known.heard_at is None:
        return {}
    is_usable = workspace.has_own_key or find_credentials(workspace.profile, base_url=workspace.base_url).found
    return known.models if is_usable else {}


async def fetch_models(workspace: Workspace) -> ModelList:
    """Fetch the models that these credentials can use, and keep the list unless it is empty.

    Raises:
        CredentialsMissing, GatewayError: where it cannot be asked.
    """
    name = _name(workspace)
    models = await (await workspace.gateway()).models()
    if not models:
        return await known_models(workspace)
    # An empty list is some other server's: kept, it would make every model unknown for a day.
    await workspace.registry.values.put(name, [_document(model) for model in models])
    now = workspace.clock.now()
    return _completed(models, now, now)


async def refresh_daily(workspace: Workspace) -> None:
    """Fetch the list once a day, as part of maintenance. Takes `A_MOMENT` at most; failures are ignored."""
    name, now = _name(workspace), workspace.clock.now()
    kept = await workspace.registry.values.get(name)
    tried = await workspace.registry.values.get(f"{TRIED}:{name}")
    if (kept and now - kept[1] < KEPT_FOR) or (tried and now - tried[1] < TRIED_AGAIN_AFTER):
        return
    # Noted before it is tried: a server that hangs must not be asked again by the next round.
    await workspace.registry.values.put(f"{TRIED}:{name}", True)
    with suppress(CredentialsMissing, GatewayError, TimeoutError):
        async with asyncio.timeout(A_MOMENT):
            await fetch_models(workspace)


async def list_models(workspace: Workspace) -> ModelList:
    """Return a list not older than a day where the API can be asked, otherwise what is known."""
    known = await known_models(workspace)
    if known.heard_at is not None and workspace.clock.now() - known.heard_at < KEPT_FOR:
        return known
    try:
        return await fetch_models(workspace)
    except (CredentialsMissing, GatewayError):
        return known


def _name(workspace: Workspace) -> str:
    """Return the name under which the list is kept: each profile and server has its own."""
    from batchtui.gateway.credentials import find_credentials

    where = find_credentials(workspace.profile, base_url=workspace.base_url).destination
    return f"models:{workspace.profile or ''}:{where}"


def _document(model: ModelInfo) -> dict[str, Any]:
    """Return a model as the registry keeps it."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(model).items()}


def _model(document: Mapping[str, Any]) -> ModelInfo:
    """Return a model that the registry kept; earlier versions kept fewer fields, later ones may keep more."""
    known = {each.name for each in fields(ModelInfo)}
    values = {name: value for name, value in document.items() if name in known}
    for name in ("retires_at", "deprecated_at"):
        values[name] = date.fromisoformat(values[name]) if values.get(name) else None
    if "disabled_not_at" in values:
        values["disabled_not_at"] = tuple(values["disabled_not_at"])
    for name in ("max_tokens", "max_input_tokens"):
        # Earlier versions kept the 0 that other servers send for a number that they do not know.
        values[name] = values.get(name) or None
    return ModelInfo(**values)
