"""Find what can be exported of results that are not whole, and mark results that are not a batch's own.

Duplicate or unreadable lines, a file that was changed on this disk: what can still be read was paid for. `salvage`
picks it out for an export; `marks` says of accepted results which of them answer no request.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.errors import ResultsUnavailable, StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.results.reader import ResultReader
    from batchtui.services.workspace import Workspace

FOREIGN = "belongs to no request of this batch"


@dataclass(frozen=True, slots=True)
class Salvage:
    """What an export can take of results that are not whole."""

    batches: tuple[Batch, ...]
    left_out: tuple[Batch, ...]
    """Of these there is nothing on this disk."""
    picked: Mapping[int, Sequence[int]]
    """Lines that can be read, by the key of their batch."""
    notes: Mapping[str, str]
    """What is odd about a result, by its custom_id."""


def salvage(workspace: Workspace, batches: Sequence[Batch]) -> Salvage:
    """Return what can be read of results: those saved, and what was kept aside. Blocking.

    Raises:
        ResultsUnavailable: there is nothing of any of these batches on this disk.
    """
    store = workspace.registry.results.salvaged()
    found = tuple(batch for batch in batches if store.paths(batch).raw.exists())
    if not found:
        raise ResultsUnavailable(
            "No part of these results is on this disk.", hint="`batchtui results ID` fetches them."
        )
    picked: dict[int, list[int]] = {}
    notes: dict[str, str] = {}
    for batch in found:
        with store.reader(batch) as reader:
            # Every line that is a result, also of a repeated custom_id: which of them is right, only a person can
            # tell.
            rows = reader.readable()
            picked[batch.key] = [seq for seq, _ in rows]
            times = Counter(custom_id for _, custom_id in rows)
            notes |= {
                custom_id: f"one of {number} results with this custom_id"
                for custom_id, number in times.items()
                if number > 1
            }
            notes |= _foreign(workspace, batch, reader)
    return Salvage(found, tuple(batch for batch in batches if batch not in found), picked, notes)


def marks(workspace: Workspace, batches: Sequence[Batch]) -> dict[str, str]:
    """Return what is to be said of single results, by custom_id, in batches that were accepted as they are. Blocking.

    Raises:
        ResultsUnavailable, StorageError: files cannot be read.
    """
    notes: dict[str, str] = {}
    for batch in batches:
        if batch.accepted:
            with workspace.registry.results.reader(batch) as reader:
                notes |= _foreign(workspace, batch, reader)
    return notes


def _foreign(workspace: Workspace, batch: Batch, reader: ResultReader) -> dict[str, str]:
    try:
        with closing(workspace.registry.requests.reader(batch.job, batch.attempt)) as requests:
            sent = set(requests.custom_ids(batch.part))
    except StorageError:
        return {}
    return {custom_id: FOREIGN for _, custom_id, _ in reader.custom_ids() if custom_id not in sent}
