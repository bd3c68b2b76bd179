"""A person who submits, waits and checks in one workspace, for tests of what is known and reused: `Desk`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.services.polling.refresh import sweep
from batchtui.services.results.collect import collect
from batchtui.services.submission.check import check
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from tests.support.builders import jsonl, request

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from batchtui.domain.costs.known_requests import KnownRequests, ReusePolicy
    from batchtui.services.submission.submit import Submitted
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock


def asked(*texts: str, prefix: str = "x", **params: Any) -> list[dict[str, Any]]:
    return [request(f"{prefix}-{number}", text, **params) for number, text in enumerate(texts)]


class Desk:
    """Submits, waits and checks in one workspace."""

    def __init__(self, workspace: Workspace, clock: TurnedClock, folder: Path) -> None:
        self.workspace = workspace
        self._clock = clock
        self._folder = folder
        self._files = 0

    def file(self, lines: Sequence[dict[str, Any]]) -> str:
        self._files += 1
        return str(jsonl(self._folder / f"f{self._files}.jsonl", lines))

    async def known(self, lines: Sequence[dict[str, Any]], **options: Any) -> KnownRequests:
        """What a check says of these requests."""
        return (await check(self.workspace, [self.file(lines)], IntakeOptions(**options))).known

    async def submit(self, lines: Sequence[dict[str, Any]], name: str = "first", **options: Any) -> Submitted:
        chosen = SubmitOptions(name=name, intake=IntakeOptions(**options))
        return await apply_submit(
            self.workspace, await plan_submit(self.workspace, [self.file(lines)], chosen), force=True
        )

    async def end(self) -> None:
        """Let everything end, and have its results saved."""
        self._clock.turn(hours=25)
        await sweep(self.workspace)
        for batch in await self.workspace.registry.queries.select():
            # What reuses answers gets them together with whoever asked first.
            if batch.id:
                await collect(self.workspace, batch)

    async def answered(self, lines: Sequence[dict[str, Any]], name: str = "first", **options: Any) -> Submitted:
        """Submit and have the answers."""
        submitted = await self.submit(lines, name, **options)
        await self.end()
        return submitted

    async def reuse(
        self,
        lines: Sequence[dict[str, Any]],
        policy: ReusePolicy,
        name: str = "again",
        samples: int = 1,
        **options: Any,
    ) -> Submitted:
        """Submit what is new of these requests."""
        chosen = SubmitOptions(name=name, intake=IntakeOptions(**options), reuse=policy, samples=samples)
        return await apply_submit(self.workspace, await plan_submit(self.workspace, [self.file(lines)], chosen))
