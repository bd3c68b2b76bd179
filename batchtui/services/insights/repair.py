"""Rebuild a damaged registry, which cannot be opened as a workspace: `repair_registry`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batchtui.registry.database.backup import repair

if TYPE_CHECKING:
    from batchtui.registry.database.backup import Repair
    from batchtui.settings.paths import Paths


def repair_registry(paths: Paths) -> Repair:
    """Rebuild the registry where it is damaged; see `registry.backup.repair`. Blocking.

    Raises:
        StorageError: the disk refuses.
    """
    paths.prepare()
    return repair(paths.registry, datetime.now(UTC))
