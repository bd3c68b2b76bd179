"""Sending the planned parts of a job in order, with what has to be waited out or looked for on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.errors import AnswerLost, RateLimited, SpendLimitReached
from batchtui.domain.states import BatchState
from batchtui.services.submission import cache_priming as priming
from batchtui.services.submission import queue_room as queue
from batchtui.services.submission import reconcile, send

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.batch import Batch
    from batchtui.services.workspace import Workspace

PATIENCE = 180.0
"""Seconds of rate limit that a submission waits out itself; a longer one leaves the part planned, for later."""
LOOKS = (1.0, 3.0, 6.0, 10.0)
"""Seconds between the looks for a lost answer that follow at once; what they do not settle waits for `resume`."""


@dataclass(frozen=True, slots=True)
class SendEvent:
    """Something that a person who waits wants to know, with the batch that it is about."""

    kind: str
    """uploading, sent, waiting, looking, adopted, unknown or queued."""
    batch: Batch
    sent: int = 0
    """Bytes of the body that have left, while uploading."""
    seconds: float = 0.0
    """How long it will take, while waiting."""
    message: str = ""


async def send_parts(
    workspace: Workspace, keys: Sequence[int], on_event: Callable[[SendEvent], None] | None = None
) -> bool:
    """Send planned parts in order. Stops early, returning False, where one stays open: unknown, or made to wait.

    Sending goes no further than an unknown part: the next one could not be told from it when it is looked for.
    """
    tell = on_event or (lambda _event: None)
    for key in keys:
        batch = await workspace.registry.batches.get(key)
        if batch.state is BatchState.PLANNED:
            if not await _send_part(workspace, key, tell):
                return False
        elif not batch.state.is_at_api:
            return False
    return True


async def _send_part(workspace: Workspace, key: int, tell: Callable[[SendEvent], None]) -> bool:
    """Send one part, however often a rate limit makes it wait. False where it stays open."""
    if await priming.must_wait(workspace, await workspace.registry.batches.get(key)):
        tell(SendEvent("queued", await priming.hold_back(workspace, key)))
        return False
    while True:
        if not await queue.has_room(workspace, await workspace.registry.batches.get(key)):
            return await _hold_back(workspace, key, tell)
        try:
            return await _send_once(workspace, key, tell)
        except SpendLimitReached:
            raise
        except RateLimited as refusal:
            if not await _wait_out(workspace, key, refusal, tell):
                return False


async def _send_once(workspace: Workspace, key: int, tell: Callable[[SendEvent], None]) -> bool:
    """Send one part, and look for it where the answer was lost. False where it stays open."""
    try:
        batch = await send.send(workspace, key, lambda done: tell(SendEvent("uploading", done.batch, sent=done.sent)))
    except AnswerLost as error:
        if error.nothing_created:
            raise
        return await _look_for(workspace, key, tell)
    if batch.state.is_at_api:
        tell(SendEvent("sent", batch))
    # Another process may be at it: what comes after waits, as after an unknown part.
    return batch.state.is_at_api


async def _hold_back(workspace: Workspace, key: int, tell: Callable[[SendEvent], None]) -> bool:
    tell(SendEvent("queued", await queue.hold_back(workspace, key)))
    return False


async def _wait_out(workspace: Workspace, key: int, refusal: RateLimited, tell: Callable[[SendEvent], None]) -> bool:
    """Wait until the API wants to be asked again, where that is soon. False where it is not, or the queue is full."""
    if await queue.learn_from_refusal(workspace, refusal):
        return await _hold_back(workspace, key, tell)
    batch = await workspace.registry.batches.get(key)
    wait = (batch.not_before - workspace.clock.now()).total_seconds() if batch.not_before else 0.0
    if wait > PATIENCE:
        tell(SendEvent("queued", batch, seconds=wait, message=batch.reason))
        return False
    tell(SendEvent("waiting", batch, seconds=max(wait, 0.0), message=batch.reason))
    await workspace.clock.sleep(max(wait, 0.0))
    return True


async def _look_for(workspace: Workspace, key: int, tell: Callable[[SendEvent], None]) -> bool:
    """Look for a part whose answer was lost, a few times in a row. True where it was adopted."""
    for seconds in LOOKS:
        batch = await workspace.registry.batches.get(key)
        tell(SendEvent("looking", batch, seconds=seconds, message=batch.reason))
        await workspace.clock.sleep(seconds)
        try:
            [finding] = await reconcile.look_up(workspace, [batch])
        except (AnswerLost, RateLimited):
            continue
        if finding.verdict is reconcile.Verdict.ADOPTED:
            tell(SendEvent("adopted", finding.batch))
            return True
        if finding.verdict is reconcile.Verdict.AMBIGUOUS:
            break
    tell(SendEvent("unknown", await workspace.registry.batches.get(key)))
    return False
