"""Read the list of batches page by page, to an end that does not depend on the server: `BatchList`.

Servers were seen that repeat a page without end, name no last id, or promise more than there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.limits import PAGE_LIMIT

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from batchtui.domain.batches.batch import RemotePage, UnreadableEntry
    from batchtui.gateway.protocol import Gateway

MOST_PAGES = 1_000
"""Pages of one reading: a million batches."""


class BatchList:
    """One reading of the list, newest first. It ends where the ids do not move on, or after `MOST_PAGES`."""

    def __init__(self, gateway: Gateway, *, limit: int = PAGE_LIMIT) -> None:
        self._gateway = gateway
        self._limit = limit
        self.calls = 0
        self.is_broken = False
        """Whether the list did not go on as it should have: what comes after was not seen."""
        self.unreadable: list[UnreadableEntry] = []

    async def pages(self) -> AsyncGenerator[RemotePage]:
        """Yield pages until the list ends, or the caller has seen enough.

        Raises:
            CredentialsMissing, GatewayError: where the API cannot be asked.
        """
        after: str | None = None
        seen: set[str] = set()
        while self.calls < MOST_PAGES:
            page = await self._gateway.list_page(limit=self._limit, after_id=after)
            self.calls += 1
            self.unreadable += page.unreadable
            ids = {batch.id for batch in page.batches} | {entry.id for entry in page.unreadable if entry.id}
            is_new = bool(ids - seen)
            if is_new or self.calls == 1:  # an empty list is an answer, too
                yield page
            if not page.has_more:
                self.is_broken = self.is_broken or (bool(ids) and not is_new)
                return
            if not is_new or page.last_id in (None, after):
                break
            seen |= ids
            after = page.last_id
        self.is_broken = True
