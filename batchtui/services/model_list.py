"""The models that can be used: as the API listed them for these credentials, kept for a day; else the built-in list."""

from __future__ import annotations

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
    from batchtui.intake.models import BUILT_IN

    return ModelList(BUILT_IN, None)


async def fetch_models(workspace: Workspace) -> ModelList:
    """Ask the API which models these credentials can use, and keep the list.

    Raises:
        CredentialsMissing, GatewayError: where it cannot be asked.
    """
    models = await (await workspace.gateway()).models()
    await workspace.registry.facts.put(_name(workspace), [_document(model) for model in models])
    return ModelList({model.id: model for model in models}, workspace.clock.now())


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
    """Lists differ between credentials and between servers."""
    return f"models:{workspace.profile or ''}:{workspace.base_url or ''}"


def _document(model: ModelInfo) -> dict[str, Any]:
    return {**asdict(model), "retires_at": model.retires_at and model.retires_at.isoformat()}


def _model(document: Mapping[str, Any]) -> ModelInfo:
    retires = document["retires_at"]
    return ModelInfo(**{**document, "retires_at": date.fromisoformat(retires) if retires else None})
