"""The models that can be used: as the API listed them for these credentials, kept for a day; else the built-in list."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import CredentialsMissing, GatewayError
from batchtui.domain.model import ModelInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from batchtui.services.workspace import Workspace

KEPT_FOR = timedelta(days=1)
"""A list younger than this is not asked for again."""
FORGOTTEN_AFTER = timedelta(days=30)
"""A list older than this tells less than the built-in one."""
TRIED_AGAIN_AFTER = timedelta(hours=1)
"""A server that gave no list is left alone for so long: not every one has this endpoint."""
A_MOMENT = 5.0
"""Seconds that a list may take which nobody asked for."""
TRIED = "tried"
"""Stands before the list's name where the registry keeps when it was last asked for."""


@dataclass(frozen=True, slots=True)
class ModelList:
    """Models by id, and where the list is from."""

    models: Mapping[str, ModelInfo]
    heard_at: datetime | None
    """When the API listed them; None for the built-in list."""


async def known_models(workspace: Workspace) -> ModelList:
    """Return what is known without asking anybody: the kept list, else the built-in one."""
    kept = await workspace.registry.facts.get(_name(workspace))
    if kept is not None and workspace.clock.now() - kept[1] < FORGOTTEN_AFTER:
        return ModelList({each["id"]: _model(each) for each in kept[0]}, kept[1])
    from batchtui.intake.model_rules import BUILT_IN

    return ModelList(BUILT_IN, None)


async def listed_models(workspace: Workspace) -> Mapping[str, ModelInfo]:
    """Return the models that the API listed, for checks to go by before the built-in list; no network is used.

    Empty where no list was heard, or where there are no credentials any more that it could hold for.
    """
    from batchtui.gateway.credentials import find_credentials

    known = await known_models(workspace)
    if known.heard_at is None or not find_credentials(workspace.profile, base_url=workspace.base_url).found:
        return {}
    return known.models


async def fetch_models(workspace: Workspace) -> ModelList:
    """Ask the API which models these credentials can use, and keep the list. An empty one is not kept: it says nothing.

    Raises:
        CredentialsMissing, GatewayError: where it cannot be asked.
    """
    name = _name(workspace)
    models = await (await workspace.gateway()).models()
    if not models:
        return await known_models(workspace)
    await workspace.registry.facts.put(name, [_document(model) for model in models])
    return ModelList({model.id: model for model in models}, workspace.clock.now())


async def refresh_daily(workspace: Workspace) -> None:
    """Ask for today's list beside other calls, once a day. It takes a moment at most, and no failure of it matters."""
    name, now = _name(workspace), workspace.clock.now()
    kept = await workspace.registry.facts.get(name)
    tried = await workspace.registry.facts.get(f"{TRIED}:{name}")
    if (kept and now - kept[1] < KEPT_FOR) or (tried and now - tried[1] < TRIED_AGAIN_AFTER):
        return
    await workspace.registry.facts.put(f"{TRIED}:{name}", True)
    with suppress(CredentialsMissing, GatewayError, TimeoutError):
        async with asyncio.timeout(A_MOMENT):
            await fetch_models(workspace)


async def list_models(workspace: Workspace) -> ModelList:
    """Return a list of today where the API can be asked, else what is known."""
    known = await known_models(workspace)
    if known.heard_at is not None and workspace.clock.now() - known.heard_at < KEPT_FOR:
        return known
    try:
        return await fetch_models(workspace)
    except (CredentialsMissing, GatewayError):
        return known


def _name(workspace: Workspace) -> str:
    """Lists differ between credentials and between servers, wherever these are named."""
    from batchtui.gateway.credentials import find_credentials

    where = find_credentials(workspace.profile, base_url=workspace.base_url).destination
    return f"models:{workspace.profile or ''}:{where}"


def _document(model: ModelInfo) -> dict[str, Any]:
    return {**asdict(model), "retires_at": model.retires_at and model.retires_at.isoformat()}


def _model(document: Mapping[str, Any]) -> ModelInfo:
    retires = document["retires_at"]
    return ModelInfo(**{**document, "retires_at": date.fromisoformat(retires) if retires else None})
