"""A registry in which everything has happened, the same to the letter each time: what snapshots are taken of."""

from __future__ import annotations

import os
import time
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.batches.states import ResultsState
from batchtui.domain.costs.cost import Cost
from batchtui.domain.costs.estimate import Bounds
from batchtui.domain.costs.spending import Spending
from batchtui.domain.results.usage import Usage
from batchtui.services.insights.last_visit import mark_visited
from batchtui.services.polling.refresh import LAST_SWEEP
from batchtui.services.workspace import open_workspace
from batchtui.settings.paths import Paths
from tests.support.builders import job, part, remote
from tests.support.clock import START, StandingClock
from tests.support.lines import errored, succeeded
from tests.support.results import keep
from tests.support.workspaces import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace

NOW = START + timedelta(hours=3)
STILL = "[screen]\nhints = false\n[refresh]\nautomatic = false\nfetch_results = false\n"
ANSWER = """# Verdict

The first one is right:

- it names its **source**
- the figures agree, up to the last digit of the table that the second one leaves out

```python
print("checked")
```
> as the manual says
"""
LINES = (
    succeeded("doc-1", ANSWER),
    succeeded("doc-2", {"type": "thinking", "thinking": "Let me see."}, "Short, and cut", stop_reason="max_tokens"),
    errored("doc-3", "invalid_request_error", "max_tokens: 300000 > 64000, which is the most for this model"),
    errored("doc-4", "overloaded_error", "Overloaded"),
    succeeded("doc-5", {"type": "tool_use", "id": "toolu_1", "name": "file", "input": {"to": "archive"}},
              stop_reason="tool_use"),
)  # fmt: skip

SPENT = (
    Spending("claude-haiku-5-5", "", 2, Usage(21_000_000, cache_read_tokens=4_000_000, output_tokens=70_000),
             Decimal("1.22"), Decimal("2.44"), Decimal("1.40"), Cost(Decimal("1.05"), output=Decimal("0.17"))),
    Spending("claude-sonnet-5-5", "", 1, Usage(600_000, output_tokens=20_000),
             Decimal("0.70"), Decimal("1.40"), Decimal("0.70"), Cost(Decimal("0.60"), output=Decimal("0.10"))),
)  # fmt: skip


class Teller:
    """Writes the story into a registry, through the ways that everybody writes into it."""

    def __init__(self, workspace: Workspace, clock: StandingClock) -> None:
        self._registry = workspace.registry
        self._clock = clock
        self._number = count(1)

    def until(self, ago: timedelta) -> datetime:
        """Turn the clock so that `NOW` lies so far ahead."""
        wanted = NOW - ago
        self._clock.turn((wanted - self._clock.now()).total_seconds())
        return self._clock.now()

    async def submitted(self, name: str, ago: timedelta, sizes: tuple[int, ...], **fields: Any) -> list[Batch]:
        """Submit a job some time ago."""
        at = self.until(ago)
        number = next(self._number)
        estimates = fields.pop("estimates", ())
        fields = {"models": ("claude-haiku-5-5",), **fields}
        told = job(
            f"job_{number:012x}", name=name, created_at=at, source=f"{name}.jsonl", requests=sum(sizes), **fields
        )
        parts = [part(at_, size) for at_, size in enumerate(sizes, 1)]
        keys = await self._registry.jobs.plan(told, parts, estimates=estimates)
        return await self._registry.queries.page(keys)

    async def sent(self, batch: Batch) -> Batch:
        """Have the API accept a part."""
        await self._registry.sends.claim(batch.key, "me", self._clock.now() + timedelta(days=1))
        await self._registry.sends.accepted(batch.key, self._remote(batch), "me")
        return await self._registry.batches.get(batch.key)

    async def heard(self, batch: Batch, status: str, **counts: int) -> Batch:
        """Have the API say how a batch stands."""
        ended = self._clock.now() if status == "ended" else None
        told = self._remote(batch, status=status, counts=RequestCounts(**counts), ended_at=ended)
        await self._registry.batches.heard([told])
        return await self._registry.batches.get(batch.key)

    def _remote(self, batch: Batch, **fields: Any) -> Any:
        created = batch.created_at or self._clock.now()
        return remote(
            f"msgbatch_01HkcTjaV5uDC8jWR4ZsDV{batch.key:02}", total=batch.requests, created_at=created, **fields
        )


async def tell(workspace: Workspace, clock: StandingClock) -> None:
    """Write the whole story."""
    teller, registry = Teller(workspace, clock), workspace.registry
    [done] = await teller.submitted("eval-prompt-v7", timedelta(minutes=170), (5,), tags=("eval",))
    done = await teller.sent(done)
    teller.until(timedelta(minutes=150))
    done = await teller.heard(done, "ended", succeeded=3, errored=2)
    raw = b"".join(line + b"\n" for line in LINES)
    keep(registry.results, done, raw)
    await registry.batches.set_results(done, ResultsState.SAVED, size=len(raw))
    await registry.spending.note(done.key, SPENT)

    await mark_visited(workspace)
    nightly = await teller.submitted(
        "nightly-tickets", timedelta(minutes=31), (100_000, 100_000, 50_000), tags=("nightly", "shop"),
        estimates=[Bounds(None, Decimal(figure), Decimal(figure)) for figure in ("52.10", "52.10", "26.05")],
    )  # fmt: skip
    still = await teller.sent(nightly[0])
    moving = await teller.sent(nightly[1])
    later = NOW + timedelta(seconds=48)
    await registry.sends.explain(nightly[2].key, "waits for room in the queue", not_before=later)

    [lost] = await teller.submitted("contracts", timedelta(seconds=41), (800,), models=("claude-sonnet-5-5",))
    await registry.sends.claim(lost.key, "me", clock.now() + timedelta(days=1))
    await registry.sends.answer_lost(lost.key, "the answer was lost; looking for it", "me")
    teller.until(timedelta(seconds=12))
    await teller.heard(moving, "in_progress", processing=38_000, succeeded=61_500, errored=500)
    await teller.heard(still, "in_progress", processing=100_000)
    await registry.values.put(LAST_SWEEP, {"running": 2, "calls": 1})
    teller.until(timedelta())


@asynccontextmanager
async def told(
    folder: Path, *, settings: str = "", empty: bool = False
) -> AsyncIterator[tuple[Workspace, StandingClock]]:
    """Open a workspace with the story in it; nothing asks the API there, local time is UTC, `~` is the folder."""
    time_zone_and_key = patch.dict(os.environ, {"TZ": "UTC", "ANTHROPIC_API_KEY": KEY, "HOME": str(folder)})
    time_zone_and_key.start()
    time.tzset()
    clock, paths = StandingClock(), Paths.locate(folder)
    paths.prepare()
    paths.config_file.write_text(STILL + settings)
    try:
        async with open_workspace(paths, clock=clock) as workspace:
            if not empty:
                await tell(workspace, clock)
            yield workspace, clock
    finally:
        time_zone_and_key.stop()
        time.tzset()
