"""A submission in a process of its own that kills itself at a named point: `python -m tests.support.crashing`."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchtui.domain.costs.known_requests import ReusePolicy
from batchtui.gateway.anthropic_client import AnthropicGateway
from batchtui.registry.batches.changes import Batches
from batchtui.registry.jobs.jobs import Jobs
from batchtui.registry.requests.store import RequestStore, StoredBody
from batchtui.registry.results.download import ResultDownload
from batchtui.registry.results.store import ResultStore
from batchtui.registry.sends.sends import Sends
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.services.workspace import open_workspace
from batchtui.settings.paths import Paths

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

POINTS: dict[str, tuple[Any, str, str]] = {
    "before the requests are kept": (RequestStore, "commit", "before"),
    "after the requests are kept": (RequestStore, "commit", "after"),
    "before the plan is committed": (Jobs, "plan", "before"),
    "after the plan is committed": (Jobs, "plan", "after"),
    "before a part is claimed": (Sends, "claim", "before"),
    "after a part is claimed": (Sends, "claim", "after"),
    "before a part is sent": (AnthropicGateway, "create", "before"),
    "while a part is sent": (StoredBody, "chunks", "within"),
    "after a part is sent": (AnthropicGateway, "create", "after"),
    "before the answer is committed": (Sends, "accepted", "before"),
    "after the answer is committed": (Sends, "accepted", "after"),
}
"""Every point of a submission at which something has been committed or sent, or is about to be."""

REUSE_POINTS: dict[str, tuple[Any, str, str]] = {
    **POINTS,
    "before answers are copied": (ResultStore, "download", "before"),
    "after answers are copied": (ResultDownload, "commit", "after"),
    "after copied answers are noted": (Batches, "filled", "after"),
}
"""The same of a submission that reuses answers."""


def die() -> None:
    """End as kill -9 ends a process."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: tuple[Any, str, str], occurrence: int) -> None:
    """Have this process die at the n-th time it comes to this point."""
    place, name, when = point
    original = getattr(place, name)
    left = [occurrence]

    def reached() -> None:
        left[0] -= 1
        if left[0] == 0:
            die()

    setattr(place, name, _armed(original, when, reached))


def _armed(original: Callable[..., Any], when: str, reached: Callable[[], None]) -> Callable[..., Any]:
    if when == "within":
        return _within(original, reached)
    before = reached if when == "before" else _pass
    after = reached if when == "after" else _pass

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        before()
        result = await original(*args, **kwargs)
        after()
        return result

    def called(*args: Any, **kwargs: Any) -> Any:
        before()
        result = original(*args, **kwargs)
        after()
        return result

    return awaited if inspect.iscoroutinefunction(original) else called


def _within(original: Callable[..., Any], reached: Callable[[], None]) -> Callable[..., Any]:
    """Die when half of a body has left."""

    async def chunks(*args: Any) -> AsyncIterator[bytes]:
        async for chunk in original(*args):
            yield chunk[: len(chunk) // 2]
            await asyncio.sleep(0.05)
            reached()
            yield chunk[len(chunk) // 2 :]

    return chunks


def _pass() -> None:
    """Live on."""


async def run(home: str, url: str, source: str, max_requests: int, *, reuses: bool = False) -> None:
    """Submit a file in parts of that many requests."""
    async with open_workspace(Paths.locate(Path(home)), base_url=url) as workspace:
        reuse = ReusePolicy() if reuses else None
        options = SubmitOptions(intake=IntakeOptions(max_requests=max_requests), reuse=reuse)
        plan = await plan_submit(workspace, [source], options)
        await apply_submit(workspace, plan)


if __name__ == "__main__":
    arm(REUSE_POINTS[sys.argv[5]], int(sys.argv[6]))
    asyncio.run(run(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), reuses=sys.argv[7:] == ["reuse"]))
