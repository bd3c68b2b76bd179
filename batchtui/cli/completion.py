"""Complete batch ids and job names in the shell, from the registry alone: `BatchName`."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from batchtui.domain.errors import BatchtuiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.domain.batches.batch import Batch

RECENT = 500
"""Batches that are looked at, newest first; the beginning of an older id can be typed."""
MOST = 60
_PLAIN = re.compile(r"[\w.:+@][\w.:+@-]*")
"""Names that need no quoting in a shell; others are not offered."""


class BatchName(click.ParamType[str]):
    """A batch id or a unique beginning of it, a job's id or name, or `@last`."""

    name = "id"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the completions; none where the registry cannot be read: an error would garble the prompt."""
        try:
            return [
                CompletionItem(value, help=said)
                # The shell starts a process of its own for each completion, so no event loop runs yet.
                for value, said in asyncio.run(_known())
                if value.startswith(incomplete)
            ][:MOST]
        except (BatchtuiError, OSError):
            return []


async def _known() -> list[tuple[str, str]]:
    from batchtui.domain.batches.query import BatchQuery
    from batchtui.services.workspace import open_workspace
    from batchtui.settings.paths import Paths

    paths = Paths.locate()
    # Opening a workspace creates the registry, and pressing tab must write nothing to the disk.
    if not paths.registry.exists():
        return []
    async with open_workspace(paths) as workspace:
        batches = await workspace.registry.queries.select(BatchQuery(limit=RECENT))
    return [("@last", "the newest"), *dict(_offers(batches)).items()] if batches else []


def _offers(batches: list[Batch]) -> Iterator[tuple[str, str]]:
    for batch in batches:
        said = f"{batch.state}, {batch.requests:,} requests"
        if _PLAIN.fullmatch(batch.name):
            yield batch.name, said
        if batch.id:
            yield batch.id, f"{batch.name if _PLAIN.fullmatch(batch.name) else batch.job}: {said}"
